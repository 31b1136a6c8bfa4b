/** `grapnel audit:verify`: whether the audit log is as it was written; it only reads, so that the server may go on. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { DataSource, EntityManager } from 'typeorm';
import { dataSources } from '../../ormconfig';
import { auditedWorkspaces, type Verified, verifyLog } from '../audit/verify';
import { refuseUnfinished } from '../storage/move/mark';
import type { Command, Surroundings } from './command';
import { UsageError } from './command';

/** After how many entries it is told that there is progress. */
const STEP = 10_000;

interface Wanted {
  readonly workspace: string | undefined;
  readonly heads: readonly string[];
}

export const auditVerify: Command = {
  name: 'audit:verify',
  usage: '[--workspace <id>] [--head <hash>]...',
  help: 'Follows the audit log from its first entry to its last, and names the first one that was altered, removed or inserted. With --head, a hash that was noted earlier must still be in it.',
  async run(args, { config, print }) {
    const wanted = wantedBy(args);
    const { reader } = dataSources(config);
    const { options } = reader;
    // TypeORM would make the folder of a database that is not there.
    if (options.type === 'better-sqlite3' && !existsSync(options.database))
      throw new Error(`there is no ${options.database}.`);
    await reader.initialize();
    try {
      await refuseUnfinished(reader);
      return await asOfOneMoment(reader, (manager) => verify(manager, wanted, print));
    } finally {
      await reader.destroy();
    }
  },
};

function wantedBy(args: readonly string[]): Wanted {
  try {
    const options = { workspace: { type: 'string' }, head: { type: 'string', multiple: true } } as const;
    const { values } = parseArgs({ args: [...args], options });
    return { workspace: values.workspace, heads: values.head ?? [] };
  } catch {
    throw new UsageError(`Usage: grapnel ${auditVerify.name} ${auditVerify.usage}`);
  }
}

/** Runs `work` on what the database holds now, whatever is written meanwhile. */
async function asOfOneMoment<T>(source: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner();
  const isPostgres = source.options.type === 'postgres';
  await runner.query(isPostgres ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN');
  try {
    if (!(await runner.hasTable('audit_head')))
      throw new Error('this database has no audit log yet: start the server once.');
    return await work(runner.manager);
  } finally {
    await runner.query('ROLLBACK');
    await runner.release();
  }
}

async function verify(
  manager: EntityManager,
  { workspace, heads }: Wanted,
  print: Surroundings['print'],
): Promise<boolean> {
  const all = await auditedWorkspaces(manager);
  if (workspace !== undefined && !all.includes(workspace)) throw new UsageError('grapnel: there is no such workspace.');
  const missing = new Set(heads);
  const results: Verified[] = [];
  for (const workspaceId of workspace === undefined ? all : [workspace]) {
    const result = await verifyLog(manager, workspaceId, {
      passed: (hash) => void missing.delete(hash),
      progress: (entries) => {
        if (entries % STEP === 0) print(`${workspaceId}  … ${entries} entries\n`);
      },
    });
    print(lineOf(result));
    results.push(result);
  }
  for (const hash of missing) print(`No entry has the hash ${hash}: the log was removed, altered or written anew.\n`);
  const isWhole = missing.size === 0 && results.every(({ fault }) => fault === undefined);
  const entries = results.reduce((sum, result) => sum + result.entries, 0);
  print(isWhole ? `The audit log is whole: ${entries} entries.\n` : 'The audit log is NOT as it was written.\n');
  return isWhole;
}

function lineOf({ workspaceId, entries, hash, fault }: Verified): string {
  if (fault === undefined) return `${workspaceId}  ${entries} entries, head ${hash}\n`;
  return `${workspaceId}  ${fault} The ${entries} before hold, up to ${hash}.\n`;
}
