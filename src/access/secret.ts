/** The secrets of keys and session tokens: how they are drawn, and what is kept of them. */
import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A new secret of 256 bits; `prefix` tells people and secret scanners what it is. */
export const newSecret = (prefix: 'gk' | 'gs'): string =>
  `${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;

/** What is kept of a secret. No salt or stretching: 256 random bits cannot be guessed, and the hash can be looked up. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
