/** Everything that can be asked of connectors and scopes, with whole answers, for the tests that are about them. */
import { refusals as refusalsInOrder } from './refusals';
import { type Answer, type Ask, dataOf } from './server';

export interface UserError {
  readonly __typename: string;
  readonly code: string;
  readonly path: readonly string[];
  readonly message: string;
}

export interface Payload {
  readonly userErrors: readonly UserError[];
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
  readonly [result: string]: any;
}

const userErrors = `userErrors {
  __typename code path message
  ... on StageError { stage requiredStage }
  ... on LimitError { limit actual }
}`;

const presence = '{ isSet lastFour updatedAt }';

/** Every field of a connector. */
export const wholeConnector = `
  __typename id name linkName description stage authType allowedHosts redirectUri connectionCount createdAt updatedAt
  authConfig {
    __typename
    ... on BasicAuthConfig { username { name key } password { name key } }
    ... on ApiKeyAuthConfig { parameters { name key location prefix } }
    ... on OAuth1AuthConfig {
      consumerKey consumerSecret ${presence} requestTokenUrl authorizationUrl tokenUrl revokeTokenUrl signatureMethod
    }
    ... on OAuth2AuthConfig {
      grantType clientId clientSecret ${presence} clientAuthentication authorizationUrl tokenUrl refreshTokenUrl
      revokeTokenUrl bearerName expiryTime scopeDelimiter
      authorizationParameters { name value } tokenParameters { name value }
    }
    ... on BearerTokenAuthConfig { parameterName parameterKey parameterLocation tokenPrefix }
    ... on AwsAuthConfig { serviceName region }
  }
  connectionFields { name label secret required pattern help }
  readiness { ready missing { __typename code path message } warnings { code path message } }
  authorizationForm { fields { key label kind secret required pattern help inputPath } }
  scopes(first: 100) { nodes { id name value } totalCount }
  logo { url mediaType width height byteSize }`;

/** The mutations of connectors and scopes: their arguments, and what they answer beside `userErrors`. */
const mutations = {
  connectorCreate: ['input: ConnectorCreateInput!', `connector { ${wholeConnector} }`],
  connectorUpdate: ['id: ID!, input: ConnectorUpdateInput!', `connector { ${wholeConnector} }`],
  connectorSetAuthConfig: [
    'id: ID!, authConfig: AuthConfigInput!, discardExisting: Boolean',
    `connector { ${wholeConnector} }`,
  ],
  connectorMarkReady: ['id: ID!', `connector { ${wholeConnector} }`],
  connectorRotateClientSecret: ['id: ID!, secret: String!', `connector { ${wholeConnector} }`],
  connectorSetLogo: ['id: ID!, imageBase64: String!', `connector { ${wholeConnector} }`],
  connectorClone: ['id: ID!, input: ConnectorCloneInput!', `connector { ${wholeConnector} }`],
  connectorDelete: ['id: ID!', 'deletedId'],
  scopesAdd: ['connectorId: ID!, scopes: [ScopeInput!]!', 'scopes { id name value }'],
  scopeUpdate: ['id: ID!, input: ScopeUpdateInput!', 'scope { id name value }'],
  scopesDelete: ['ids: [ID!]!', 'deletedIds'],
} as const;

export type Mutation = keyof typeof mutations;

/** The document of a mutation with a variable for each argument. */
export function documentOf(mutation: Mutation): string {
  const [parameters, result] = mutations[mutation];
  const declared = parameters.replace(/(\w+):/g, '$$$1:');
  const passed = parameters.replace(/(\w+): [^,]+/g, '$1: $$$1');
  return `mutation (${declared}) { ${mutation}(${passed}) { ${result} ${userErrors} } }`;
}

/** Runs a mutation; gives its payload, refused or not. */
export async function run(ask: Ask, mutation: Mutation, variables: object): Promise<Payload> {
  return (await dataOf(ask(documentOf(mutation), variables)))[mutation];
}

/** Runs a mutation that must not be refused; gives its payload. */
export async function done(ask: Ask, mutation: Mutation, variables: object): Promise<Payload> {
  const payload = await run(ask, mutation, variables);
  if (payload.userErrors.length > 0) throw new Error(`${mutation} was refused: ${JSON.stringify(payload.userErrors)}`);
  return payload;
}

/** A connector with every field, by its id; `null` when there is none. */
export async function connectorOf(ask: Ask, id: string) {
  const query = `query ($id: ID!) { connector(by: { id: $id }) { ${wholeConnector} } }`;
  return (await dataOf(ask(query, { id }))).connector;
}

/** What was refused, as `Type CODE path.into.the.input`, in alphabetical order. */
export const refusals = (payload: Payload): string[] => refusalsInOrder(payload).sort();

/** Whether an operation was refused before anything was done, as a mistake of its input and nothing else. */
export async function badUserInput(answer: Promise<Answer>): Promise<boolean> {
  const { data, errors = [] } = await answer;
  return !data && errors.length > 0 && errors.every(({ extensions }) => extensions.code === 'BAD_USER_INPUT');
}

let count = 0;
/** A name that no other test of the file uses. */
export const freshName = (): string => {
  count += 1;
  return `Connector ${count}`;
};

/** Makes a connector with a fresh name; gives its id. */
export async function draft(ask: Ask, input: object = {}): Promise<string> {
  return (await done(ask, 'connectorCreate', { input: { name: freshName(), ...input } })).connector.id;
}

/** Complete configurations, one for each auth type (for OAuth 2 one for each grant type). */
export const complete = {
  basic: { basic: { username: { name: 'User', key: 'user' }, password: { name: 'Password', key: 'password' } } },
  apiKey: { apiKey: { parameters: [{ name: 'Key', key: 'X-Api-Key', location: 'HEADER' }] } },
  oauth1: {
    oauth1: {
      consumerKey: 'consumer-key',
      consumerSecret: 'consumer-secret-0001',
      requestTokenUrl: 'https://provider.example/request',
      authorizationUrl: 'https://provider.example/authorize',
      tokenUrl: 'https://provider.example/token',
    },
  },
  oauth2: {
    oauth2: {
      grantType: 'AUTHORIZATION_CODE',
      clientId: 'client-id',
      clientSecret: 'client-secret-0001',
      authorizationUrl: 'https://provider.example/authorize',
      tokenUrl: 'https://provider.example/token',
    },
  },
  pkce: {
    oauth2: {
      grantType: 'AUTHORIZATION_CODE_WITH_PKCE',
      clientId: 'client-id',
      authorizationUrl: 'https://provider.example/authorize',
      tokenUrl: 'https://provider.example/token',
    },
  },
  clientCredentials: {
    oauth2: {
      grantType: 'CLIENT_CREDENTIALS',
      clientId: 'client-id',
      clientSecret: 'client-secret-0002',
      tokenUrl: 'https://provider.example/token',
    },
  },
  bearerToken: { bearerToken: {} },
  aws: { aws: { serviceName: 'execute-api', region: 'eu-west-1' } },
} as const;

/** Makes a connector with a configuration; gives its id. */
export async function configured(ask: Ask, authConfig: object, input: object = {}): Promise<string> {
  const id = await draft(ask, input);
  await done(ask, 'connectorSetAuthConfig', { id, authConfig });
  return id;
}

/** Makes a connector that is READY; gives its id. */
export async function ready(ask: Ask, authConfig: object = complete.basic, input: object = {}): Promise<string> {
  const id = await configured(ask, authConfig, input);
  await done(ask, 'connectorMarkReady', { id });
  return id;
}
