/** Secrets at rest: AES-256-GCM, the key's id in the envelope, and the place a secret belongs to as associated data. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { EncryptionKey } from '../config';

/** The place of a secret. A secret moved to another place does not open. */
export interface Place {
  readonly workspaceId: string;
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

const VERSION = 'v1';
/** NIST SP 800-38D section 8.2.2: 96 random bits. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What every envelope that the key with this id sealed begins with. */
export const envelopePrefix = (keyId: string): string => `${VERSION}.${keyId}.`;

/** The id of the key that sealed `envelope`. */
export const keyIdOf = (envelope: string): string => envelope.split('.')[1] ?? '';

export class Vault {
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly first: EncryptionKey;

  /** The first of `keys` seals, each of them opens. */
  constructor(keys: readonly EncryptionKey[]) {
    const [first] = keys;
    if (!first) throw new Error('There must be an encryption key.');
    this.first = first;
    this.keys = new Map(keys.map((key) => [key.id, key.bytes]));
  }

  /** The id of the key that seals. */
  get sealingKey(): string {
    return this.first.id;
  }

  has(keyId: string): boolean {
    return this.keys.has(keyId);
  }

  /** Encrypts `value` (as JSON) for `place`. */
  seal(value: unknown, place: Place): string {
    return sealed(value, place, this.first);
  }

  /** What opens at `proofPlace` with the very key that has this id here, and with no other. */
  proofOf(keyId: string): string {
    const bytes = this.keys.get(keyId);
    if (!bytes) throw new Error(`There is no key "${keyId}" to prove.`);
    return sealed(keyId, proofPlace(keyId), { id: keyId, bytes });
  }

  /** Decrypts what `seal` gave for the same place. Throws an error without content when it was altered, moved or its key is gone. */
  open<T>(envelope: string, place: Place): T {
    const [version, keyId = '', text = '', ...more] = envelope.split('.');
    const key = this.keys.get(keyId);
    const where = `${place.table}.${place.field} of ${place.row}`;
    if (version !== VERSION || more.length > 0)
      throw new Error(`The secret ${where} is not in an envelope that this version knows.`);
    if (!key)
      throw new Error(
        `The secret ${where} was encrypted with the key "${keyId}", which this server does not have: add it to ENCRYPTION_KEYS.`,
      );
    const bytes = Buffer.from(text, 'base64url');
    try {
      // Decoding is lenient: several texts stand for the same bytes, and only one of them is ours.
      if (bytes.toString('base64url') !== text) throw new Error('not as it was written');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(place));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(opened.toString('utf8')) as T;
    } catch {
      throw new Error(`The secret ${where} was altered, moved, or encrypted with another key of the id "${keyId}".`);
    }
  }

  /** Whether `envelope` opens at `place`. */
  opens(envelope: string, place: Place): boolean {
    try {
      this.open(envelope, place);
      return true;
    } catch {
      return false;
    }
  }
}

/** The place of the proof of a key: in no workspace, in the list of keys. */
export const proofPlace = (keyId: string): Place => ({
  workspaceId: '',
  table: 'encryption_key',
  row: keyId,
  field: 'proof',
});

function sealed(value: unknown, place: Place, { id, bytes }: EncryptionKey): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', bytes, iv);
  cipher.setAAD(associatedData(place));
  const content = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return envelopePrefix(id) + Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64url');
}

function associatedData({ workspaceId, table, row, field }: Place): Buffer {
  return Buffer.from(JSON.stringify([workspaceId, table, row, field]));
}
