/** How many of something each holder has at once: sockets of a key, operations of a socket. */

/** Gives back what was held; whoever does so twice gives it back once. */
export type Release = () => void;

export class Tally<Holder> {
  private readonly held = new Map<Holder, number>();

  constructor(private readonly limit: number) {}

  /** How many holders hold anything. */
  get size(): number {
    return this.held.size;
  }

  /** One more for `holder`; `undefined` when it has as many as it may. */
  hold(holder: Holder): Release | undefined {
    const before = this.held.get(holder) ?? 0;
    if (before >= this.limit) return undefined;
    this.held.set(holder, before + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.giveBack(holder);
      isHeld = false;
    };
  }

  private giveBack(holder: Holder): void {
    const left = (this.held.get(holder) ?? 0) - 1;
    if (left > 0) this.held.set(holder, left);
    else this.held.delete(holder);
  }
}
