/** What every part of an auth type works on: a configuration with its secrets, credentials, and the moment. */
import { randomUUID } from 'node:crypto';
import type { KeptSecret } from '../graphql/secret-presence';

/** The configuration of a connector as an auth type sees it. */
export interface Setup<Config = object> {
  readonly config: Config;
  /** By the name of the config field. */
  readonly secrets: Readonly<Record<string, KeptSecret>>;
}

/** What signs a request; kept encrypted, never answered. */
export type Credentials = Readonly<Record<string, string>>;

/** The facts of the moment that go into a signature, given so that published examples can be replayed. */
export interface Moment {
  readonly now: Date;
  readonly nonce: () => string;
}

/** What is signed at `now`. A nonce is unique, not secret (RFC 5849 section 3.3): a UUID costs no system call each time. */
export const momentAt = (now: Date): Moment => ({ now, nonce: () => randomUUID().replaceAll('-', '') });
