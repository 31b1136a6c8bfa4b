/** `grapnel move`: copies the SQLite database to Postgres, and compares the two. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connect, databaseFile, whileNobodyMigrates } from '../../ormconfig';
import { parseUrl } from '../parse-url';
import { mark, unmark } from '../storage/move/mark';
import { type Compared, Mover, type Progress, refuseStrangers } from '../storage/move/mover';
import { Source } from '../storage/move/source';
import { type Command, UsageError } from './command';

/** After how many rows of a table it is told that there is progress. */
const STEP = 10_000;

const number = (count: number) => count.toLocaleString('en-US');

export const move: Command = {
  name: 'move',
  usage: '--to <postgres://…>',
  help: 'Copies the SQLite database of DATA_DIR to an empty Postgres database and compares every row. Stop the server before; the source stays as it is. Broken off, it is run again and goes on.',
  async run(args, { config: { dataDir }, log, print }) {
    const databaseUrl = targetOf(args);
    const file = databaseFile(dataDir);
    if (!existsSync(file))
      throw new UsageError(`grapnel move: there is no database at ${file}; DATA_DIR says where it is.`);
    const source = new Source(file);
    try {
      const { writer } = await connect({ databaseUrl, dataDir }, async (database) => {
        await refuseStrangers(source, database);
        await mark(database);
      });
      try {
        // A server that starts on the target waits for this lock, and does not see half of the rows.
        const compared = await whileNobodyMigrates(writer, async (session) => {
          const mover = new Mover(source, session, reporter(print));
          await mover.copy();
          print('Comparing …\n');
          const found = await mover.compare();
          if (unlikeIn(found).length === 0) await unmark(session);
          return found;
        });
        const unlike = unlikeIn(compared);
        log[unlike.length > 0 ? 'error' : 'info']({ tables: compared.length, unlike }, 'Moved to Postgres');
        print(tableOf(compared));
        print(verdict(compared, unlike));
        return unlike.length === 0;
      } finally {
        await writer.destroy();
      }
    } finally {
      source.close();
    }
  },
};

/** The tables that differ. */
const unlikeIn = (compared: readonly Compared[]) =>
  compared.filter(({ source, target }) => !source.equals(target)).map(({ table }) => table);

/** The URL has a password in it: no message repeats it. */
function targetOf(args: readonly string[]): string {
  try {
    const { values } = parseArgs({ args: [...args], options: { to: { type: 'string' } } as const });
    if (values.to && /^postgres(ql)?:$/.test(parseUrl(values.to)?.protocol ?? '')) return values.to;
  } catch {
    // Told below.
  }
  throw new UsageError(`Usage: grapnel ${move.name} ${move.usage}`);
}

function reporter(print: (text: string) => void): (progress: Progress) => void {
  let told = 0;
  return ({ table, done, total, added }) => {
    if (done === total) {
      told = 0;
      const before = done > added ? `, ${number(done - added)} were there already` : '';
      print(`${table}  ${number(added)} rows copied${before}\n`);
    } else if (done - told >= STEP) {
      told = done;
      print(`${table}  … ${number(done)} of ${number(total)} rows\n`);
    }
  };
}

/** The first 16 digits of a checksum are enough to be looked at; all of them were compared. */
function tableOf(compared: readonly Compared[]): string {
  const rows = compared.map(({ table, source, target }) => [
    table,
    number(source.count),
    number(target.count),
    source.hex.slice(0, 16),
    target.hex.slice(0, 16),
    source.equals(target) ? 'equal' : 'DIFFERENT',
  ]);
  const lines = [['table', 'source', 'target', 'checksum of source', 'of target', ''], ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const isNumber = (column: number) => column === 1 || column === 2;
  return lines
    .map((line) =>
      line.map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function verdict(compared: readonly Compared[], unlike: readonly string[]): string {
  if (unlike.length > 0)
    return `The target is NOT like the source: ${unlike.join(', ')}. Do not start a server on it; move to an empty database.\n`;
  const rows = compared.reduce((sum, { source }) => sum + source.count, 0);
  return `All ${number(rows)} rows are there. Start the servers with DATABASE_URL and the same encryption keys, and no server on the old database any more.\n`;
}
