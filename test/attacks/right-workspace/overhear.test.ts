/** Attempts to overhear subscriptions: whatever others ask for, over sockets and event streams, they are told of their own things only. */
import { Person } from '../../peers/person';
import { type Sloppy, startSloppy } from '../../peers/sloppy';
import { revokeConnection, updateConnection } from '../../support/acts';
import { clockAt } from '../../support/clock';
import { createKey, createSessionToken, createWorkspace, revokeKey } from '../../support/keys';
import { begin, linkIn, newConnection, oauthConnector } from '../../support/oauth';
import { type Ask, OWNER_KEY, startTestServer, type TestServer } from '../../support/server';
import { BEGUN, openSocket, untilBegun } from '../../support/sockets';
import { openStream } from '../../support/streams';
import { amount, expectNone } from '../../support/trust';
import { type Strangers, strangersOf } from './callers';

const clock = clockAt('2030-01-01T00:00:00Z');
/** Milliseconds for each test. */
const PATIENCE = amount(60_000, 1_200_000);
const EVENTS =
  'subscription ($filter: ConnectionEventFilter) { connectionEvents(filter: $filter) { kind connection { id } } }';
const FLOW = 'subscription ($id: ID!) { authorizationFlow(id: $id) { id status authorizationUrl } }';
const kinds = ['CREATED', 'UPDATED', 'AUTHORIZED', 'TROUBLED', 'RECOVERED', 'REVOKED', 'DELETED'];

let server: TestServer;
let provider: Sloppy;
/** What is listened for: a connection with one grant a user. */
let target: string;
/** What listeners may hear of, each of their own. */
let shared: string;
let elsewhere: string;
let foreign: { ask: Ask; secret: string; viewer: string };
let strangers: Strangers;
let tokens: { bob: string; shared: string };

beforeAll(async () => {
  [server, provider] = await Promise.all([startTestServer({ now: clock.now }), startSloppy()]);
  const oauth2 = {
    grantType: 'AUTHORIZATION_CODE',
    clientId: 'acme',
    clientSecret: 'secret',
    authorizationUrl: `${provider.url}/authorize`,
    tokenUrl: `${provider.url}/token`,
  };
  const { secret } = await createWorkspace(server.ask, 'Elsewhere');
  const ask = server.askAs(secret);
  const connector = await oauthConnector(server.ask, { name: 'Drive' }, { oauth2 });
  target = await newConnection(server.ask, connector, { authorizationLevel: 'LOGGED_IN_USER' });
  shared = await newConnection(server.ask, connector);
  elsewhere = await newConnection(ask, await oauthConnector(ask, { name: 'Drive' }, { oauth2 }));
  strangers = await strangersOf(server, clock, target, 'alice');
  foreign = { ask, secret, viewer: (await createKey(ask, 'VIEWER')).secret };
  tokens = {
    bob: await createSessionToken(server.ask, target, { userId: 'bob', expiresInSeconds: 3600 }),
    shared: await createSessionToken(server.ask, shared, { expiresInSeconds: 3600 }),
  };
}, 30_000);
afterAll(() => Promise.all([server.remove(), provider.close()]));

interface Listener {
  readonly who: string;
  readonly secret: string | undefined;
  readonly query: string;
  readonly variables: object;
  /** The connection whose news this subscription may tell; left out: none may begin. */
  readonly own?: string;
}

/** Everybody who tries to hear of the target, and of this flow of it. */
function listenersFor(flow: string): Listener[] {
  const events = (filter?: object) => ({ query: EVENTS, variables: { filter } });
  const ofFlow = { query: FLOW, variables: { id: flow } };
  const ofTarget = events({ connectionId: target });
  return [
    ...[foreign.secret, foreign.viewer].flatMap((secret) => [
      { who: 'another workspace, all', secret, ...events(), own: elsewhere },
      { who: 'another workspace, every kind', secret, ...events({ kinds }), own: elsewhere },
      { who: 'another workspace, this connection', secret, ...ofTarget },
      { who: 'another workspace, this flow', secret, ...ofFlow },
    ]),
    { who: 'a token of another connection, all', secret: tokens.shared, ...events(), own: shared },
    { who: 'a token of another connection, this connection', secret: tokens.shared, ...ofTarget },
    { who: 'a token of another connection, this flow', secret: tokens.shared, ...ofFlow },
    { who: 'a token of another user, all', secret: tokens.bob, ...events(), own: target },
    { who: 'a token of another user, this connection', secret: tokens.bob, ...ofTarget, own: target },
    { who: 'a token of another user, this flow', secret: tokens.bob, ...ofFlow },
    ...[...strangers].flatMap(([who, secret]) => [
      { who: `${who}, all`, secret, ...events() },
      { who: `${who}, this flow`, secret, ...ofFlow },
    ]),
  ];
}

