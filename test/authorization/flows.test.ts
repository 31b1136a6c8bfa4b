/** Flows: looked at, and watched from any moment to their end. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../ormconfig';
import { type Caller, Role } from '../../src/access/caller';
import { SERVER } from '../../src/audit/actor';
import { AuthorizationFlow, AuthorizationFlowStatus, FlowStep } from '../../src/authorization/flow';
import { FlowStore } from '../../src/authorization/flow-store';
import { Flows } from '../../src/authorization/flows';
import { Grants } from '../../src/connections/grants';
import { EventBus } from '../../src/events/bus';
import { ConnectionEventKind } from '../../src/events/happening';
import { newId } from '../../src/graphql/node';
import { Links } from '../../src/links';
import { Store } from '../../src/storage/store';
import { Vault } from '../../src/storage/vault';
import { Telemetry } from '../../src/telemetry';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { codesOf, openSocket } from '../support/sockets';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

describe('a flow that is over', () => {
  let server: TestServer;
  let connection: string;
  let flow: string;

  beforeAll(async () => {
    server = await startTestServer();
    const id = await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic);
    connection = await createConnection(server.ask, { connector: { id }, name: 'Basics' });
    flow = await authorize(server.ask, connection, staticCredentials.basic);
  });
  afterAll(() => server.remove());

  const FIELDS = 'id status authorizationUrl error { code } userId connection { id status }';

  test('can be looked at', async () => {
    const query = `query ($id: ID!) { authorizationFlow(id: $id) { ${FIELDS} } }`;
    expect(await dataOf(server.ask(query, { id: flow }))).toEqual({
      authorizationFlow: {
        id: flow,
        status: 'AUTHORIZED',
        authorizationUrl: null,
        error: null,
        userId: null,
        connection: { id: connection, status: 'CONNECTED' },
      },
    });
    expect(await dataOf(server.ask(query, { id: 'flw_0' }))).toEqual({ authorizationFlow: null });
  });

  test('is told to whoever subscribes late, as it ended, and then completes', async () => {
    const socket = openSocket(server.url, OWNER_KEY);
    const query = `subscription ($id: ID!) { authorizationFlow(id: $id) { ${FIELDS} } }`;
    const watch = await socket.watch(query, { id: flow });
    expect(await watch.ended).toBeUndefined();
    expect(watch.told).toEqual([
      {
        authorizationFlow: {
          id: flow,
          status: 'AUTHORIZED',
          authorizationUrl: null,
          error: null,
          userId: null,
          connection: { id: connection, status: 'CONNECTED' },
        },
      },
    ]);
    expect(await codesOf(socket.subscribe(query, { id: 'flw_0' }))).toEqual(['BAD_USER_INPUT']);
    socket.close();
  });
});

describe('a flow under way', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grapnel-flows-'));
  const workspaceId = newId('Workspace');
  const key = { workspaceId, keyId: newId('ApiKey'), tokenId: null, role: Role.VIEWER, session: null };
  const caller: Caller = { ...key, actor: SERVER };
  const connection = { id: newId('Connection'), workspaceId };
  const events = new EventBus();
  let store: Store;
  let flows: Flows;
  const open: AsyncIterableIterator<unknown>[] = [];

  beforeAll(async () => {
    const { writer, reader } = await connect({ dataDir: folder, databaseUrl: undefined });
    store = new Store(writer, reader);
    const vault = new Vault([{ id: 'k', bytes: Buffer.alloc(32) }]);
    const flowStore = new FlowStore(store, vault, new Grants(vault), events, () => new Date(), new Telemetry());
    flows = new Flows(store, events, flowStore, new Links('http://127.0.0.1'));
    // The rows that a flow stands on are of no concern here.
    await writer.query('PRAGMA foreign_keys = OFF');
  });
  afterEach(async () => {
    for (const watch of open.splice(0)) await watch.return?.();
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function begin(userKey = ''): Promise<string> {
    const id = newId('AuthorizationFlow');
    const now = new Date();
    await store.write((tx) =>
      tx.insert(AuthorizationFlow, {
        ...{ id, workspaceId, connectionId: connection.id, userKey, error: null },
        ...{ connectorId: newId('Connector'), step: FlowStep.LINKED, requestedBy: 'the tests' },
        ...{ status: AuthorizationFlowStatus.PENDING, createdAt: now, expiresAt: now },
      }),
    );
    return id;
  }
  const changed = (id: string) =>
    store.write((tx) => events.flowChanged(tx, { id, workspaceId, connectionId: connection.id }, new Date()));
  const happened = (kind: ConnectionEventKind) =>
    store.write((tx) => events.happened(tx, kind, connection, null, new Date()));
  async function become(id: string, status: keyof typeof AuthorizationFlowStatus): Promise<void> {
    await store.write((tx) => tx.update(AuthorizationFlow, { id }, { status: AuthorizationFlowStatus[status] }));
    await changed(id);
  }
  async function watch(id: string, by = caller) {
    const states = await flows.watch(by, id);
    open.push(states);
    return async () => {
      const { value, done } = await states.next();
      return done ? 'over' : value.status;
    };
  }

  test('is told as it is now, then after each change, until its last', async () => {
    const id = await begin();
    const next = await watch(id);
    expect(await next()).toBe('PENDING');
    const change = next();
    await become(id, 'AWAITING_CONFIRMATION');
    expect(await change).toBe('AWAITING_CONFIRMATION');
    const last = next();
    await become(id, 'AUTHORIZED');
    expect([await last, await next(), await next()]).toEqual(['AUTHORIZED', 'over', 'over']);
  });

  test.each(['AUTHORIZED', 'DENIED', 'FAILED', 'EXPIRED'] as const)('%s is the last', async (status) => {
    const id = await begin();
    const next = await watch(id);
    expect(await next()).toBe('PENDING');
    await become(id, status);
    expect([await next(), await next()]).toEqual([status, 'over']);
  });

  test('tells a change that came before the first state was asked for', async () => {
    const id = await begin();
    const next = await watch(id);
    await become(id, 'DENIED');
    expect([await next(), await next()]).toEqual(['DENIED', 'over']);
  });

  test('tells a change that came while nobody waited for it', async () => {
    const id = await begin();
    const next = await watch(id);
    expect(await next()).toBe('PENDING');
    await become(id, 'AWAITING_CONFIRMATION');
    await become(id, 'AUTHORIZED');
    expect([await next(), await next()]).toEqual(['AUTHORIZED', 'over']);
  });

  test('tells no state twice, and nothing of other flows', async () => {
    const [id, other] = [await begin(), await begin()];
    const next = await watch(id);
    expect(await next()).toBe('PENDING');
    const waiting = next();
    const look = jest.spyOn(flows, 'find');
    await changed(id);
    await new Promise(setImmediate);
    expect(await look.mock.results[0]?.value).toMatchObject({ status: 'PENDING' });
    look.mockRestore();
    await become(other, 'AUTHORIZED');
    await happened(ConnectionEventKind.UPDATED);
    await become(id, 'EXPIRED');
    expect(await waiting).toBe('EXPIRED');
  });

  test('ends with its connection', async () => {
    const id = await begin();
    const next = await watch(id);
    expect(await next()).toBe('PENDING');
    const waiting = next();
    await store.write((tx) => tx.delete(AuthorizationFlow, { connectionId: connection.id }));
    await happened(ConnectionEventKind.DELETED);
    expect(await waiting).toBe('over');
  });

  test('can be left at any moment', async () => {
    const states = await flows.watch(caller, await begin());
    expect((await states.next()).value).toMatchObject({ status: 'PENDING' });
    const waiting = states.next();
    await states.return?.();
    expect((await waiting).done).toBe(true);
  });

  test.each<[string, Caller]>([
    ['another workspace', { ...caller, workspaceId: newId('Workspace') }],
    ['a session of another user', { ...caller, role: null, session: { connectionId: connection.id, userId: 'bert' } }],
    ['a session of nobody', { ...caller, role: null, session: { connectionId: connection.id, userId: null } }],
    [
      'a session of another connection',
      { ...caller, role: null, session: { connectionId: newId('Connection'), userId: 'anna' } },
    ],
  ])('is not there for %s', async (_who, by) => {
    const id = await begin('anna');
    expect(await flows.find(by, id)).toBeNull();
    await expect(flows.watch(by, id)).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    const own: Caller = { ...caller, role: null, session: { connectionId: connection.id, userId: 'anna' } };
    expect((await flows.find(own, id))?.id).toBe(id);
  });
});
