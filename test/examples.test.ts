/** The examples: they hold what the schema says, every root field has one, and all of them run, in order, against a real server. */
import { type GraphQLObjectType, Kind, validate } from 'graphql';
import { type IdStore, parseAnswer, withConnectorId } from '../playground/connector-id';
import { graphqlSchema } from '../src/schema';
import { type Example, examplesIn, isSubscription, runner, variablesBeside } from './support/examples';
import { type PeerApi, startPeerApi } from './support/peer-api';
import { startTestServer, type TestServer } from './support/server';

const story = examplesIn('story');
const operations = examplesIn('operations');
const titled = (examples: Example[]) =>
  examples.map((example) => [`${example.file} ${example.name}`, example] as const);

let server: TestServer;
let peer: PeerApi;

beforeEach(() => {
  peer.received.length = 0;
});
beforeAll(async () => {
  [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

/** Every `userErrors` anywhere in an answer. */
function userErrorsIn(data: unknown): unknown[] {
  const found: unknown[] = [];
  JSON.stringify(data, (name, value) => {
    if (name === 'userErrors') found.push(...value);
    return value;
  });
  return found;
}

// What needs a provider is played in test/flows; here it is only held against the schema.
const withProvider = examplesIn('provider');

test.each(titled([...story, ...operations, ...withProvider]))(
  '%s holds what the schema says',
  (_title, { document }) => {
    expect(validate(graphqlSchema(), document)).toEqual([]);
  },
);

test('every root field has an example', () => {
  const schema = graphqlSchema();
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()] as GraphQLObjectType[];
  const shown = new Set(
    [...operations, ...withProvider].flatMap(({ operation }) =>
      operation.selectionSet.selections.map((selection) => selection.kind === Kind.FIELD && selection.name.value),
    ),
  );
  const missing = roots.flatMap((root) =>
    Object.keys(root.getFields())
      .filter((field) => !shown.has(field))
      .map((field) => `${root.name}.${field}`),
  );
  expect(missing).toEqual([]);
});

describe('the story of the playground', () => {
  // What the playground keeps in the browser's storage, so that step 3 knows the connector of step 2.
  const kept = new Map<string, string>();
  const store: IdStore = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
  const answers: Record<string, Awaited<ReturnType<ReturnType<typeof runner>['run']>>> = {};
  const tell = () => runner(server, { 'postman-echo.com': peer.host });
  const runStep = async (step: Example) => {
    const variables = withConnectorId(JSON.parse(variablesBeside(step)), store);
    return parseAnswer(JSON.stringify(await tell().run(step, JSON.stringify(variables))), store);
  };

  test.each(titled(story.filter((step) => !isSubscription(step))))('%s goes well', async (_title, step) => {
    // As postman-echo.com/basic-auth answers: its user is postman with the password "password".
    peer.answer(({ headers }, response) => {
      const isRight = headers.authorization === 'Basic cG9zdG1hbjpwYXNzd29yZA==';
      response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json' });
      response.end(isRight ? '{"authenticated":true}' : 'Unauthorized');
    });
    const data = await runStep(step);
    expect(userErrorsIn(data)).toEqual([]);
    answers[step.name] = data;
  });

  test('it ends with an answer of the API, and a connection that is well', () => {
    const { Configure, MarkReady, Authorize, Invoke } = answers;
    expect(Configure.connectorSetAuthConfig.connector.readiness).toEqual({ ready: true, missing: [] });
    expect(MarkReady.connectorMarkReady.connector.stage).toBe('READY');
    expect(Authorize.connectionAuthorize.connection.status).toBe('CONNECTED');
    expect(Invoke.invokeUrl.response).toMatchObject({ status: 200, json: { authenticated: true } });
  });

  test('the last step sees step 6 happen', async () => {
    const [watch] = story.filter(isSubscription) as [Example];
    const authorize = story.find(({ name }) => name === 'Authorize') as Example;
    const { data, errors } = await tell().firstEvent(watch, () => runStep(authorize));
    expect(errors).toBeUndefined();
    expect(data.connectionEvents).toMatchObject({
      kind: 'AUTHORIZED',
      connection: { linkName: 'my_postman_echo', status: 'CONNECTED' },
    });
  });
});

describe('the example operations, one after the other', () => {
  const calls: Record<string, (received: PeerApi['received'][number]) => void> = {
    CallWeather: ({ method, target, headers }) => {
      expect(`${method} ${target}`).toBe(
        'GET /data/2.5/weather?q=Z%C3%BCrich%2CCH&appid=0123456789abcdef0123456789abcdef',
      );
      expect(headers.accept).toBe('application/json');
    },
    SendJson: ({ body }) => {
      expect(JSON.parse(`${body}`)).toEqual({
        external_id: 'roof',
        name: 'On the roof',
        latitude: 47.37,
        longitude: 8.54,
      });
    },
    SendFile: ({ headers, body }) => {
      expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
      expect(`${body}`).toContain('filename="today.csv"\r\nContent-Type: text/csv\r\n\r\n12:00,21.5\n\r\n');
    },
  };
  let tell: ReturnType<typeof runner>;
  beforeAll(() => {
    tell = runner(server, { 'api.openweathermap.org': peer.host });
    peer.answer((_received, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });

  test.each(titled(operations))('%s goes well', async (_title, example) => {
    if (isSubscription(example)) {
      const authorize = operations.find(({ name }) => name === 'AuthorizeConnection') as Example;
      const { data, errors } = await tell.firstEvent(example, () => tell.run(authorize));
      expect(errors).toBeUndefined();
      expect(Object.values(data)).toEqual([expect.objectContaining({ id: expect.any(String) })]);
      return;
    }
    const data = await tell.run(example);
    expect(userErrorsIn(data)).toEqual([]);
    expect(Object.values(data)).not.toContain(null);
    expect(peer.received).toHaveLength(calls[example.name] ? 1 : 0);
    for (const received of peer.received) calls[example.name]?.(received);
  });

  test('leave nothing behind but the connectors in use', async () => {
    const { data } = await server.ask('{ connections { nodes { linkName } } connectors { nodes { linkName } } }');
    expect(data).toEqual({
      connections: { nodes: [{ linkName: 'my_postman_echo' }] },
      connectors: { nodes: [{ linkName: 'postman_echo' }, { linkName: 'open_weather' }] },
    });
  });
});
