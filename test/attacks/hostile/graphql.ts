/** A server that malformed GraphQL is sent to, the root fields of the schema, and what holds of every answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLField, type GraphQLNamedType, getNamedType, isLeafType, isObjectType } from 'graphql';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { OWNER_KEY, startTestServer, type TestServer } from '../../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../../support/story';
import { tell } from '../../support/trust';
import { CHAPTER, HANG_MS } from './fuzzing';

const schema = buildSchema(readFileSync(join(__dirname, '../../../schema.graphql'), 'utf8'));
type Root = 'query' | 'mutation';
export const roots = (['query', 'mutation'] as const).flatMap((kind) => {
  const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type!.getFields()).map((field): [Root, GraphQLField<unknown, unknown>] => [kind, field]);
});

export let server: TestServer;
let slowest = 0;
/** Things that exist, so that some calls come as far as they can. */
export const ids = { connector: '', connection: '' };
/** What was given to the database with a NUL in it, which Postgres refuses. */
const nuls: string[] = [];

beforeAll(async () => {
  server = await startTestServer({ env: { LOG_LEVEL: 'error' } });
  ids.connector = await readyConnector(server.ask, { name: 'Real', linkName: 'real' }, staticConfigs.basic);
  const input = {
    connector: { id: ids.connector },
    name: 'Real',
    linkName: 'real',
    authorizationLevel: 'LOGGED_IN_USER',
  };
  ids.connection = await createConnection(server.ask, input);
  await authorize(server.ask, ids.connection, staticCredentials.basic, 'alice');
  const { query } = BetterSqlite3QueryRunner.prototype;
  jest.spyOn(BetterSqlite3QueryRunner.prototype, 'query').mockImplementation(function (
    this: BetterSqlite3QueryRunner,
    ...given: Parameters<typeof query>
  ) {
    const [sql, parameters = []] = given;
    if ((parameters as unknown[]).some((value) => typeof value === 'string' && value.includes('\0')))
      nuls.push(sql.replace(/^SELECT .* FROM/s, 'SELECT … FROM'));
    return query.apply(this, given);
  } as never);
});
afterAll(async () => {
  tell(CHAPTER, 'longest time to answer a malformed GraphQL request', `${Math.round(slowest)} ms`);
  jest.restoreAllMocks();
  await server.remove();
});
beforeEach(() => {
  nuls.length = 0;
  server.logLines.length = 0;
});
afterEach(async () => {
  expect(server.logLines).toEqual([]);
  expect(nuls).toEqual([]);
  const { status, data } = await server.ask('{ viewer { role } }');
  expect([status, data]).toEqual([200, { viewer: { role: 'OWNER' } }]);
});

/** Sends a request as it is; throws unless the answer is JSON with a status below 500 and no error of ours in it. */
export async function send(
  path: string,
  init: RequestInit,
): Promise<{ data?: unknown; errors?: { message: string }[] }> {
  const started = performance.now();
  const headers = { authorization: `Bearer ${OWNER_KEY}`, 'content-type': 'application/json', ...init.headers };
  const response = await fetch(`${server.url}${path}`, { ...init, headers, signal: AbortSignal.timeout(HANG_MS) });
  const text = await response.text();
  slowest = Math.max(slowest, performance.now() - started);
  const answer = JSON.parse(text);
  const codes = (answer.errors ?? []).map((error: { extensions?: { code?: string } }) => error.extensions?.code);
  const isOurs = response.status >= 500 || codes.includes('INTERNAL') || codes.includes(undefined);
  if (isOurs) throw new Error(`Status ${response.status}: ${text.slice(0, 500)} (${server.logLines.splice(0).join()})`);
  if (!('data' in answer) && codes.length === 0) throw new Error(`Neither data nor errors: ${text.slice(0, 500)}`);
  return answer;
}

export const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  send('/graphql', { method: 'POST', body: body as string, headers });

/** What can be selected of a type without arguments, and the user errors. */
function selectionOf(type: GraphQLNamedType): string {
  if (isLeafType(type)) return '';
  if (!isObjectType(type)) return '{ __typename }';
  const fields = type.getFields();
  return `{ __typename ${fields.userErrors ? 'userErrors { code message path }' : ''} ${fields.totalCount ? 'totalCount' : ''} }`;
}

/** An operation that takes all its arguments from variables. */
export function operationOf([kind, { name, args, type }]: (typeof roots)[number]): string {
  const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  return `${kind} ${declared && `(${declared})`} { ${name}${given && `(${given})`} ${selectionOf(getNamedType(type))} }`;
}
