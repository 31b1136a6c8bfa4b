/** What a key may have open at once: sockets, subscriptions on all transports together; and what a socket may have under way. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { maxOperationsAtOnce } from '../../../src/http/graphql-ws';
import { serveWs } from '../../http/serve';
import { GOOD, Toy } from '../../http/toy';
import { createKey, createSessionToken } from '../../support/keys';
import { startTestServer, type TestServer } from '../../support/server';
import { subscriptionBegun } from '../../support/sockets';
import { createConnection, readyConnector, staticConfigs } from '../../support/story';
import { expectNone } from '../../support/trust';
import { answerOn, CHAPTER, EVENTS_TYPE, openSocket, post, type Told, toldBy } from './ways';

const SUBSCRIPTIONS = 20;
const SOCKETS = 20;
const query = 'subscription { connectionEvents { kind } }';

let server: TestServer;
const different: string[] = [];
let tried = 0;

beforeAll(async () => {
  server = await startTestServer({
    env: { SUBSCRIPTION_LIMIT: `${SUBSCRIPTIONS}`, SOCKET_LIMIT: `${SOCKETS}` },
  });
});
afterAll(async () => {
  await server.remove();
});

const freshKey = async () => (await createKey(server.ask, 'ADMIN')).secret;

/** A subscription that is open, or how it was refused. */
interface Held {
  readonly refused: Told | undefined;
  /** Ends it, and resolves when the server has let go of it. */
  end(): Promise<unknown>;
}

const answers = new Set<Response>();

async function watchBySse(secret: string): Promise<Held> {
  const leaving = new AbortController();
  const response = await post(server, secret, { query }, EVENTS_TYPE, leaving.signal);
  if (response.status !== 200) return { refused: await toldBy(response), end: async () => undefined };
  // An answer that nobody refers to is cancelled by `fetch`.
  answers.add(response);
  return {
    refused: undefined,
    end: async () => {
      answers.delete(response);
      leaving.abort();
    },
  };
}

type Socket = Awaited<ReturnType<typeof openSocket>>;
let operations = 0;

async function watchOn({ socket, closed }: Socket): Promise<Held> {
  const id = `${++operations}`;
  const begun = subscriptionBegun().then(() => undefined);
  const answer = answerOn(socket, closed, id);
  socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query } }));
  const refused = await Promise.race([begun, answer]);
  return { refused, end: async () => socket.send(JSON.stringify({ type: 'complete', id })) };
}

async function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let turn = 0; turn < count; turn++) made.push(await make());
  return made;
}

/** Tries until the server has noticed that something ended. */
async function eventually(make: () => Promise<Held>): Promise<Held> {
  for (;;) {
    const held = await make();
    if (!held.refused) return held;
    await new Promise(setImmediate);
  }
}

const tooMany = {
  codes: ['RATE_LIMITED'],
  messages: ['This key has as many subscriptions open as it may (SUBSCRIPTION_LIMIT): end some first.'],
};

describe('subscriptions of a key', () => {
  test('are limited over SSE: the next one is answered 429, until one has ended', async () => {
    const [key, other] = [await freshKey(), await freshKey()];
    const open = await many(SUBSCRIPTIONS, () => watchBySse(key));
    expect(open.flatMap(({ refused }) => refused ?? [])).toEqual([]);
    const next = await watchBySse(key);
    tried += 1;
    if (next.refused?.status !== 429) different.push('subscriptions over SSE');
    expect(next.refused).toMatchObject({ ...tooMany, status: 429 });
    const neighbour = await watchBySse(other);
    expect(neighbour.refused).toBeUndefined();
    await open[0]?.end();
    const again = await eventually(() => watchBySse(key));
    await Promise.all([...open, again, neighbour].map(({ end }) => end()));
  });

  test('are limited over sockets, one or several: the operation is refused, until another has ended', async () => {
    const key = await freshKey();
    const [one, two] = [await openSocket(server, key), await openSocket(server, key)];
    const open = [
      ...(await many(SUBSCRIPTIONS / 2, () => watchOn(one))),
      ...(await many(SUBSCRIPTIONS / 2, () => watchOn(two))),
    ];
    expect(open.flatMap(({ refused }) => refused ?? [])).toEqual([]);
    const next = await watchOn(one);
    tried += 1;
    if (next.refused?.codes[0] !== 'RATE_LIMITED') different.push('subscriptions over WebSocket');
    expect(next.refused).toMatchObject(tooMany);
    expect(one.socket.readyState).toBe(WebSocket.OPEN);
    await open[0]?.end();
    await eventually(() => watchOn(one));
    // All of a socket end with it.
    two.socket.terminate();
    await many(SUBSCRIPTIONS / 2, () => eventually(() => watchOn(one)));
    expect((await watchOn(one)).refused).toMatchObject(tooMany);
    one.socket.terminate();
    await one.closed;
  });

  test('are counted over all transports together', async () => {
    const key = await freshKey();
    const socket = await openSocket(server, key);
    const open = [
      ...(await many(SUBSCRIPTIONS / 2, () => watchOn(socket))),
      ...(await many(SUBSCRIPTIONS / 2, () => watchBySse(key))),
    ];
    expect(open.flatMap(({ refused }) => refused ?? [])).toEqual([]);
    expect((await watchBySse(key)).refused).toMatchObject(tooMany);
    expect((await watchOn(socket)).refused).toMatchObject(tooMany);
    socket.socket.terminate();
    await Promise.all(open.slice(SUBSCRIPTIONS / 2).map(({ end }) => end()));
  });

  test('that could not begin are not counted', async () => {
    const key = await freshKey();
    const failing = { query: 'subscription { connectionEvents(filter: { connectionId: "none" }) { kind } }' };
    const refusals = await many(SUBSCRIPTIONS + 1, async () => toldBy(await post(server, key, failing, EVENTS_TYPE)));
    const { socket, closed } = await openSocket(server, key);
    for (let turn = 0; turn <= SUBSCRIPTIONS; turn++) {
      const answer = answerOn(socket, closed, `failing ${turn}`);
      socket.send(JSON.stringify({ type: 'subscribe', id: `failing ${turn}`, payload: failing }));
      refusals.push(await answer);
    }
    expect(new Set(refusals.flatMap(({ codes }) => codes))).toEqual(new Set(['BAD_USER_INPUT']));
    socket.terminate();
    const held = await watchBySse(key);
    expect(held.refused).toBeUndefined();
    await held.end();
  });

  test('made with a session token are a tenth of them at most', async () => {
    const key = await freshKey();
    const ask = server.askAs(key);
    const connector = await readyConnector(ask, { name: 'Basics' }, staticConfigs.basic);
    const connection = await createConnection(ask, { connector: { id: connector }, name: 'Shared' });
    const token = await createSessionToken(ask, connection);
    const open = await many(SUBSCRIPTIONS / 10, () => watchBySse(token));
    expect(open.flatMap(({ refused }) => refused ?? [])).toEqual([]);
    expect((await watchBySse(token)).refused).toMatchObject({ status: 429 });
    const ofKey = await many(SUBSCRIPTIONS - SUBSCRIPTIONS / 10, () => watchBySse(key));
    expect(ofKey.flatMap(({ refused }) => refused ?? [])).toEqual([]);
    expect((await watchBySse(key)).refused).toMatchObject({ status: 429 });
    await Promise.all([...open, ...ofKey].map(({ end }) => end()));
  });
});

