/** A mailbox: keeps what is sent to one reader, from the moment it is made, until the reader takes it. */
import { topLevelError } from '../errors';

/** How many messages may wait. A reader that never takes any would else fill the memory. */
export const MAILBOX_LIMIT = 1000;

const over: IteratorReturnResult<undefined> = { value: undefined, done: true };

/** Readers iterate over it. One that is too slow gets what waits and then an error, for something is lost from there on. */
export class Mailbox<Message> implements AsyncIterableIterator<Message> {
  private readonly waiting: Message[] = [];
  private readonly readers: ((result: IteratorResult<Message>) => void)[] = [];
  private state: 'open' | 'overflowed' | 'closed' = 'open';

  /** `onClose` is called once, when nothing more can be taken in. */
  constructor(private readonly onClose: () => void = () => undefined) {}

  send(message: Message): void {
    if (this.state !== 'open') return;
    const reader = this.readers.shift();
    if (reader) reader({ value: message, done: false });
    else if (this.waiting.length < MAILBOX_LIMIT) this.waiting.push(message);
    else {
      this.state = 'overflowed';
      this.onClose();
    }
  }

  next(): Promise<IteratorResult<Message>> {
    if (this.waiting.length > 0) return Promise.resolve({ value: this.waiting.shift() as Message, done: false });
    if (this.state === 'open') return new Promise((resolve) => this.readers.push(resolve));
    if (this.state === 'closed') return Promise.resolve(over);
    this.state = 'closed';
    return Promise.reject(
      topLevelError(
        'RATE_LIMITED',
        `More than ${MAILBOX_LIMIT} events wait to be taken, and some are lost: read the state anew and subscribe again.`,
      ),
    );
  }

  return(): Promise<IteratorResult<Message>> {
    if (this.state === 'open') this.onClose();
    this.state = 'closed';
    this.waiting.length = 0;
    for (const reader of this.readers.splice(0)) reader(over);
    return Promise.resolve(over);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
