/** Execution that never rejects. */
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { asGraphQLError } from './masking';

/** graphql-js rejects for some faults of a resolver; as a result they are masked like all others. */
export function guarded<T>(run: (args: ExecutionArgs) => T | Promise<T>) {
  return async (args: ExecutionArgs): Promise<T | ExecutionResult> => {
    try {
      return await run(args);
    } catch (thrown) {
      return { errors: [asGraphQLError(thrown)] };
    }
  };
}
