/** Encrypts anew, with the sealing key, every secret that another key sealed, beside servers that go on reading and writing. */
import { setTimeout as delay } from 'node:timers/promises';
import { In } from 'typeorm';
import type { Log } from '../log';
import { countSealedWithout, type SealedRow, sealedWithout, sealersOf } from './envelopes';
import { KeyInUse } from './key-check';
import { placeIn, type SealedTable, sealedColumns, sealedTables } from './sealed-columns';
import type { Store } from './store';
import { keyIdOf, type Vault } from './vault';

/** How many secrets a transaction encrypts anew: few, as writes of servers wait for it. */
const BATCH = 200;
/** How often it looks again for what servers sealed with other keys meanwhile. */
const ROUNDS = 10;

export interface Rotated {
  /** How many secrets were encrypted anew. */
  readonly count: number;
  /** The ids of keys that nothing needs any more. */
  readonly freed: readonly string[];
  /** The ids of keys that secrets are still sealed with, and how many these are. */
  readonly needed: readonly string[];
  readonly left: number;
}

export class Rotation {
  private count = 0;
  /** The secrets that could not be opened, so that each is told once. */
  private readonly damaged = new Set<string>();

  /** `report` is told how far it is. */
  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
    private readonly log: Log,
    private readonly report: (done: number, total: number) => void,
  ) {}

  /** Can be broken off and run again at any time. A key is given up in the transaction that found nothing sealed with it. */
  async run(): Promise<Rotated> {
    const total = await this.left();
    const freed: string[] = [];
    for (let round = 1; ; round += 1) {
      let tried = 0;
      for (const table of sealedTables) tried += await this.rotate(table, total);
      const { free, needed } = await this.release();
      freed.push(...free);
      // What a server sealed with another key since, the next round finds.
      if (needed.length === 0 || tried === 0 || round === ROUNDS)
        return { count: this.count, freed, needed, left: await this.left() };
    }
  }

  /** Gives how many it tried, which may have been more than it replaced. */
  private async rotate(table: SealedTable, total: number): Promise<number> {
    let [after, tried] = ['', 0];
    for (;;) {
      const rows = await sealedWithout(this.store.read, table, [this.vault.sealingKey], BATCH, after);
      const last = rows.at(-1);
      if (!last) return tried;
      after = last.id;
      const began = performance.now();
      const anew = rows.flatMap((row) => this.sealedAnew(table, row) ?? []);
      tried += anew.length;
      this.count += await this.replace(table, anew);
      this.report(this.count, total);
      // Half of the time belongs to the servers.
      await delay(performance.now() - began);
    }
  }

  /** What is not in the row any more was written by somebody since, who knows better. */
  private replace(table: SealedTable, rows: readonly { id: string; envelope: string; anew: string }[]) {
    const column = sealedColumns[table];
    return this.store.write(async (tx) => {
      let count = 0;
      for (const { id, envelope, anew } of rows) {
        const { affected } = await tx.update(table, { id, [column]: envelope }, { [column]: anew });
        count += affected ?? 0;
      }
      return count;
    });
  }

  private sealedAnew(table: SealedTable, row: SealedRow) {
    if (!this.vault.has(keyIdOf(row.envelope))) return undefined;
    const place = placeIn(table, row);
    try {
      return { ...row, anew: this.vault.seal(this.vault.open(row.envelope, place), place) };
    } catch (err) {
      const where = `${table} ${row.id}`;
      if (!this.damaged.has(where)) this.log.error({ err }, 'A secret cannot be opened; it stays as it is.');
      this.damaged.add(where);
      return undefined;
    }
  }

  /** Takes the keys that nothing is sealed with off the list. */
  private release(): Promise<{ free: string[]; needed: string[] }> {
    const { sealingKey } = this.vault;
    return this.store.write(async (tx) => {
      const used = new Set<string>();
      for (const table of sealedTables)
        for (const id of (await sealersOf(tx, table, [sealingKey])).keys()) used.add(id);
      const listed = (await tx.find(KeyInUse, { order: { id: 'ASC' } })).map(({ id }) => id);
      const free = listed.filter((id) => id !== sealingKey && !used.has(id));
      if (free.length > 0) await tx.delete(KeyInUse, { id: In(free) });
      return { free, needed: [...used] };
    });
  }

  private async left(): Promise<number> {
    const counts = sealedTables.map((table) => countSealedWithout(this.store.read, table, [this.vault.sealingKey]));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
}
