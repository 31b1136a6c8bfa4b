/** A server under attack at its door: what it may call is the honest face alone, and names lead where the test says. */
import { startUnsweptServer } from '../../flows/grants';
import { Person } from '../../peers/person';
import { invoke, refusals } from '../../support/invoke';
import { authorizing, flowOf, newConnection, oauthConnector } from '../../support/oauth';
import type { Ask, TestServer } from '../../support/server';
import { authorize, staticConfigs, staticCredentials } from '../../support/story';
import { type HonestProvider, honestProvider } from '../honest-provider';
import { HONEST, startTwoFaced, type TwoFaced } from '../two-faced';
import { loopbackName } from './spellings';

export interface World extends TwoFaced {
  readonly server: TestServer;
  readonly ask: Ask;
  readonly provider: HonestProvider;
  /** What names lead to, each time they are looked up; of names that are not here: nothing. */
  readonly names: Map<string, () => readonly string[]>;
}

export async function startWorld(): Promise<World> {
  const provider = honestProvider();
  const faces = await startTwoFaced(provider.server);
  const names = new Map<string, () => readonly string[]>();
  const resolve = async (name: string) => {
    const usual = loopbackName.test(name) ? () => ['127.0.0.1', '::1'] : () => [];
    return (names.get(name) ?? usual)().map((address) => ({ address }));
  };
  const server = await startUnsweptServer({ env: { OUTBOUND_ALLOW: HONEST }, resolve });
  faces.know(server.url);
  return {
    ...faces,
    server,
    ask: server.ask,
    provider,
    names,
    async close() {
      await server.remove();
      await faces.close();
    },
  };
}

/** A way out: what sends a request to a URL of the connector. */
export interface Way {
  readonly name: string;
  /** The configuration in which `url` is what this way asks; the rest is honest. */
  config(origin: string, url: string): object;
  /** Brings a connection so far that this way can be gone. */
  prepare(world: World, connection: string): Promise<void>;
  /** Goes it; gives what the caller is told of its failure, in one line; empty: nothing. */
  go(world: World, connection: string): Promise<string>;
  /** What the honest provider is asked at. */
  readonly path: string;
}

const oauth2 = (origin: string, more: object) => ({
  oauth2: {
    grantType: 'AUTHORIZATION_CODE',
    clientId: 'client',
    clientSecret: 'secret',
    authorizationUrl: `${origin}/authorize`,
    tokenUrl: `${origin}/token`,
    ...more,
  },
});

const nothing = async () => undefined;

/** A person follows the link to the end; gives how the flow ended. */
async function byPerson({ ask }: World, connection: string): Promise<string> {
  const { data } = await sound(authorizing(ask, connection));
  const { flow, userErrors } = data.connectionAuthorize;
  if (!flow) return told(userErrors);
  const person = new Person();
  const page = await person.press(await person.visit(flow.authorizationUrl));
  if (page.status >= 500 && page.status !== 502) throw new Error(`The page answered ${page.status}`);
  const { status, error } = await flowOf(ask, flow.id);
  return status === 'AUTHORIZED' ? '' : `${status} ${error?.code ?? ''} ${error?.message ?? ''}`.trim();
}

async function authorized(world: World, connection: string): Promise<void> {
  const problem = await byPerson(world, connection);
  if (problem) throw new Error(`It could not be authorized: ${problem}`);
}

/** An answer with status 200 and without top-level errors. */
// biome-ignore lint/suspicious/noExplicitAny: what was asked for.
async function sound(asked: ReturnType<Ask>): Promise<{ data: any }> {
  const { status, data, errors } = await asked;
  if (status !== 200 || errors) throw new Error(`The server answered ${status} ${JSON.stringify(errors)}`);
  return { data };
}

const told = (errors: readonly { code: string; message: string }[]) =>
  errors.map(({ code, message }) => `${code} ${message}`).join(' ');

const USER_ERRORS = 'userErrors { code message }';

