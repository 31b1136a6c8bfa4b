/** Tells whether the keys at hand are those that encrypted the secrets in the database: by a proof of each key in use. */
import { type DataSource, Entity, type EntityManager, PrimaryColumn } from 'typeorm';
import type { EncryptionKey } from '../config';
import { TextColumn } from './columns';
import { sealersOf } from './envelopes';
import { placeIn, sealedTables } from './sealed-columns';
import { type Place, proofPlace, Vault } from './vault';

/** A key that something is, or may be, sealed with. It is listed before it seals anything, and until nothing is sealed with it. */
@Entity('encryption_key')
export class KeyInUse {
  @PrimaryColumn('text')
  id!: string;

  /** The id, sealed with the key. */
  @TextColumn()
  proof!: string;
}

type Sample = readonly [envelope: string, place: Place];

interface Used {
  readonly id: string;
  /** At least one of them opens with the right key: of several secrets, one may be damaged. */
  readonly samples: readonly Sample[];
  /** Whether it is in the list, and may have nothing left that is sealed with it. */
  readonly isListed: boolean;
}

export interface KeyRules {
  /** Keys that are in the list may lack: it will show whether they are needed. */
  readonly mayLack?: boolean;
  /** The sealing key has to be in the list already, so that servers have it. */
  readonly mustBeListed?: boolean;
}

/** Throws an error that says what to do when `keys` are not those that the secrets in a database need. Changes nothing. */
export async function checkKeys(
  database: DataSource,
  keys: readonly EncryptionKey[],
  rules: KeyRules = {},
): Promise<void> {
  const runner = database.createQueryRunner();
  try {
    refuse(await keysInUse(runner.manager), keys.length > 0 ? new Vault(keys) : undefined, rules);
  } finally {
    await runner.release();
  }
}

/** Lists the keys of `vault` that are in use, from now on the sealing one too. Checks first, as another process may have listed some. */
export async function listKeys(tx: EntityManager, vault: Vault, rules: KeyRules = {}): Promise<void> {
  const used = await keysInUse(tx);
  refuse(used, vault, rules);
  const listed = used.filter(({ isListed }) => isListed).map(({ id }) => id);
  const wanted = new Set([...used.map(({ id }) => id), vault.sealingKey]);
  for (const id of wanted) if (!listed.includes(id)) await list(tx, vault, id);
}

/**
 * The last part of every transaction of a server: should the sealing key have been taken off the list, as by a rotation that did not
 * know of this server, it is listed again with what was sealed. So no key can be given up while a secret needs it.
 */
export const keepListed = (vault: Vault) => {
  // Runs in every write, hence a bare query; an id is letters, digits, _ and -.
  const sql = `SELECT 1 FROM "encryption_key" WHERE "id" = '${vault.sealingKey}'`;
  return async (tx: EntityManager): Promise<void> => {
    const found: unknown[] = await tx.query(sql);
    if (found.length === 0) await list(tx, vault, vault.sealingKey);
  };
};

const list = (tx: EntityManager, vault: Vault, id: string) => tx.insert(KeyInUse, { id, proof: vault.proofOf(id) });

function refuse(used: readonly Used[], vault: Vault | undefined, { mayLack, mustBeListed }: KeyRules): void {
  const names = used.map(({ id }) => `"${id}"`).join(', ');
  if (!vault && used.length > 0)
    throw new Error(
      `The secrets in the database were encrypted with the key ${names}, and there is none: neither ENCRYPTION_KEYS nor the file encryption-keys in DATA_DIR. Bring it back. Nothing was changed, and no new key was made.`,
    );
  for (const { id, samples, isListed } of used) {
    if (!vault?.has(id)) {
      if (mayLack && isListed) continue;
      throw new Error(
        `The encryption key "${id}" is missing, and secrets in the database may need it: bring it back, behind the first one in ENCRYPTION_KEYS. \`grapnel rotate-keys\` frees it. Nothing was changed.`,
      );
    }
    if (!samples.some(([envelope, place]) => vault.opens(envelope, place)))
      throw new Error(
        `The encryption key "${id}" is not the one that encrypted the secrets in the database, although it has its id. Bring the right one back. Nothing was changed.`,
      );
  }
  if (mustBeListed && !vault)
    throw new Error('There is no encryption key here, and nothing that was encrypted: DATA_DIR may be another folder.');
  if (mustBeListed && !used.some(({ id, isListed }) => isListed && id === vault?.sealingKey))
    throw new Error(
      `No server has started yet with the key "${vault?.sealingKey}" as the first one, and none that lacks it could read what it encrypts: put it first in ENCRYPTION_KEYS of every server, and restart them. Or stop them all, and say --stopped. Nothing was changed.`,
    );
}

/** The keys in the list; where there is no list yet, those whose ids stand in the envelopes. */
async function keysInUse(manager: EntityManager): Promise<Used[]> {
  if (await manager.queryRunner?.hasTable('encryption_key')) {
    const listed = await manager.find(KeyInUse, { order: { id: 'ASC' } });
    if (listed.length > 0)
      return listed.map(({ id, proof }) => ({ id, samples: [[proof, proofPlace(id)]], isListed: true }));
  }
  const samples = new Map<string, Sample[]>();
  for (const table of sealedTables) {
    if (!(await manager.queryRunner?.hasTable(table))) continue;
    for (const [id, rows] of await sealersOf(manager, table)) {
      const found = rows.map((row): Sample => [row.envelope, placeIn(table, row)]);
      samples.set(id, [...(samples.get(id) ?? []), ...found]);
    }
  }
  return [...samples].map(([id, found]) => ({ id, samples: found, isListed: false }));
}
