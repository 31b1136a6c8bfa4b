/** An answer made of server-sent events: written no faster than it is taken, and ended from either side at any time. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

export class EventStream {
  private readonly over = new AbortController();

  constructor(
    request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    const end = () => this.end();
    // The response hears nothing when the client goes while an answer asked for before is not complete.
    request.socket.once('close', end);
    response.once('close', () => request.socket.off('close', end)).once('close', end);
  }

  /** Ends it, and the source of its events with it. */
  end(): void {
    this.over.abort();
  }

  /** Resolves when there is room for one more event, or when it is over. */
  async room(): Promise<void> {
    // The wait is rejected when it is over, and by nothing else.
    if (this.response.writableNeedDrain)
      await once(this.response, 'drain', { signal: this.over.signal }).catch(() => undefined);
  }

  /**
   * Writes the events as they come, until there are no more or it is over. Rejects with what their source throws; `onTrouble` is
   * told when the source cannot be ended.
   */
  async write(events: AsyncGenerator<string>, onTrouble: (error: unknown) => void): Promise<void> {
    const { response, over } = this;
    const stop = () => void events.return(undefined).catch(onTrouble);
    over.signal.addEventListener('abort', stop);
    if (over.signal.aborted) stop();
    else
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        // Whoever stands in between must pass each event on as it comes.
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      });
    for await (const event of events) {
      if (over.signal.aborted) break;
      response.write(event);
      await this.room();
    }
    // What was never begun, or is not taken, cannot be ended in good order.
    if (!response.headersSent || response.writableNeedDrain) response.destroy();
    else response.end();
  }
}
