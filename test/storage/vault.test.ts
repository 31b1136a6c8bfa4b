/** The vault: what was sealed opens at its own place, with its own key, unaltered, and nowhere else. */
import { randomBytes } from 'node:crypto';
import { type Place, Vault } from '../../src/storage/vault';

const key = (id: string) => ({ id, bytes: randomBytes(32) });
const first = key('first');
const vault = new Vault([first]);
const place: Place = { workspaceId: 'wsp_1', table: 'connection_grant', row: 'grt_1', field: 'credentials' };
const secret = { token: 'ü€😀', list: [1, null, ''] };

/** An envelope taken apart (version, key id, bytes) and put together again. */
const parts = (envelope: string) => {
  const [version = '', keyId = '', text = ''] = envelope.split('.');
  return { version, keyId, bytes: Buffer.from(text, 'base64url') };
};
const envelopeOf = (version: string, keyId: string, bytes: Buffer) =>
  [version, keyId, bytes.toString('base64url')].join('.');

test.each([[secret], ['text'], [''], [0], [null], [[]], ['\ud800']])('%j opens as it was sealed', (value) => {
  expect(vault.open(vault.seal(value, place), place)).toEqual(value);
});

test('an envelope names its version and its key, and is another each time', () => {
  const [one, other] = [vault.seal(secret, place), vault.seal(secret, place)];
  expect([one, other].map((envelope) => parts(envelope)).map(({ version, keyId }) => [version, keyId])).toEqual([
    ['v1', 'first'],
    ['v1', 'first'],
  ]);
  // 96 bits of initialization vector and 128 bits of tag before what is sealed, which is as long as its JSON.
  expect(parts(one).bytes.length).toBe(12 + 16 + Buffer.byteLength(JSON.stringify(secret)));
  expect(parts(one).bytes.subarray(0, 12)).not.toEqual(parts(other).bytes.subarray(0, 12));
  expect(parts(one).bytes.subarray(28)).not.toEqual(parts(other).bytes.subarray(28));
});

describe('does not open', () => {
  const sealed = vault.seal(secret, place);
  const altered = 'The secret connection_grant.credentials of grt_1 was altered, moved, or';

  test.each([
    ['workspace', { workspaceId: 'wsp_2' }],
    ['table', { table: 'connector' }],
    ['row', { row: 'grt_2' }],
    ['field', { field: 'secrets' }],
  ])('at the place of another %s', (_, other) => {
    expect(() => vault.open(sealed, { ...place, ...other })).toThrow('was altered, moved, or');
  });

  test('at a place that is the same when its names are joined', () => {
    const elsewhere = vault.seal(secret, { ...place, table: 'a', row: 'b,c' });
    expect(() => vault.open(elsewhere, { ...place, table: 'a,b', row: 'c' })).toThrow('was altered, moved, or');
  });

  test('with any one of its bits flipped', () => {
    const { bytes } = parts(sealed);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => vault.open(envelopeOf('v1', 'first', flipped), place)).toThrow(altered);
    }
  });

  test('cut short, at any length', () => {
    const { bytes } = parts(sealed);
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => vault.open(envelopeOf('v1', 'first', bytes.subarray(0, length)), place)).toThrow(altered);
  });

  test.each([
    ['of another version', () => sealed.replace('v1.', 'v2.'), 'not in an envelope that this version knows'],
    ['with something after it', () => `${sealed}.AAAA`, 'not in an envelope that this version knows'],
    ['that is empty', () => '', 'not in an envelope that this version knows'],
    ['of a key that is not there', () => sealed.replace('.first.', '.gone.'), '"gone"'],
    ['without a key', () => 'v1', '""'],
    ['that holds nothing', () => 'v1.first.', 'altered'],
  ])('an envelope %s', (_, envelope, message) => {
    expect(() => vault.open(envelope(), place)).toThrow(message);
  });

  test('with another key of the same id', () => {
    expect(() => new Vault([key('first')]).open(sealed, place)).toThrow(altered);
  });

  test('and tells nothing of what it holds', () => {
    const messages = [sealed.replace('.first.', '.gone.'), `${sealed.slice(0, -4)}AAAA`].map((envelope) => {
      try {
        return vault.open(envelope, place);
      } catch (error) {
        return `${error} ${(error as Error).stack} ${JSON.stringify(error)}`;
      }
    });
    for (const message of messages) {
      expect(message).not.toContain(sealed.split('.')[2]?.slice(0, 8));
      expect(message).not.toContain(first.bytes.toString('base64').slice(0, 8));
    }
  });
});

describe('with several keys', () => {
  const second = key('second');

  test('the first one seals, each of them opens', () => {
    const rotated = new Vault([second, first]);
    expect(rotated.open(vault.seal(secret, place), place)).toEqual(secret);
    const anew = rotated.seal(secret, place);
    expect(parts(anew).keyId).toBe('second');
    expect(new Vault([second]).open(anew, place)).toEqual(secret);
    expect(() => vault.open(anew, place)).toThrow('"second"');
  });

  test('there must be one', () => {
    expect(() => new Vault([])).toThrow();
  });
});
