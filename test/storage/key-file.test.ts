/** The generated encryption keys: a file for its owner only, made once, kept over restarts, and never overwritten. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/log';
import { keysOfDataDir } from '../../src/storage/key-file';

let folder: string;
let lines: string[];
const log = createLog('trace', { write: (line) => void lines.push(line) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grapnel-keys-'));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const only = (dataDir: string) => {
  const [name = '', ...more] = readdirSync(dataDir);
  expect(more).toEqual([]);
  return join(dataDir, name);
};
const modeOf = (path: string) => statSync(path).mode & 0o777;

test('a key of 32 bytes is made where there is none, with a warning that does not hold it', () => {
  const dataDir = join(folder, 'new', 'data');
  const [key, ...more] = keysOfDataDir(dataDir, log);
  expect([key?.bytes.length, more]).toEqual([32, []]);
  expect([modeOf(dataDir), modeOf(only(dataDir))]).toEqual([0o700, 0o600]);
  expect(readFileSync(only(dataDir), 'utf8')).toBe(`${key?.id}:${key?.bytes.toString('base64')}\n`);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 'warn', file: only(dataDir), msg: expect.stringContaining('Back this file up') }),
  ]);
  expect(lines.join('')).not.toContain(key?.bytes.toString('base64'));
});

test('the same key is there at the next start, without a warning', () => {
  const made = keysOfDataDir(folder, log);
  lines = [];
  expect(keysOfDataDir(folder, log)).toEqual(made);
  expect(lines).toEqual([]);
});

test('two data folders have two keys', () => {
  expect(keysOfDataDir(join(folder, 'a'), log)).not.toEqual(keysOfDataDir(join(folder, 'b'), log));
});

test('several keys in the file are read, the first one first', () => {
  keysOfDataDir(folder, log);
  const base64 = (fill: number) => Buffer.alloc(32, fill).toString('base64');
  writeFileSync(only(folder), `new:${base64(1)},old:${base64(2)}\n`);
  expect(keysOfDataDir(folder, log).map(({ id, bytes }) => [id, bytes[0]])).toEqual([
    ['new', 1],
    ['old', 2],
  ]);
});

test.each(['', '\n', 'k1:', 'k1:AAAA', `k1:${'A'.repeat(44)}`, '\0\0\0\0', 'secret-of-somebody'])(
  'a damaged file (%j) is an error that names it, and stays as it is',
  (content) => {
    keysOfDataDir(folder, log);
    const file = only(folder);
    writeFileSync(file, content);
    chmodSync(file, 0o600);
    expect(() => keysOfDataDir(folder, log)).toThrow(file);
    expect(() => keysOfDataDir(folder, log)).toThrow('backup');
    expect(() => keysOfDataDir(folder, log)).not.toThrow('secret-of-somebody');
    expect(readFileSync(only(folder), 'utf8')).toBe(content);
  },
);
