/** Operations on sockets, counted while they run: a result gives back what was held when it is there, a stream when it ends. */
import { type ExecutionArgs, type ExecutionResult, execute, subscribe } from 'graphql';
import type { Release } from '../access/tally';
import { guarded } from './guarded';
import type { RequestContext } from './transport';

type Stream = AsyncGenerator<ExecutionResult, void, void>;

export class Running {
  private readonly held = new WeakMap<RequestContext, { readonly operation: Release; readonly stream: Release }>();

  /** What the operation of `context` holds while it runs, and its stream beyond that while it is open. */
  begin(context: RequestContext, operation: Release, stream: Release): void {
    this.held.set(context, { operation, stream });
  }

  /** `execute` of graphql-js, never rejecting. */
  readonly execute = async (args: ExecutionArgs) => {
    const held = this.held.get(args.contextValue as RequestContext);
    try {
      return await guarded(execute)(args);
    } finally {
      held?.operation();
    }
  };

  /** `subscribe` of graphql-js, never rejecting. */
  readonly subscribe = async (args: ExecutionArgs) => {
    const held = this.held.get(args.contextValue as RequestContext);
    const result = await guarded(subscribe)(args);
    held?.operation();
    if (Symbol.asyncIterator in result) return releasing(result, held?.stream ?? (() => undefined));
    held?.stream();
    return result;
  };
}

/** `source`, with `release` called when it has ended, from whichever side. */
function releasing(source: Stream, release: Release): Stream {
  const watched = async (step: Promise<IteratorResult<ExecutionResult, void>>) => {
    try {
      const result = await step;
      if (result.done) release();
      return result;
    } catch (error) {
      release();
      throw error;
    }
  };
  return {
    next: () => watched(source.next()),
    return: () => {
      release();
      return source.return();
    },
    throw: (error) => {
      release();
      return source.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    // What TypeScript wants besides depends on which types are installed; nobody asks for it.
  } as Stream;
}
