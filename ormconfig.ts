/** The DataSources: one that writes and one that reads, on SQLite in the data folder or on Postgres by DATABASE_URL. */
import 'reflect-metadata';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { ApiKey } from './src/access/api-key';
import { SessionToken } from './src/access/session-token';
import { Workspace } from './src/access/workspace';
import { AuditEvent } from './src/audit/audit-event';
import { AuditHead } from './src/audit/audit-head';
import { AuthorizationFlow } from './src/authorization/flow';
import type { Config } from './src/config';
import { Connection } from './src/connections/connection';
import { Grant } from './src/connections/grant';
import { Connector } from './src/connectors/connector';
import { Logo } from './src/connectors/logo';
import { Scope } from './src/connectors/scope';
import { Happening } from './src/events/happening';
import { KeyInUse } from './src/storage/key-check';
import { OWNER_ONLY } from './src/storage/key-file';
import { Initial1764000000000 } from './src/storage/migrations/1764000000000-initial';
import { GrantGeneration1764100000000 } from './src/storage/migrations/1764100000000-grant-generation';
import { EncryptionKey1764100000001 } from './src/storage/migrations/1764100000001-encryption-key';
import { Audit1764200000000 } from './src/storage/migrations/1764200000000-audit';
import { ObtainedAt1764250000000 } from './src/storage/migrations/1764250000000-obtained-at';
import { Happenings1764300000000 } from './src/storage/migrations/1764300000000-happenings';
import { GrantConnector1764400000000 } from './src/storage/migrations/1764400000000-grant-connector';
import { Search1764500000000 } from './src/storage/migrations/1764500000000-search';

const common = {
  entities: [
    ApiKey,
    AuditEvent,
    AuditHead,
    AuthorizationFlow,
    Connection,
    Connector,
    Grant,
    Happening,
    KeyInUse,
    Logo,
    Scope,
    SessionToken,
    Workspace,
  ],
  migrations: [
    Initial1764000000000,
    GrantGeneration1764100000000,
    EncryptionKey1764100000001,
    Audit1764200000000,
    ObtainedAt1764250000000,
    Happenings1764300000000,
    GrantConnector1764400000000,
    Search1764500000000,
  ],
  synchronize: false,
  logging: false,
  // Without this, a condition that is undefined is left out, and the first row of the table is found.
  invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
} satisfies Partial<DataSourceOptions>;

/** Which database; of Postgres, 20 connections unless it is said otherwise. */
export type DatabaseConfig = Pick<Config, 'databaseUrl' | 'dataDir'> & Partial<Pick<Config, 'databasePoolSize'>>;

/** The DataSources, not connected yet. On Postgres, writer and reader are one. */
export function dataSources({ databaseUrl, dataDir, databasePoolSize = 20 }: DatabaseConfig): {
  writer: DataSource;
  reader: DataSource;
} {
  if (databaseUrl !== undefined) {
    const writer = new DataSource({
      ...common,
      type: 'postgres',
      url: databaseUrl,
      applicationName: 'grapnel',
      poolSize: databasePoolSize,
      connectTimeoutMS: 10_000,
      // A transaction of a process that froze must not hold up the others for longer than a lease lasts.
      extra: { idle_in_transaction_session_timeout: 20_000, statement_timeout: 30_000 },
    });
    return { writer, reader: writer };
  }
  const database = databaseFile(dataDir);
  const sqlite = (readonly: boolean) =>
    new DataSource({
      ...common,
      type: 'better-sqlite3',
      database,
      readonly,
      prepareDatabase: (connection: Database) => {
        if (!readonly) prepareWriter(connection);
      },
    });
  return { writer: sqlite(false), reader: sqlite(true) };
}

function prepareWriter(connection: Database): void {
  try {
    connection.pragma('journal_mode = WAL');
    // Acknowledged means on disk: better-sqlite3 alone would let a power cut take the last transactions of a WAL.
    connection.pragma('synchronous = FULL');
  } catch (error) {
    connection.close(); // TypeORM would forget it, and leave the file open
    throw error;
  }
}

export const databaseFile = (dataDir: string) => join(dataDir, 'grapnel.sqlite');

/**
 * Makes the database file, for its owner only, before SQLite would make it for everyone; its wal and shm files inherit the
 * mode. Files that are there already, as from a backup, may have been made for everyone.
 */
function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = databaseFile(dataDir);
  // Not one that is there: to close a file ends every lock that the process holds on it (POSIX).
  if (!existsSync(file)) closeSync(openSync(file, 'a', OWNER_ONLY));
  for (const part of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(part)) chmodSync(part, OWNER_ONLY);
}

/**
 * Connects both, and brings the schema up to date. Closes what it opened when one of that cannot be done, and when `check` throws,
 * which sees the database before anything in it is changed.
 */
export async function connect(
  config: DatabaseConfig,
  check: (writer: DataSource) => Promise<void> = async () => {},
): Promise<{ writer: DataSource; reader: DataSource }> {
  if (config.databaseUrl === undefined) prepareDataDir(config.dataDir);
  const { writer, reader } = dataSources(config);
  try {
    await writer.initialize();
    await migrate(writer, () => check(writer));
    // The store waits for its turn itself: SQLite would block the whole process, and be last in line behind a busy one.
    if (config.databaseUrl === undefined) await writer.query('PRAGMA busy_timeout = 0');
    if (reader !== writer) await reader.initialize();
    return { writer, reader };
  } catch (error) {
    for (const source of new Set([reader, writer])) if (source.isInitialized) await source.destroy();
    throw error;
  }
}

/** Postgres' name for the lock that a process holds while it migrates; of several that start at once, one does. */
const MIGRATION_LOCK = 0x67726170;

/** `check` comes when nobody else migrates or moves any more: before, it would not see what they leave behind. */
async function migrate(writer: DataSource, check: () => Promise<void>): Promise<void> {
  const checked = async () => {
    await check();
    await writer.runMigrations({ transaction: 'all' });
  };
  await (writer.options.type === 'postgres' ? whileNobodyMigrates(writer, checked) : checked());
}

/** Runs `work` while no process migrates the Postgres database, and so no server starts on it; `session` holds the lock. */
export async function whileNobodyMigrates<T>(
  writer: DataSource,
  work: (session: QueryRunner) => Promise<T>,
): Promise<T> {
  const session = writer.createQueryRunner();
  try {
    await session.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await work(session);
  } finally {
    await session.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await session.release();
  }
}
