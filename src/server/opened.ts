/** What was opened and is to be closed: in the opposite order, once, and all of it even when one part cannot be. */
export class Opened {
  private readonly closers: (() => unknown)[] = [];
  private closing: Promise<void> | undefined;

  /** Notes how something that was just opened is closed. */
  add(close: () => unknown): void {
    this.closers.push(close);
  }

  /** Rejects with the first error, after everything was tried. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.closers.reverse()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