export const ways: readonly Way[] = [
  {
    name: 'token',
    path: '/token',
    config: (_origin, tokenUrl) => ({
      oauth2: { grantType: 'CLIENT_CREDENTIALS', clientId: 'client', clientSecret: 'secret', tokenUrl },
    }),
    prepare: nothing,
    async go({ ask }, connection) {
      const { data } = await sound(authorizing(ask, connection));
      const { flow, userErrors } = data.connectionAuthorize;
      return told([...userErrors, ...(flow?.error ? [flow.error] : [])]);
    },
  },
  {
    name: 'refresh',
    path: '/refresh',
    config: (origin, refreshTokenUrl) => oauth2(origin, { refreshTokenUrl }),
    prepare: authorized,
    async go({ ask }, id) {
      const { data } = await sound(
        ask(`mutation ($id: ID!) { connectionRefresh(id: $id) { ${USER_ERRORS} } }`, { id }),
      );
      return told(data.connectionRefresh.userErrors);
    },
  },
  {
    name: 'revoke',
    path: '/revoke',
    config: (origin, revokeTokenUrl) => oauth2(origin, { revokeTokenUrl }),
    prepare: authorized,
    async go({ ask }, id) {
      const query = `mutation ($id: ID!) { connectionRevoke(id: $id) { remoteRevoked ${USER_ERRORS} } }`;
      const { remoteRevoked, userErrors } = (await sound(ask(query, { id }))).data.connectionRevoke;
      return remoteRevoked === false ? 'The provider did not agree.' : told(userErrors);
    },
  },
  {
    name: 'request token',
    path: '/initiate',
    config: (origin, requestTokenUrl) => ({
      oauth1: {
        consumerKey: 'consumer',
        consumerSecret: 'secret',
        requestTokenUrl,
        authorizationUrl: `${origin}/authorize`,
        tokenUrl: `${origin}/access`,
      },
    }),
    prepare: nothing,
    go: byPerson,
  },
];

let count = 0;

/** A connector that is READY, in which `way` asks `url`; its connection, ready to go. `fields` are filled in by `values`. */
export async function wayTo(world: World, way: Way, url: string, variables: Record<string, string> = {}) {
  const connectionFields = Object.keys(variables).map((name) => ({ name, label: name }));
  const input = { name: `Way ${++count}`, allowedHosts: [], connectionFields };
  return oauthConnector(world.ask, input, way.config(world.origin, url));
}

/** A connection with these values, ready to go. */
export async function connectionOn(
  world: World,
  way: Way,
  connector: Awaited<ReturnType<typeof wayTo>>,
  variables: Record<string, string> = {},
): Promise<string> {
  const values = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const connection = await newConnection(world.ask, connector, { variables: values });
  await way.prepare(world, connection);
  return connection;
}

/** A connector for invokeUrl, whose allowed hosts can be set as often as it takes. */
export interface Caller {
  allow(hosts: readonly string[]): Promise<void>;
  /** Calls; gives what the caller is told, in one line, or the status of the answer. */
  call(url: string): Promise<string>;
}

export async function startCaller(world: World): Promise<Caller> {
  const connector = await oauthConnector(
    world.ask,
    { name: `Caller ${++count}`, allowedHosts: [] },
    staticConfigs.bearerToken,
  );
  const connection = await newConnection(world.ask, connector);
  await authorize(world.ask, connection, staticCredentials.bearerToken);
  return {
    async allow(allowedHosts) {
      const query = `mutation ($id: ID!, $input: ConnectorUpdateInput!) {
        connectorUpdate(id: $id, input: $input) { ${USER_ERRORS} }
      }`;
      const { data } = await sound(world.ask(query, { id: connector.id, input: { allowedHosts } }));
      if (data.connectorUpdate.userErrors.length > 0) throw new Error(told(data.connectorUpdate.userErrors));
    },
    async call(url) {
      const answer = await invoke(world.ask, connection, { url });
      if (answer.response) return `${answer.response.status}`;
      return refusals(answer)
        .map(([code]) => code)
        .join(' ');
    },
  };
}
