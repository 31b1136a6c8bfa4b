/** How the errors of `oauth4webapi` become failures of the provider. */
import * as oauth from 'oauth4webapi';
import { FailureKind, ProviderFailure } from '../provider-failure';

/** RFC 6749 section 4.1.2.1, and RFC 8628 section 3.5: errors that asking again later may mend. */
export const passing: readonly string[] = ['temporarily_unavailable', 'server_error', 'slow_down'];

/** Runs `work`; whatever the library finds wrong with an answer becomes a `ProviderFailure`. */
export async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isFinding =
      error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError;
    if (!isFinding) throw error;
    throw new ProviderFailure(FailureKind.BROKEN, 'The answer of the provider cannot be trusted or understood.');
  }
}
