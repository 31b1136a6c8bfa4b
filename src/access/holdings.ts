/** How many sockets or subscriptions a key has open at once, those of its session tokens among them. */
import type { Caller } from './caller';
import { type Release, Tally } from './tally';

/** What one browser with a session token, or somebody without a key, may have of what a key may: a tenth. */
export const share = (limit: number): number => Math.ceil(limit / 10);

export class Holdings {
  private readonly keys: Tally<string>;
  private readonly tokens: Tally<string>;

  /** `limit` for each key; 0: no limit. */
  constructor(limit: number) {
    const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    this.keys = new Tally(most);
    this.tokens = new Tally(share(most));
  }

  /** One more for `caller`; `undefined` when it has as many as it may. */
  hold({ keyId, tokenId }: Caller): Release | undefined {
    const ofToken = tokenId === null ? () => undefined : this.tokens.hold(tokenId);
    const ofKey = ofToken && this.keys.hold(keyId);
    if (!ofKey) ofToken?.();
    return (
      ofKey &&
      (() => {
        ofKey();
        ofToken?.();
      })
    );
  }
}
