/** Keys that were looked up a moment ago, so that whoever calls often is not looked up each time; none outlives its end. */
import type { Actor } from '../audit/actor';
import type { Caller } from './caller';

type WithoutActor<Some> = Some extends Caller ? Omit<Some, 'actor'> : never;

/** What was found of a key or a session token. */
export interface KeptKey {
  readonly caller: WithoutActor<Caller>;
  /** Who it is, for the log of deeds, but for the request. */
  readonly actor: Omit<Actor, 'requestId'>;
  /** When the first of what it stands on ends; `null`: never. */
  readonly expiresAt: Date | null;
  /** When the key was last noted as used; `null` for a session token, whose use is not noted. */
  readonly lastUsedAt: Date | null;
}

/** How many are kept. */
const LIMIT = 10_000;
/** How long one is trusted where the database cannot tell whether anything changed, in milliseconds. */
const TRUST = 1000;

interface Entry {
  readonly key: KeptKey;
  readonly version: number | undefined;
  readonly readAt: number;
}

export class KeptKeys {
  /** By the hash of the secret, the one that was kept first at the front. */
  private readonly entries = new Map<string, Entry>();
  private endings = 0;

  /** `version` changes with every commit to the database; where it is `undefined`, time alone ends trust. */
  constructor(private readonly version: () => number | undefined) {}

  /** What is kept, or else what `read` finds. */
  async get(hash: string, read: () => Promise<KeptKey | undefined>): Promise<KeptKey | undefined> {
    // Before it is read: what changes while it is read makes it old.
    const version = this.version();
    const entry = this.entries.get(hash);
    if (entry && this.isGood(entry, version)) return entry.key;
    const { endings } = this;
    const readAt = performance.now();
    const key = await read();
    this.entries.delete(hash);
    // A key that ended while it was read may have been read before.
    if (key && endings === this.endings) this.keep(hash, { key, version, readAt });
    return key;
  }

  /** Forgets all that stands on an API key that ended, and what is being read of it now. */
  end(keyId: string): void {
    this.endings += 1;
    this.forget(keyId);
  }

  /** Has all that stands on an API key read anew. */
  forget(keyId: string): void {
    for (const [hash, { key }] of this.entries) if (key.caller.keyId === keyId) this.entries.delete(hash);
  }

  private isGood({ version: then, readAt }: Entry, version: number | undefined): boolean {
    return version === undefined ? performance.now() - readAt < TRUST : version === then;
  }

  private keep(hash: string, entry: Entry): void {
    this.entries.set(hash, entry);
    if (this.entries.size <= LIMIT) return;
    const [first = ''] = this.entries.keys();
    this.entries.delete(first);
  }
}
