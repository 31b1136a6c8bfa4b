/** The secrets that stand for something: keys, tokens, links: how they are drawn, and what is kept of them. */
import { hash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** What secrets are for, by how they begin. */
export const secretPrefixes = {
  gk: 'API key',
  gs: 'session token',
  gl: 'start link of an authorization',
  gt: 'state of an authorization',
  gb: 'browser of an authorization',
  gc: 'confirmation of an authorization',
} as const;

/** A new secret of 256 bits; `prefix` tells people and secret scanners what it is. */
export const newSecret = (prefix: keyof typeof secretPrefixes): string =>
  `${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;

/** What is kept of a secret. No salt or stretching: 256 random bits cannot be guessed, and the hash can be looked up. */
export const hashOf = (secret: string): string => hash('sha256', secret, 'base64url');
