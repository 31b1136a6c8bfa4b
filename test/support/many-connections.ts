/** Many connections at once, written behind the server's back: each like one that it made itself, but for its id, workspace and names. */
import { change, rowsOf } from './database';

/** The id of the connection with this number: beyond those of today, in the order of numbers. */
export const idOf = (number: number) => `cnn_${10_000_000 + number}${'0'.repeat(24)}`;

async function copy(dataDir: string, model: string, rows: string, changed: Record<string, string>) {
  const [row = {}] = await rowsOf(dataDir, 'SELECT * FROM connection WHERE id = ?', model);
  const columns = Object.keys(row);
  const values = columns.map((name) => changed[name] ?? `model."${name}"`);
  const names = columns.map((name) => `"${name}"`);
  await change(
    dataDir,
    `INSERT INTO connection (${names}) WITH RECURSIVE ${rows} SELECT ${values} FROM n, connection model WHERE model.id = ?`,
    model,
  );
}

/** Copies the connection `model` for the numbers from `first` to `last`, named with `prefix` and the number. */
export async function addNumbered(dataDir: string, model: string, [first, last]: [number, number], prefix: string) {
  const name = `'${prefix}' || n.i`;
  await copy(dataDir, model, `n(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${last})`, {
    id: `'cnn_' || (10000000 + n.i) || '${'0'.repeat(24)}'`,
    name,
    nameKey: `lower(${name})`,
    linkName: `'link' || n.i`,
    linkNameKey: `'link' || n.i`,
  });
}

/** Copies it for the numbers from `first` on, with these names. */
export async function addNamed(dataDir: string, model: string, first: number, names: readonly string[]) {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const rows = names.map((name, index) => `(${first + index}, ${quoted(name)}, ${quoted(name.toLowerCase())})`);
  await copy(dataDir, model, `n(i, name, key) AS (VALUES ${rows})`, {
    id: `'cnn_' || (10000000 + n.i) || '${'0'.repeat(24)}'`,
    name: 'n.name',
    nameKey: 'n.key',
    linkName: `'link' || n.i`,
    linkNameKey: `'link' || n.i`,
  });
}
