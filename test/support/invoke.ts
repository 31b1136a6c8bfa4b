/** Calls through connections, with all that is answered of them. */
import { type Ask, dataOf } from './server';
import { authorize, createConnection, readyConnector } from './story';

export interface UserErrorAnswer {
  readonly __typename: string;
  readonly code: string;
  readonly path: string[];
  readonly message: string;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface InvokeAnswer {
  readonly response: {
    readonly status: number;
    readonly headers: Header[];
    readonly mediaType: string | null;
    readonly body: string | null;
    readonly bodyBase64: string | null;
    readonly json: unknown;
    readonly byteSize: number;
    readonly durationMs: number;
  } | null;
  readonly userErrors: UserErrorAnswer[];
}

export interface PreviewAnswer {
  readonly request: { method: string; url: string; headers: Header[]; body: string | null } | null;
  readonly userErrors: UserErrorAnswer[];
}

export interface HealthAnswer {
  readonly state: string;
  readonly reason: string;
  readonly remedy: string;
  readonly lastSuccessAt: string | null;
  readonly lastErrorAt: string | null;
}

const userErrors = 'userErrors { __typename code path message }';

export const INVOKE = `mutation ($input: InvokeUrlInput!) {
  invokeUrl(input: $input) {
    response { status headers { name value } mediaType body bodyBase64 json byteSize durationMs }
    ${userErrors}
  }
}`;

/** Calls through the connection `id`: GET unless `input` says otherwise. */
export async function invoke(ask: Ask, id: string, input: object): Promise<InvokeAnswer> {
  return (await dataOf(ask(INVOKE, { input: { connection: { id }, method: 'GET', ...input } }))).invokeUrl;
}

/** Previews the same. */
export async function preview(ask: Ask, id: string, input: object): Promise<PreviewAnswer> {
  const query = `query ($input: InvokeUrlInput!) {
    invokePreview(input: $input) { request { method url headers { name value } body } ${userErrors} }
  }`;
  return (await dataOf(ask(query, { input: { connection: { id }, method: 'GET', ...input } }))).invokePreview;
}

/** What a call was refused for, in short. */
export const refusals = ({ userErrors }: { userErrors: UserErrorAnswer[] }) =>
  userErrors.map(({ code, path }) => [code, path.join('.')]);

export async function healthOf(ask: Ask, id: string): Promise<HealthAnswer> {
  const query = `query ($id: ID!) {
    connection(by: { id: $id }) { health { state reason remedy lastSuccessAt lastErrorAt } }
  }`;
  return (await dataOf(ask(query, { id }))).connection.health;
}

let count = 0;

/** Makes a connection with a connector of its own, authorized with `credentials`; gives its id. */
export async function connectionWith(
  ask: Ask,
  { authConfig, credentials, allowedHosts }: { authConfig: object; credentials: object; allowedHosts: string[] },
): Promise<string> {
  const name = `Number ${++count}`;
  const connector = await readyConnector(ask, { name, allowedHosts }, authConfig);
  const id = await createConnection(ask, { connector: { id: connector }, name });
  await authorize(ask, id, credentials);
  return id;
}
