/** What rows are compared by: a hash of each over a canonical form, and a sum of hashes that does not depend on their order. */
import { createHash } from 'node:crypto';

/**
 * The SHA-256 of a row, each of whose values is given as text: whole numbers in decimal, booleans as 0 and 1. The canonical form is
 * the length in bytes, a colon and the text of each value, `-` for null, one after the other: none can run into the next.
 */
export function hashOfRow(texts: readonly (string | null)[]): string {
  const canonical = texts.map((text) => (text === null ? '-' : `${Buffer.byteLength(text)}:${text}`)).join('');
  return createHash('sha256').update(canonical).digest('hex');
}

/** The same in the SQL of Postgres, which so need not send what it compares. */
export function hashInSql(columns: readonly { readonly name: string; readonly type: string }[]): string {
  const parts = columns.map(({ name, type }) => {
    const text = type === 'boolean' ? `"${name}"::int::text` : `"${name}"::text`;
    return `coalesce(octet_length(convert_to(${text}, 'UTF8')) || ':' || ${text}, '-')`;
  });
  return `encode(sha256(convert_to(${parts.join(' || ')}, 'UTF8')), 'hex')`;
}

const MODULUS = 1n << 256n;

/** How many rows there are, and the sum of their hashes: the same for the same rows in any order. */
export class Checksum {
  count = 0;
  private sum = 0n;

  add(hash: string): void {
    this.count += 1;
    this.sum = (this.sum + BigInt(`0x${hash}`)) % MODULUS;
  }

  get hex(): string {
    return this.sum.toString(16).padStart(64, '0');
  }

  equals(other: Checksum): boolean {
    return this.count === other.count && this.sum === other.sum;
  }
}
