/** The keys that AWS Signature Version 4 signs with: deriving one is four HMACs of a signature's five, so that they are kept. */
import { createHmac, hash } from 'node:crypto';

/** What a signing key is good for, in the order in which it is derived; the date as `YYYYMMDD`. */
export type KeyScope = readonly [date: string, region: string, service: string];

/** How many are kept: those used last. */
const KEPT = 1_000;

/**
 * By a hash of all they are derived from. No secret key is kept, nothing that is kept leads to one, and whoever has none finds
 * nothing: what a connection held needs not be taken out when it ends.
 */
const kept = new Map<string, Buffer>();

/** The key that requests of `scope` are signed with: 32 bytes. */
export function signingKey(secretKey: string, scope: KeyScope): Buffer {
  const origin = hash('sha256', JSON.stringify([secretKey, ...scope]));
  const key = kept.get(origin) ?? derive(secretKey, scope);
  // A Map keeps the order of insertion: the first is the one unused longest.
  kept.delete(origin);
  kept.set(origin, key);
  if (kept.size > KEPT) {
    const [oldest = ''] = kept.keys();
    kept.delete(oldest);
  }
  return key;
}

const derive = (secretKey: string, scope: KeyScope): Buffer =>
  [...scope, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secretKey}`));

/** HMAC-SHA-256: 32 bytes. */
export const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
