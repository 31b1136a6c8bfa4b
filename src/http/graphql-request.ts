/** Reads a GraphQL request from HTTP: what may be asked how, and the parameters in it (GraphQL over HTTP, section 5). */
import type { IncomingMessage } from 'node:http';
import { isJson } from './media-types';
import { maxRequestBytes } from './transport';

/** The request cannot be taken as it is; the message is for the caller. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** The caller went away before the request was complete: there is nobody to answer. */
export class Aborted extends Error {}

export interface Parameters {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown> | undefined;
}

/** Refuses what no body could make right: the method, and for POST the kind of body. */
export function checkHead({ method, headers }: IncomingMessage): void {
  if (method !== 'GET' && method !== 'POST')
    throw new HttpRefusal(405, 'GraphQL is asked by POST, or by GET for queries.', { allow: 'GET, POST, OPTIONS' });
  if (method === 'GET') return;
  if (!isJson(headers['content-type']))
    throw new HttpRefusal(415, 'The request body must be of content-type application/json, in UTF-8.');
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    throw new HttpRefusal(415, 'The request body must not be compressed: leave content-encoding out.');
}

/** The parameters in the URL (GET) or in the body (POST). Throws `HttpRefusal` or `Aborted`. */
export async function readParameters(request: IncomingMessage): Promise<Parameters> {
  const given = request.method === 'GET' ? parametersOfUrl(request.url ?? '') : await parametersOfBody(request);
  const { query } = given;
  if (typeof query !== 'string' || query === '')
    throw new HttpRefusal(400, 'The parameter `query` must be a string with a GraphQL document.');
  objectOrNothing(given, 'extensions');
  return {
    query,
    operationName: stringOrNothing(given, 'operationName'),
    variables: objectOrNothing(given, 'variables'),
  };
}

function parametersOfUrl(url: string): Record<string, unknown> {
  const search = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
  const names = ['query', 'operationName', 'variables', 'extensions'];
  return Object.fromEntries(
    names.map((name) => {
      const [value, ...more] = search.getAll(name);
      if (more.length > 0) throw new HttpRefusal(400, `The parameter \`${name}\` may be given only once.`);
      if (value === undefined || name === 'query' || name === 'operationName') return [name, value];
      return [name, parseJson(value, `The parameter \`${name}\``)];
    }),
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

async function parametersOfBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const bytes = await readBody(request);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new HttpRefusal(400, 'The request body is not valid UTF-8.');
  }
  const body = parseJson(text, 'The request body');
  if (Array.isArray(body))
    throw new HttpRefusal(400, 'A request holds one operation: the body must be a JSON object, not a list.');
  if (!isObject(body)) throw new HttpRefusal(400, 'The request body must be a JSON object.');
  return body;
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  // Errors are made when they are needed only: each looks at the stack, which every request would pay for.
  const tooLarge = () => new HttpRefusal(413, `The request body may have at most ${maxRequestBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxRequestBytes) return Promise.reject(tooLarge());
  if (request.destroyed) return Promise.reject(new Aborted());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxRequestBytes) chunks.push(chunk);
      else {
        // The rest is read and forgotten: a caller that is cut off while it sends never sees the answer.
        chunks.length = 0;
        reject(tooLarge());
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => reject(new Aborted()));
    request.on('close', () => request.complete || reject(new Aborted()));
  });
}

/** The parser's own message would repeat a part of the text. */
function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpRefusal(400, `${what} is not valid JSON.`);
  }
}

function objectOrNothing(given: Record<string, unknown>, name: string): Record<string, unknown> | undefined {
  const value = given[name] ?? undefined;
  if (value !== undefined && !isObject(value))
    throw new HttpRefusal(400, `The parameter \`${name}\` must be a JSON object, or be left out.`);
  return value;
}

function stringOrNothing(given: Record<string, unknown>, name: string): string | undefined {
  const value = given[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string')
    throw new HttpRefusal(400, `The parameter \`${name}\` must be a string, or be left out.`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
