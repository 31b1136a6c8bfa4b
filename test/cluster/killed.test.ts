/** A process killed in the middle of its work: another one finishes it, or it ends in time, and nobody misses what happened. */
import { resolve } from 'node:path';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { call, stateOf } from '../flows/grants';
import { Person } from '../peers/person';
import { updateConnection } from '../support/acts';
import { change, rowsOf } from '../support/database';
import { begin, type Flow, flowOf, grantsOf, linkIn, newConnection, startLink } from '../support/oauth';
import { OWNER_KEY } from '../support/server';
import { openSocket } from '../support/sockets';
import { type Certified, startCertified } from './certified';
import { type Cluster, type Member, startCluster } from './cluster';

/** How long a lease lasts, and a flow whose person is back, in milliseconds. */
const LEASE = 30_000;
const FINISH_LIMIT = 60_000;
/** How late what nobody tells may be: twice the period of looks into the database, and time for a busy machine. */
const LATE = 8000;

let cluster: Cluster;
let certified: Certified;
/** What the provider does with the next token request: as usual, or holds it before it looks at it, or before it answers. */
let hold: { readonly before: boolean; readonly arrived: () => void } | undefined;

const forever = new Promise<void>(() => undefined);

beforeAll(async () => {
  [cluster, certified] = await Promise.all([startCluster(4), startCertified()]);
  certified.oidc.answerTokens(async (usual) => {
    if (!hold) return usual();
    const { before, arrived } = hold;
    hold = undefined;
    if (!before) await usual();
    arrived();
    await forever;
  });
});
beforeEach(async () => {
  cluster.prefer();
  while (cluster.members.length < 4) await cluster.join();
});
afterAll(async () => {
  await cluster.close();
  await certified.close();
});

/** Resolves when the provider holds a token request. */
const held = (before: boolean) =>
  new Promise<void>((arrived) => {
    hold = { before, arrived };
  });

const FLOW = 'subscription ($id: ID!) { authorizationFlow(id: $id) { status connection { status } } }';
const EVENTS = `subscription ($id: ID!, $after: ID) {
  connectionEvents(filter: { connectionId: $id }, after: $after) { id kind }
}`;

/** Lets the credentials of a connection have expired, while no sweeper finds them due: who is asked first refreshes them. */
async function expireUnswept(id: string): Promise<void> {
  const times = 'SET "expiresAt" = ?, "nextRefreshAt" = ?';
  const [past, future] = [Date.now() - 1000, Date.now() + 3_600_000];
  await change(cluster.dataDir, `UPDATE connection_grant ${times} WHERE "connectionId" = ?`, past, future, id);
}

