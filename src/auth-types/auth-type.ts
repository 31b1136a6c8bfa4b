/** The contract of an auth type: a plain object that says all there is to know about one way to authenticate. */
import type { ClassType } from 'type-graphql';
import type { Problem } from '../errors';
import type { ProviderFlow } from './flow';
import type { FormField } from './form';
import type { SignableRequest } from './request';
import type { Credentials, Moment, Setup } from './setup';

/** Facts about the connector beside its configuration that a warning may depend on. */
export interface Surroundings {
  readonly scopeCount: number;
}

export interface AuthType<Config extends object = object, CredentialsInput extends object = object> {
  /** The value of the `AuthType` enum. */
  readonly name: string;
  readonly description: string;
  /** The field that stands for this type in the inputs `AuthConfigInput` and `CredentialsInput`. */
  readonly field: string;
  /** What is answered: the fields of the stored configuration, and a `SecretPresence` for each secret. */
  readonly Config: ClassType<object>;
  /** What is given: the fields of the stored configuration, and each secret as a string. */
  readonly ConfigInput: ClassType<object>;
  /** What is given to authorize a connection; absent where the person authorizes at the provider. */
  readonly CredentialsInput?: ClassType<CredentialsInput>;
  /** Fields of `Config` that are the same for every connector. */
  readonly fixed?: object;
  /** The fields of the configuration that are never answered. */
  readonly secretFields: readonly string[];
  /** The secret that `connectorRotateClientSecret` replaces. */
  readonly rotatableSecret?: string;
  /** The fields of the configuration that hold URLs, `{variable}`s allowed. */
  readonly urlFields: readonly (keyof Config & string)[];
  /** Further texts of the configuration in which `{variable}`s stand; paths begin inside it. */
  templates?(config: Config): readonly { readonly path: readonly string[]; readonly text: string }[];
  /** Where credentials may be sent when the connector names no hosts. */
  readonly defaultAllowedHosts?: readonly string[];
  /** Whether people are sent to the provider and back to the connector's redirect URI. */
  redirects?(config: Config): boolean;
  /** Rules about more than one field of the configuration; those of single fields stand at the fields. Paths begin inside the configuration. */
  check?(setup: Setup<Config>): Problem[];
  /** What is missing before the connector can be marked Ready. Paths begin inside the configuration. */
  missing(setup: Setup<Config>): Problem[];
  /** What may be left as it is but is probably not meant. */
  warnings?(setup: Setup<Config>, surroundings: Surroundings): Problem[];
  /** What a person is asked for. */
  form(config: Config): FormField[];
  /** What is wrong with what was given, seen against the configuration. Paths begin inside the input. */
  credentialProblems?(input: CredentialsInput, config: Config): Problem[];
  /** What is kept of what was given; only asked when there are no problems. */
  credentials?(input: CredentialsInput): Credentials;
  /** Stands in for credentials where a request is only shown: `***` for each secret. */
  maskedCredentials(config: Config, credentials: Credentials): Credentials;
  /** Applies the credentials. Pure. Throws `Refused` when this request cannot carry them. */
  sign(request: SignableRequest, setup: Setup<Config>, credentials: Credentials, moment: Moment): SignableRequest;
  /** How credentials are obtained from the provider; absent where people bring them along. */
  readonly flow?: ProviderFlow<Config>;
  /** Names of headers (in lower case) that signing sets, so that no caller sets them. */
  signedHeaders(config: Config): readonly string[];
}

export const MASK = '***';
