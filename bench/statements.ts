/** What each operation costs: the statements that a server runs for it on SQLite, the bytes of question and answer, and the bytes of a row; prints tables. */
import { join } from 'node:path';
import Database, { type Statement } from 'better-sqlite3';
import { connectedAt } from '../test/flows/grants';
import { startTokenServer } from '../test/peers/token-server';
import { begin } from '../test/support/oauth';
import { startPeerApi } from '../test/support/peer-api';
import { OWNER_KEY, startTestServer, type TestServer } from '../test/support/server';

/** How often each operation is done: what goes on beside it only ever adds, so that the least is its own. */
const TIMES = 15;
const ROWS = 10_000;

interface Counts {
  reads: number;
  writes: number;
  transactions: number;
}

const counted: Counts = { reads: 0, writes: 0, transactions: 0 };

function count({ source, readonly }: Statement): void {
  if (/^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/i.test(source))
    counted.transactions += /^\s*BEGIN/i.test(source) ? 1 : 0;
  // Asks no page of the database: whether anything was committed since.
  else if (!/^\s*PRAGMA/i.test(source)) counted[readonly ? 'reads' : 'writes'] += 1;
}

/** Has every statement of this process counted when it is run. */
function countStatements(): void {
  const database = new Database(':memory:');
  const prototype = Object.getPrototypeOf(database.prepare('SELECT 1'));
  for (const way of ['run', 'get', 'all', 'iterate']) {
    const original = prototype[way];
    prototype[way] = function (this: Statement, ...values: unknown[]) {
      count(this);
      return original.apply(this, values);
    };
  }
  database.close();
}

interface Cost extends Counts {
  readonly asked: number;
  readonly answered: number;
}

/** The least that `work` cost; it resolves to the bytes that went there and back. */
async function costOf(work: () => Promise<readonly [asked: number, answered: number]>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let time = 0; time < TIMES; time++) {
    const before = { ...counted };
    const [asked, answered] = await work();
    const [reads, writes] = [counted.reads - before.reads, counted.writes - before.writes];
    costs.push({ reads, writes, transactions: counted.transactions - before.transactions, asked, answered });
  }
  return costs.reduce((least, cost) => (cost.reads + cost.writes < least.reads + least.writes ? cost : least));
}

/** What asks the server a question, and gives the bytes of its body and of the answer's. */
const asking = (server: TestServer, query: string, variables: object) => async () => {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${OWNER_KEY}` },
    body,
  });
  const text = await response.text();
  if (text.includes('"errors"') || /"userErrors":\[\{/.test(text)) throw new Error(text);
  return [body.length, text.length] as const;
};

const STATUS = 'query ($id: ID!) { connection(by: { id: $id }) { id name status health { state reason remedy } } }';
const PAGE = '{ connections(first: 20) { nodes { id name status } pageInfo { hasNextPage endCursor } } }';
const INVOKE = `mutation ($input: InvokeUrlInput!) {
  invokeUrl(input: $input) { response { status json } userErrors { code message } } }`;
const REFRESH =
  'mutation ($id: ID!) { connectionRefresh(id: $id) { connection { id status } userErrors { code message } } }';
const EVENTS = 'query ($id: ID!) { connection(by: { id: $id }) { id grants(first: 20) { nodes { id status } } } }';

async function operations(): Promise<string> {
  const [server, provider, api] = await Promise.all([startTestServer(), startTokenServer(), startPeerApi()]);
  try {
    const id = await connectedAt(server.ask, provider);
    const input = { connection: { id }, method: 'GET', url: `${provider.url}/api/x` };
    const table: [string, () => Promise<readonly [number, number]>][] = [
      ['viewer', asking(server, '{ viewer { role } }', {})],
      ['status of one connection', asking(server, STATUS, { id })],
      ['its grants', asking(server, EVENTS, { id })],
      ['a page of connections', asking(server, PAGE, {})],
      ['invokeUrl, fresh token', asking(server, INVOKE, { input })],
      ['connectionAuthorize', async () => [0, JSON.stringify(await begin(server.ask, id)).length]],
      ['connectionRefresh', asking(server, REFRESH, { id })],
    ];
    const rows: string[] = [];
    for (const [name, work] of table) {
      const { reads, writes, transactions, asked, answered } = await costOf(work);
      rows.push(`| ${name} | ${reads} | ${writes} | ${transactions} | ${asked || '–'} | ${answered} |`);
    }
    const idle = await idling();
    rows.push(`| an idle process, a second | ${idle.reads} | ${idle.writes} | ${idle.transactions} | – | – |`);
    const columns = ['operation', 'reads', 'writes', 'transactions', 'bytes asked', 'bytes answered'];
    await server.close();
    return `| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}\n${rows.join('\n')}\n\n${bytesOfRows(server.dataDir)}`;
  } finally {
    await Promise.all([server.remove(), provider.close(), api.close()]);
  }
}

/** What a process does by itself in a second. */
async function idling(): Promise<Counts> {
  const seconds = 10;
  const pause = (length: number) => new Promise((resolve) => setTimeout(resolve, length * 1000));
  // What the operations left to be written together.
  await pause(2);
  const before = { ...counted };
  await pause(seconds);
  const rate = (what: keyof Counts) => (counted[what] - before[what]) / seconds;
  return { reads: rate('reads'), writes: rate('writes'), transactions: rate('transactions') };
}

/** How many bytes a connection and its grant take, indexes included: copies of the one that is there, with ids of their own. */
function bytesOfRows(dataDir: string): string {
  const database = new Database(join(dataDir, 'grapnel.sqlite'));
  database.pragma('foreign_keys = OFF');
  const size = (name: string) =>
    database.prepare('SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name = ?').pluck().get(name) as number;
  const rows: string[] = [];
  for (const table of ['connection', 'connection_grant']) {
    const parts = database
      .prepare("SELECT name FROM sqlite_master WHERE tbl_name = ? AND type IN ('table', 'index')")
      .pluck()
      .all(table) as string[];
    const before = parts.map(size);
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
    // What is unique in a table has to differ; the first letters stay, as those of real ones do, and so does the length.
    const unique = ['id', 'linkName', 'linkNameKey', 'connectionId', 'name'];
    const selected = columns.map((name) =>
      unique.includes(name)
        ? `substr("${name}", 1, max(length("${name}") - 12, 1)) || lower(hex(randomblob(6)))`
        : name === 'nextRefreshAt' || name === 'endsAt'
          ? `"${name}" + abs(random() % 3600000)`
          : `"${name}"`,
    );
    const names = columns.map((name) => `"${name}"`).join(', ');
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})`;
    database.exec(
      `INSERT INTO "${table}" (${names}) ${numbers} SELECT ${selected.join(', ')} FROM (SELECT * FROM "${table}" LIMIT 1), n`,
    );
    const bytes = parts.map((part, index) => (size(part) - (before[index] ?? 0)) / ROWS);
    const [own = 0, ...indexes] = bytes;
    const ofIndexes = indexes.reduce((sum, one) => sum + one, 0);
    rows.push(
      `| ${table} | ${own.toFixed(0)} | ${ofIndexes.toFixed(0)} (${indexes.length}) | ${(own + ofIndexes).toFixed(0)} |`,
    );
  }
  database.close();
  return `| table | bytes a row | in indexes | together |\n|---|---|---|---|\n${rows.join('\n')}`;
}

countStatements();
operations().then(console.log, (error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