interface Ear {
  readonly listener: Listener;
  readonly next: () => Promise<unknown>;
  /** Results without errors that were told. */
  readonly heard: () => unknown[];
  readonly ended: Promise<unknown>;
  readonly stop: () => void;
  hasBegun: boolean;
}

/** Subscribes; resolves when the server listens, or has refused. */
async function listen(listener: Listener, transport: string): Promise<Ear> {
  const { secret, query, variables } = listener;
  return untilBegun(async (begun) => {
    let ear: Ear;
    if (transport === 'socket') {
      const socket = openSocket(server.url, secret);
      const watch = socket.subscribe(query, variables as Record<string, unknown>);
      const heard = () => watch.told.filter((one) => !one.errors);
      ear = { listener, next: watch.next, heard, ended: watch.ended, stop: socket.close, hasBegun: false };
    } else {
      const stream = await openStream(server.url, secret, query, variables);
      const heard = () => stream.told.flatMap(({ data }) => data ?? []);
      const next = async () => (await stream.next())?.data;
      ear = { listener, next, heard, ended: stream.ended, stop: stream.stop, hasBegun: false };
    }
    ear.hasBegun = (await Promise.race([begun, ear.ended])) === BEGUN;
    return ear;
  });
}

const said = ({ listener: { who }, hasBegun }: Ear) => `${who}: ${hasBegun ? 'listens' : 'refused'}`;

test(
  'nobody hears of the connections, flows and users of others',
  async () => {
    const hits: unknown[] = [];
    let tried = 0;
    for (let round = 0; tried < amount(100, 1_000); round += 1) {
      const flow = await begin(server.ask, target, { userId: 'alice' });
      // Who may hear it does: so that silence elsewhere means something.
      const control = await listen({ who: 'the owner', secret: OWNER_KEY, query: EVENTS, variables: {} }, 'socket');
      const flowControl = await listen(
        { who: 'the owner', secret: OWNER_KEY, query: FLOW, variables: { id: flow.id } },
        'server-sent events',
      );
      const ears: Ear[] = [];
      for (const transport of ['socket', 'server-sent events'])
        for (const listener of listenersFor(flow.id)) ears.push(await listen(listener, transport));
      tried += ears.length;
      hits.push(...ears.filter(({ hasBegun, listener }) => hasBegun !== (listener.own !== undefined)).map(said));

      const person = new Person();
      expect((await person.press(await person.visit(linkIn(flow)))).status).toBe(200);
      await revokeConnection(server.ask, target, 'alice');
      expect(await flowControl.next()).toMatchObject({ authorizationFlow: { status: 'PENDING' } });
      expect(await flowControl.next()).toMatchObject({ authorizationFlow: { status: 'AUTHORIZED' } });
      const told = [await control.next(), await control.next()];
      expect(told).toMatchObject(['AUTHORIZED', 'REVOKED'].map((kind) => ({ connectionEvents: { kind } })));

      // What they may hear comes after it on the same way: who hears this first has not heard the rest.
      for (const [ask, id] of [
        [server.ask, shared],
        [foreign.ask, elsewhere],
        [server.ask, target],
      ] as const)
        await updateConnection(ask, id, { name: `Round ${round}` });
      for (const ear of ears.filter(({ hasBegun }) => hasBegun)) {
        const connection = { id: ear.listener.own };
        const first = await ear.next();
        if (JSON.stringify(first) !== JSON.stringify({ connectionEvents: { kind: 'UPDATED', connection } }))
          hits.push([said(ear), first]);
      }
      for (const ear of ears) {
        if (!ear.hasBegun && ear.heard().length > 0) hits.push([said(ear), ear.heard()]);
        ear.stop();
      }
      for (const { stop } of [control, flowControl]) stop();
    }
    expectNone('Right workspace', 'events that others overheard, over sockets and event streams', hits, tried, 1_000);
  },
  PATIENCE,
);

test(
  'nobody hears what happens after their key was revoked',
  async () => {
    const hits: unknown[] = [];
    const ears: Ear[] = [];
    const tries = amount(10, 100);
    for (let count = 0; count < tries; count += 1) {
      const { id, secret } = await createKey(server.ask, 'VIEWER');
      const transport = count % 2 === 0 ? 'socket' : 'server-sent events';
      const ear = await listen({ who: transport, secret, query: EVENTS, variables: {}, own: target }, transport);
      expect(ear.hasBegun).toBe(true);
      ears.push(ear);
      await revokeKey(server.ask, id);
      await updateConnection(server.ask, target, { name: `After ${count}` });
    }
    for (const ear of ears) {
      await ear.ended;
      if (ear.heard().length > 0) hits.push([ear.listener.who, ear.heard()]);
      ear.stop();
    }
    expectNone('Right workspace', 'events that were told after the key was revoked', hits, tries, 100);
  },
  PATIENCE,
);