test('in the middle of a refresh: another finishes it when the lease ends; one that was spent is seen as spent', async () => {
  const [leader, ...others] = cluster.members as [Member, ...Member[]];
  const { api, oidc } = certified;
  const [unspent, spent] = [await certified.connected(cluster.ask), await certified.connected(cluster.ask)];
  const asked = oidc.asked.length;
  for (const [id, before] of [
    [unspent, true],
    [spent, false],
  ] as const) {
    const arrival = held(before);
    await expireUnswept(id);
    call(leader.ask, id, api).catch(() => undefined);
    await arrival;
  }
  const leased = performance.now();
  const waiting = [unspent, spent].map((id) => Promise.all(others.map(({ ask }) => call(ask, id, api))));
  await leader.kill();
  const [ofUnspent, ofSpent] = await Promise.all(waiting);
  expect(ofUnspent).toEqual(others.map(() => expect.objectContaining({ status: 200, codes: [] })));
  expect(ofSpent).toEqual(
    others.map(() =>
      expect.objectContaining({ status: undefined, codes: [expect.stringMatching(/PROVIDER_ERROR|NOT_AUTHORIZED/)] }),
    ),
  );
  expect(performance.now() - leased).toBeLessThan(LEASE + LATE);
  // Besides what is held, the provider was asked once for each, whoever waited.
  expect(oidc.asked.slice(asked)).toHaveLength(2);
  expect(await stateOf(cluster.ask, unspent)).toBe('CONNECTED OK NONE');
  expect(await stateOf(cluster.ask, spent)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
}, 120_000);

const atCallback = (url: URL) => url.pathname.startsWith('/authorization/callback/');

/** A flow whose person is in front of the callback, and how they step through it. */
async function returning(): Promise<{ id: string; flow: Flow; comeBack(): Promise<number> }> {
  const id = await newConnection(cluster.ask, await certified.connector(cluster.ask));
  const flow = await begin(cluster.ask, id);
  const person = new Person();
  const page = await person.press(await person.visit(linkIn(flow)));
  const { url } = await person.consent(page, { stopBefore: atCallback });
  return { id, flow, comeBack: async () => (await person.visit(url)).status };
}

test('in a callback, its state used up: the flow ends in time, whoever watches is told, and a new attempt works', async () => {
  const [victim, other] = cluster.members as [Member, Member];
  const { id, flow, comeBack } = await returning();
  const socket = openSocket(other.url, OWNER_KEY);
  const watch = socket.subscribe(FLOW, { id: flow.id });
  expect((await watch.next()).authorizationFlow.status).toBe('PENDING');
  cluster.prefer(victim);
  const arrival = held(false);
  const answer = comeBack();
  await arrival;
  await victim.kill();
  expect(await answer).toBe(502);
  // The state is good once.
  expect(await comeBack()).toBe(400);
  const { status, expiresAt } = await flowOf(cluster.ask, flow.id);
  expect(status).toBe('PENDING');
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(FINISH_LIMIT);
  await change(cluster.dataDir, 'UPDATE authorization_flow SET "expiresAt" = ? WHERE id = ?', Date.now(), flow.id);
  expect((await watch.next()).authorizationFlow).toEqual({ status: 'EXPIRED', connection: { status: 'UNAUTHORIZED' } });
  expect(await watch.ended).toBeUndefined();
  socket.close();
  expect(await grantsOf(cluster.ask, id)).toEqual([]);
  await certified.consent(await startLink(cluster.ask, id));
  expect(await stateOf(cluster.ask, id)).toBe('CONNECTED OK NONE');
}, 60_000);

test('in a callback, after the commit and before anybody was told: watchers at others are told, by the database', async () => {
  const [, other] = cluster.members as [Member, Member];
  const preload = `--require ${resolve(__dirname, 'kill-after-commit.cjs')}`;
  const victim = await cluster.join({ NODE_OPTIONS: preload });
  const { id, flow, comeBack } = await returning();
  const socket = openSocket(other.url, OWNER_KEY);
  const [flows, events] = [socket.subscribe(FLOW, { id: flow.id }), socket.subscribe(EVENTS, { id })];
  expect((await flows.next()).authorizationFlow.status).toBe('PENDING');
  cluster.prefer(victim);
  const answer = comeBack();
  await victim.process.ended;
  const killed = performance.now();
  await victim.kill();
  expect(await answer).toBe(502);
  expect((await flows.next()).authorizationFlow).toEqual({ status: 'AUTHORIZED', connection: { status: 'CONNECTED' } });
  expect(await flows.ended).toBeUndefined();
  expect((await events.next()).connectionEvents.kind).toBe('AUTHORIZED');
  expect(performance.now() - killed).toBeLessThan(LATE);
  socket.close();
  expect(await stateOf(cluster.ask, id)).toBe('CONNECTED OK NONE');
}, 60_000);

test('with subscriptions: the client comes back to another process by itself, and misses nothing', async () => {
  const { flow, id, comeBack } = await returning();
  const [victim] = cluster.members as [Member];
  cluster.prefer(victim);
  let goBack: () => void = () => undefined;
  const away = new Promise<void>((done) => {
    goBack = done;
  });
  const client = createClient({
    url: `${cluster.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${OWNER_KEY}` },
    // The first try to come back waits until something was missed.
    retryWait: () => away,
  });
  const made = await rowsOf(cluster.dataDir, `SELECT id, kind FROM happening WHERE "connectionId" = ?`, id);
  const told = made as { id: string; kind: string }[];
  expect(told.map(({ kind }) => kind)).toEqual(['CREATED']);
  // Read anew for each attempt: the last event that the client was told.
  const variables = {
    id,
    get after() {
      return told.at(-1)?.id;
    },
  };
  const flows = client.iterate<{ authorizationFlow: { status: string } }>({ query: FLOW, variables: { id: flow.id } });
  const events = client.iterate<{ connectionEvents: { id: string; kind: string } }>({ query: EVENTS, variables });
  const nextStatus = async () => (await flows.next()).value?.data?.authorizationFlow.status;
  async function nextKind(): Promise<string | undefined> {
    const event = (await events.next()).value?.data?.connectionEvents;
    if (event) told.push(event);
    return event?.kind;
  }
  expect(await nextStatus()).toBe('PENDING');
  await updateConnection(victim.ask, id, { name: 'Heard' });
  expect(await nextKind()).toBe('UPDATED');

  await victim.kill();
  await updateConnection(cluster.ask, id, { name: 'Missed' });
  expect(await comeBack()).toBe(200);
  await updateConnection(cluster.ask, id, { name: 'Missed too' });
  goBack();
  expect([await nextKind(), await nextKind(), await nextKind()]).toEqual(['UPDATED', 'AUTHORIZED', 'UPDATED']);
  expect(await nextStatus()).toBe('AUTHORIZED');
  expect((await flows.next()).done).toBe(true);
  await updateConnection(cluster.ask, id, { name: 'Heard again' });
  expect(await nextKind()).toBe('UPDATED');
  expect(new Set(told.map((event) => event.id)).size).toBe(told.length);
  await client.dispose();
}, 60_000);
