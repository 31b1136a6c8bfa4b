/** Execution that is counted and traced, and subscriptions that are counted as long as they last. */
import { type ExecutionArgs, type ExecutionResult, getOperationAST, type OperationDefinitionNode } from 'graphql';
import { isOurFault } from './masking';
import type { TransportOptions } from './transport';

type Operations = TransportOptions['operations'];

/** Runs one operation; `errorsOf`: the errors in its result, as they were thrown. */
export function observed<T>(
  operations: Operations,
  { operation, name }: OperationDefinitionNode,
  run: () => Promise<T>,
  errorsOf: (result: T) => readonly unknown[] | undefined,
): Promise<T> {
  return operations.operation({ type: operation, name: name?.value }, run, (result) => {
    const errors = errorsOf(result) ?? [];
    if (errors.length === 0) return 'ok';
    return errors.some(isOurFault) ? 'internal' : 'refused';
  });
}

type Streamed = AsyncGenerator<ExecutionResult, void, void>;

/** `run` (execute or subscribe) with every operation observed. */
export function observedExecution<T extends ExecutionResult | Streamed>(
  operations: Operations,
  run: (args: ExecutionArgs) => Promise<T>,
): (args: ExecutionArgs) => Promise<T> {
  return async (args) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return run(args);
    const result = await observed(
      operations,
      operation,
      () => run(args),
      (given) => ('errors' in given ? given.errors : undefined),
    );
    return Symbol.asyncIterator in result ? (counted(result, operations) as T) : result;
  };
}

/** The same events; whichever way the stream ends, it is told once. */
function counted(stream: Streamed, operations: Operations): Streamed {
  const ended = operations.metrics.subscriptionBegan();
  async function last<R>(step: Promise<R>): Promise<R> {
    try {
      return await step;
    } finally {
      ended();
    }
  }
  return {
    async next() {
      const result = await stream.next().catch((error: unknown) => {
        ended();
        throw error;
      });
      if (result.done) ended();
      return result;
    },
    return: (value) => last(stream.return(value)),
    throw: (error) => last(stream.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    // What TypeScript wants besides depends on which types are installed; nobody asks for it.
  } as Streamed;
}
