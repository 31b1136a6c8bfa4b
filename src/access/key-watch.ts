/** Ends what goes on in the name of a key or session token that is no more: revoked, expired, or ended by another process. */
import { In } from 'typeorm';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { ApiKey } from './api-key';
import type { Caller } from './caller';
import { SessionToken } from './session-token';

/** How often it looks, in milliseconds: an idle subscription outlives its key by this much at most. */
const PERIOD = 2000;
/** How many ids one statement asks for. */
const BATCH = 500;

/** Something with callers behind it that can be cut off: the sockets, the event streams. */
export interface Audience {
  callers(): Iterable<{ readonly caller: Caller }>;
  endWhere(predicate: (context: { readonly caller: Caller }) => boolean): void;
}

export class KeyWatch {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Store,
    private readonly audiences: readonly Audience[],
    private readonly now: () => Date,
    private readonly log: Log,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.look().catch((err: unknown) =>
        this.log.error({ err }, 'The keys behind open subscriptions could not be checked.'),
      );
    }, PERIOD).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Cuts off everybody whose key ended, as soon as it is known. */
  endKey(keyId: string): void {
    for (const audience of this.audiences) audience.endWhere(({ caller }) => caller.keyId === keyId);
  }

  private async look(): Promise<void> {
    const callers = this.audiences.flatMap((audience) => [...audience.callers()].map(({ caller }) => caller));
    const keys = callers.map(({ keyId }) => keyId);
    const tokens = callers.flatMap(({ tokenId }) => tokenId ?? []);
    // Those found to be over, not those found to be good: whoever came while this looked was not looked for.
    const over = new Set([...(await this.endedOf(ApiKey, keys)), ...(await this.endedOf(SessionToken, tokens))]);
    if (over.size === 0) return;
    for (const audience of this.audiences)
      audience.endWhere(({ caller: { keyId, tokenId } }) => over.has(keyId) || (tokenId !== null && over.has(tokenId)));
  }

  /** Those of `given` that are no more, or have expired. */
  private async endedOf(type: typeof ApiKey | typeof SessionToken, given: readonly string[]): Promise<Set<string>> {
    const ended = new Set(given);
    const ids = [...ended];
    for (let from = 0; from < ids.length; from += BATCH) {
      const rows = await this.store.read.find<ApiKey | SessionToken>(type, {
        select: { id: true, expiresAt: true },
        where: { id: In(ids.slice(from, from + BATCH)) },
      });
      for (const { id, expiresAt } of rows) if (expiresAt === null || expiresAt > this.now()) ended.delete(id);
    }
    return ended;
  }
}
