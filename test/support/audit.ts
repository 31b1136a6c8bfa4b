/** The audit log for tests: what is told of deeds, and how somebody with the database in their hands would get at it. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type DataSource, type EntityManager } from 'typeorm';
import { dataSources } from '../../ormconfig';
import { auditedWorkspaces, type Verified, verifyLog } from '../../src/audit/verify';
import { change, databaseSettings, isOnPostgres } from './database';
import { type Ask, dataOf } from './server';

/** An entry as tests look at it: its facts by their names. */
export interface Told {
  readonly id: string;
  readonly sequence: number;
  readonly at: string;
  readonly action: string;
  readonly actor: {
    readonly kind: string;
    readonly id: string | null;
    readonly name: string | null;
    readonly role: string | null;
    readonly userId: string | null;
  };
  readonly subject: { readonly kind: string; readonly id: string; readonly name: string | null };
  readonly details: Readonly<Record<string, string>>;
  readonly requestId: string | null;
  readonly formerHash: string;
  readonly hash: string;
}

const ENTRY = `id sequence at action requestId formerHash hash
  actor { kind id name role userId } subject { kind id name } details { name value }`;

export interface AuditPage {
  readonly nodes: readonly Told[];
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: Readonly<Record<'hasNextPage' | 'hasPreviousPage', boolean>> &
    Readonly<Record<'startCursor' | 'endCursor', string | null>>;
  readonly totalCount: number;
}

/** A page of the audit log. `args`: as in `auditEvents`. */
export async function auditPage(ask: Ask, args: object = {}): Promise<AuditPage> {
  const query = `query ($filter: AuditEventFilter, $first: Int, $after: String, $last: Int, $before: String) {
    auditEvents(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes { ${ENTRY} }
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }`;
  const { auditEvents } = await dataOf(ask(query, args));
  const nodes: Told[] = auditEvents.nodes.map((node: Told & { details: { name: string; value: string }[] }) => ({
    ...node,
    details: Object.fromEntries(node.details.map(({ name, value }) => [name, value])),
  }));
  return { ...auditEvents, nodes };
}

/** What is told of the deeds that `work` does, which are at most 100; with what it gives. */
export async function deedsOf<T>(ask: Ask, work: () => Promise<T>): Promise<{ deeds: Told[]; gave: T }> {
  const { totalCount: before } = await auditPage(ask, { last: 1 });
  const gave = await work();
  const { nodes, totalCount } = await auditPage(ask, { last: 100 });
  return { deeds: totalCount === before ? [] : nodes.slice(before - totalCount), gave };
}

/** The action, the subject and the details of a deed: what the tests of single deeds compare. */
export const inShort = ({ action, subject, details }: Told) => [
  action,
  subject.kind,
  subject.id,
  subject.name,
  details,
];

/** What verification finds in the database of a server. */
export async function verified(dataDir: string): Promise<Verified[]> {
  const { DATABASE_URL: databaseUrl } = await databaseSettings(dataDir);
  const { reader } = dataSources({ databaseUrl, dataDir });
  await reader.initialize();
  try {
    return await verifyAll(reader);
  } finally {
    await reader.destroy();
  }
}

/** The same of a database that is open. */
export async function verifyAll({ manager }: Pick<DataSource, 'manager'>): Promise<Verified[]> {
  const results: Verified[] = [];
  for (const workspaceId of await auditedWorkspaces(manager as EntityManager))
    results.push(await verifyLog(manager as EntityManager, workspaceId));
  return results;
}

/** The SQLite database of a data folder, for somebody who is not stopped by triggers. */
export function openByForce(dataDir: string): Database.Database {
  const database = new Database(join(dataDir, 'grapnel.sqlite'));
  const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
    name: string;
  }[];
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  return database;
}

/** Runs statements on the database of a server, as somebody who is not stopped by triggers. */
export async function byForce(dataDir: string, ...statements: string[]): Promise<void> {
  if (isOnPostgres)
    for (const sql of ['ALTER TABLE audit_event DISABLE TRIGGER ALL', ...statements]) await change(dataDir, sql);
  else {
    const database = openByForce(dataDir);
    for (const sql of statements) database.exec(sql);
    database.close();
  }
}