describe('sockets of a key', () => {
  test('are limited: the next one is closed, until another is, and other keys open theirs', async () => {
    const [key, other] = [await freshKey(), await freshKey()];
    const open = await many(SOCKETS, () => openSocket(server, key));
    expect(open.flatMap(({ refused }) => refused ?? [])).toEqual([]);
    const { refused } = await openSocket(server, key);
    tried += 1;
    if (refused?.[0] !== 1013) different.push('sockets');
    expect(refused).toEqual([1013, 'This key has as many sockets open as it may (SOCKET_LIMIT)']);
    const neighbour = await openSocket(server, other);
    expect(neighbour.refused).toBeUndefined();
    open[0]?.socket.close();
    await open[0]?.closed;
    const again = await openSocket(server, key);
    expect(again.refused).toBeUndefined();
    for (const { socket } of [...open, neighbour, again]) socket.terminate();
  });
});

describe('a socket', () => {
  test(`has at most ${maxOperationsAtOnce} operations under way, until one has ended`, async () => {
    const toy = new Toy();
    const served = await serveWs(toy);
    const { socket, closed } = await openSocket(
      { url: served.wsUrl.replace('/graphql', '') } as TestServer,
      GOOD.slice(7),
    );
    const run = (id: string, operation: string) => {
      const answer = answerOn(socket, closed, id);
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query: operation } }));
      return answer;
    };
    const slow = Array.from({ length: maxOperationsAtOnce }, (_, index) => run(`${index}`, '{ slow }'));
    const next = await run('next', '{ hello }');
    tried += 1;
    if (next.codes[0] !== 'RATE_LIMITED') different.push('operations at once');
    expect(next).toMatchObject({
      codes: ['RATE_LIMITED'],
      messages: ['A socket may have at most 100 operations under way at once.'],
    });
    toy.gate.resolve();
    expect((await Promise.all(slow)).map(({ data }) => data)).toEqual(slow.map(() => ({ slow: 'at last' })));
    expect((await run('later', '{ hello }')).data).toEqual({ hello: 'world' });
    // Documents that do not hold, and subscriptions that are open, are not under way.
    for (let turn = 0; turn <= maxOperationsAtOnce; turn++) await run(`wrong ${turn}`, '{ nothing }');
    for (let turn = 0; turn <= maxOperationsAtOnce; turn++) await run(`held ${turn}`, 'subscription { held }');
    expect((await run('last', '{ hello }')).data).toEqual({ hello: 'world' });
    socket.terminate();
    await served.close();
  });

  test('that says nothing is one of so many of its address at most', async () => {
    const toy = new Toy();
    const served = await serveWs(toy, { silentSockets: 10 });
    const open = () => new WebSocket(served.wsUrl, 'graphql-transport-ws');
    const silent = await many(10, async () => {
      const socket = open();
      await once(socket, 'open');
      return socket;
    });
    const refused = open();
    refused.on('error', () => undefined);
    const [, response] = await once(refused, 'unexpected-response');
    tried += 1;
    if (response.statusCode !== 429) different.push('silent sockets');
    expect(response.statusCode).toBe(429);
    // Who says who it is makes room for another.
    silent[0]?.send(JSON.stringify({ type: 'connection_init', payload: { authorization: GOOD } }));
    await once(silent[0] as WebSocket, 'message');
    await once(open(), 'open');
    // So does who leaves.
    silent[1]?.terminate();
    for (let isOpen = false; !isOpen; ) {
      const socket = open();
      socket.on('error', () => undefined);
      isOpen = await Promise.race([
        once(socket, 'open').then(() => true),
        once(socket, 'unexpected-response').then(() => false),
      ]);
    }
    await served.close();
  });
});

test('what may be open at once holds on every transport', () => {
  expectNone(CHAPTER, 'limits of what is open at once that one transport does not hold', different, tried, 5);
});
