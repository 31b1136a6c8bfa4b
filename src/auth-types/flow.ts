/** The part of an auth type's contract that talks to a provider: how credentials are obtained, renewed and given back. */
import type { Variables } from '../rules/template';
import type { Credentials, Moment, Setup } from './setup';

export interface ProviderRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** What an auth type works with when it talks to the provider of one connection. */
export interface Dealings<Config = object> {
  /** With the variables of its URLs filled in. */
  readonly setup: Setup<Config>;
  readonly variables: Variables;
  /** Those values of variables that are secret, to be kept out of the provider's words. */
  readonly hidden?: readonly (string | undefined)[];
  /** The values of the scopes to ask for. */
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly moment: Moment;
  /** The one door out. Throws `ProviderFailure` of the kind UNAVAILABLE when there is no answer. */
  readonly send: (request: ProviderRequest) => Promise<ProviderAnswer>;
}

/** What a provider gave. */
export interface Obtained {
  readonly credentials: Credentials;
  /** `null`: the provider did not say, so that what was asked for counts as granted. */
  readonly grantedScopes: readonly string[] | null;
  readonly expiresAt: Date | null;
  /** Whether `expiresAt` is the connector's guess, because the provider does not say. */
  readonly isExpiryAssumed?: boolean;
  /** Whether the credentials can be renewed without a person. */
  readonly isRefreshable: boolean;
}

/** What has to be remembered between sending a person to the provider and their return; kept encrypted. */
export type Memory = Readonly<Record<string, string>>;

/** Every function throws `ProviderFailure` when the provider does not play along. */
export interface ProviderFlow<Config extends object = object> {
  /** Where to send the person. `state` has to come back with them. */
  begin?(dealings: Dealings<Config>, state: string): Promise<{ authorizationUrl: string; memory: Memory }>;
  /** From the query the person came back with to credentials. */
  complete?(dealings: Dealings<Config>, memory: Memory, query: URLSearchParams): Promise<Obtained>;
  /** Obtains credentials without a person. */
  obtain?(dealings: Dealings<Config>): Promise<Obtained>;
  /** Renews credentials; what the provider leaves out of its answer stays as it was. */
  refresh?(dealings: Dealings<Config>, credentials: Credentials): Promise<Obtained>;
  /** Gives credentials back. Resolves to `null` when the provider has no place for that. */
  revoke?(dealings: Dealings<Config>, credentials: Credentials): Promise<boolean | null>;
}
