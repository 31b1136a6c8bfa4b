/** The parts of a journey: what a person is shown, where they stand after a step, and how a browser is known again. */
import { hashOf } from '../access/secret';
import type { AuthorizationFlow } from './flow';

/** What the start page shows. */
export interface Invitation {
  readonly flowId: string;
  readonly connectorName: string;
  readonly connectionName: string;
  readonly requestedBy: string;
  readonly userId: string | null;
  /** What is asked for: in words for people, and as the provider is told. */
  readonly scopes: readonly { readonly name: string; readonly value: string }[];
  readonly providerHost: string;
}

/** Where a journey stands after a step. */
export type Stop =
  | { readonly at: 'provider'; readonly url: string }
  | { readonly at: 'application'; readonly url: string }
  | { readonly at: 'end'; readonly flow: AuthorizationFlow };

/** A link or a state that stands for nothing (any more); the message is for the person. */
export class DeadEnd extends Error {}

/** The secret of a browser for a flow, by the id of the flow; from its cookie. */
export type BrowserSecret = (flowId: string) => string | undefined;

/** Whether `secret` is the one that `hash` is of. Hashes may be compared plainly: nobody can choose how theirs begins. */
export const isSame = (secret: string | undefined, hash: string | null): boolean =>
  secret !== undefined && hash !== null && hashOf(secret) === hash;

/** `returnTo` with what the application needs; its own query stays as it is. */
export function returning(
  returnTo: string,
  { flow, status, token }: { flow: string; status: string; token?: string },
): string {
  const query = new URLSearchParams({
    authorizationFlowId: flow,
    authorizationFlowStatus: status,
    ...(token !== undefined && { confirmationToken: token }),
  });
  return `${returnTo}${returnTo.includes('?') ? '&' : '?'}${query}`;
}
