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
    if (callers.length === 0) return;
    const keys = await this.alive(
      ApiKey,
      callers.map(({ keyId }) => keyId),
    );
    const tokens = await this.alive(
      SessionToken,
      callers.flatMap(({ tokenId }) => tokenId ?? []),
    );
    const isOver = ({ keyId, tokenId }: Caller) => !keys.has(keyId) || (tokenId !== null && !tokens.has(tokenId));
    for (const audience of this.audiences) audience.endWhere(({ caller }) => isOver(caller));
  }

  private async alive(type: typeof ApiKey | typeof SessionToken, given: readonly string[]): Promise<Set<string>> {
    const ids = [...new Set(given)];
    const alive = new Set<string>();
    for (let from = 0; from < ids.length; from += BATCH) {
      const rows = await this.store.read.find<ApiKey | SessionToken>(type, {
        select: { id: true, expiresAt: true },
        where: { id: In(ids.slice(from, from + BATCH)) },
      });
      for (const { id, expiresAt } of rows) if (expiresAt === null || expiresAt > this.now()) alive.add(id);
    }
    return alive;
  }
}
