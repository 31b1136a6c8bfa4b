/** What goes on in the name of a key or a session token ends with it, however it ended; what others do goes on. */
import type { Caller } from '../../src/access/caller';
import { type Audience, KeyWatch } from '../../src/access/key-watch';
import type { Log } from '../../src/log';
import type { Store } from '../../src/storage/store';
import { type Clock, clockAt } from '../support/clock';
import { change } from '../support/database';
import { createKey, createSessionToken, revokeKey } from '../support/keys';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { openSocket } from '../support/sockets';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

let clock: Clock;
/** Looks after keys as always. */
let server: TestServer;
/** Never looks: what it ends, it ends because it is told. */
let blind: TestServer;
const opened: { close(): void }[] = [];

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  server = await startTestServer({ now: clock.now });
  const start = jest.spyOn(KeyWatch.prototype, 'start').mockImplementation(() => undefined);
  blind = await startTestServer();
  start.mockRestore();
});
afterAll(async () => {
  for (const { close } of opened) close();
  await Promise.all([server.remove(), blind.remove()]);
});

async function sharedConnection({ ask }: TestServer): Promise<string> {
  const id = await readyConnector(ask, { name: 'Basics' }, staticConfigs.basic);
  return createConnection(ask, { connector: { id }, name: 'Shared' });
}

const query = 'subscription { connectionEvents { kind } }';

interface Stream {
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>;
  readonly isOpen: () => boolean;
}

/** A stream that is open and has nothing to tell. */
async function idleStream({ url }: TestServer, secret: string): Promise<Stream> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${secret}`,
    },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  });
  opened.push({ close: () => leaving.abort() });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let open = true;
  const ended = response.text().then(
    (text) => {
      open = false;
      return text;
    },
    () => undefined,
  );
  return { ended, isOpen: () => open };
}

/** A socket with a subscription that has nothing to tell. */
async function idleSocket({ url }: TestServer, secret: string): Promise<Stream> {
  const socket = openSocket(url, secret);
  opened.push(socket);
  await socket.watch(query);
  let open = true;
  const ended = socket.closed.then((code) => {
    open = false;
    return code;
  });
  return { ended, isOpen: () => open };
}

/** Deletes a row as another process does. */
async function deleteRow(table: 'api_key' | 'session_token', column: 'id' | 'keyId', value: string): Promise<void> {
  expect(await change(server.dataDir, `DELETE FROM ${table} WHERE "${column}" = ?`, value)).toBe(1);
}

/** A socket and a stream. */
const idle = async (at: TestServer, secret: string) => [await idleSocket(at, secret), await idleStream(at, secret)];

// A socket is closed with "Forbidden"; a stream just ends, with nothing but its comment at the start in it.
const endings = [4403, ':\n\n'];
const endingsOf = (streams: Stream[]) => Promise.all(streams.map(({ ended }) => ended));
const areOpen = (streams: Stream[]) => streams.map(({ isOpen }) => isOpen());

test('a key that ended otherwise than by us, and its session tokens, end their sockets and event streams', async () => {
  const connection = await sharedConnection(server);
  const [deleted, expiring, maker] = [
    await createKey(server.ask, 'VIEWER'),
    await createKey(server.ask, 'VIEWER', { expiresAt: clock.in(60) }),
    await createKey(server.ask, 'INTEGRATOR'),
  ];
  const asMaker = server.askAs(maker.secret);
  const deletedToken = await createSessionToken(asMaker, connection);
  const expiringToken = await createSessionToken(server.ask, connection, { expiresInSeconds: 60 });
  const lasting = [
    ...(await idle(server, OWNER_KEY)),
    ...(await idle(server, (await createKey(server.ask, 'VIEWER', { expiresAt: clock.in(61) })).secret)),
    ...(await idle(server, await createSessionToken(server.ask, connection, { expiresInSeconds: 61 }))),
    ...(await idle(server, maker.secret)),
  ];
  const ending = [
    ...(await idle(server, deleted.secret)),
    ...(await idle(server, deletedToken)),
    ...(await idle(server, expiring.secret)),
    ...(await idle(server, expiringToken)),
  ];
  expect(areOpen(ending)).toEqual(ending.map(() => true));
  await deleteRow('api_key', 'id', deleted.id);
  await deleteRow('session_token', 'keyId', maker.id);
  clock.pass(60);
  expect(await endingsOf(ending)).toEqual([...endings, ...endings, ...endings, ...endings]);
  expect(areOpen(lasting)).toEqual(lasting.map(() => true));
});

test('a key that is revoked ends its own, and those of its session tokens, at once', async () => {
  const connection = await sharedConnection(blind);
  const { id, secret } = await createKey(blind.ask, 'INTEGRATOR');
  const token = await createSessionToken(blind.askAs(secret), connection);
  const mine = [...(await idle(blind, secret)), ...(await idle(blind, token))];
  const others = await idle(blind, OWNER_KEY);
  await revokeKey(blind.ask, id);
  expect(await endingsOf(mine)).toEqual([...endings, ...endings]);
  expect(areOpen(others)).toEqual([true, true]);
});

describe('a look', () => {
  const callerOf = (keyId: string) => ({ caller: { keyId, tokenId: null } as Caller });
  const find = jest.fn();
  const error = jest.fn();
  let callers: ReturnType<typeof callerOf>[];
  let watch: KeyWatch;

  beforeEach(() => {
    jest.useFakeTimers();
    const audience: Audience = {
      callers: () => callers,
      endWhere: (predicate) => {
        callers = callers.filter((context) => !predicate(context));
      },
    };
    watch = new KeyWatch({ read: { find } } as unknown as Store, [audience], () => new Date(0), {
      error,
    } as unknown as Log);
    watch.start();
  });
  afterEach(() => {
    watch.stop();
    jest.useRealTimers();
    jest.resetAllMocks();
  });

  test('spares whoever comes while it looks', async () => {
    callers = [callerOf('ended'), callerOf('good')];
    find.mockImplementationOnce(async () => {
      callers.push(callerOf('new'));
      return [{ id: 'good', expiresAt: null }];
    });
    await jest.advanceTimersByTimeAsync(2000);
    expect(callers).toEqual([callerOf('good'), callerOf('new')]);
  });

  test('that fails ends nobody and is told; the next one is made', async () => {
    callers = [callerOf('ended')];
    find.mockRejectedValueOnce(new Error('no database')).mockResolvedValueOnce([]);
    await jest.advanceTimersByTimeAsync(2000);
    expect(callers).toHaveLength(1);
    expect(error.mock.calls.map(([fields]) => fields)).toEqual([{ err: new Error('no database') }]);
    await jest.advanceTimersByTimeAsync(2000);
    expect(callers).toEqual([]);
  });

  test('asks nothing when nobody is there, and asks for each key once, five hundred at a time', async () => {
    callers = [];
    await jest.advanceTimersByTimeAsync(2000);
    expect(find).not.toHaveBeenCalled();
    const ids = Array.from({ length: 501 }, (_, index) => `key-${index}`);
    callers = [...ids, ...ids].map(callerOf);
    find.mockImplementation(async (_type, { where }) => where.id.value.map((id: string) => ({ id, expiresAt: null })));
    await jest.advanceTimersByTimeAsync(2000);
    expect(find.mock.calls.map(([, { where }]) => where.id.value)).toEqual([ids.slice(0, 500), ids.slice(500)]);
    expect(callers).toHaveLength(1002);
  });
});
