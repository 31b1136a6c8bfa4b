/** Four processes as one: an authorization begun on one, called back on another, watched on a third; a key that ends, ends everywhere. */
import { createKey, revokeKey } from '../support/keys';
import { begin, flowOf, linkIn, newConnection } from '../support/oauth';
import { dataOf, OWNER_KEY } from '../support/server';
import { codesOf, openSocket } from '../support/sockets';
import { type Certified, startCertified } from './certified';
import { type Cluster, type Member, startCluster } from './cluster';

let cluster: Cluster;
let certified: Certified;

beforeAll(async () => {
  [cluster, certified] = await Promise.all([startCluster(4), startCertified()]);
});
afterAll(async () => {
  await cluster.close();
  await certified.close();
});

const FLOW = 'subscription ($id: ID!) { authorizationFlow(id: $id) { status connection { status } } }';
const EVENTS = `subscription ($id: ID!) {
  connectionEvents(filter: { connectionId: $id }) { kind connection { status health { state } } }
}`;

test('an authorization begun on one is called back on others and watched on a third, flow and connection', async () => {
  const [first, , third] = cluster.members as [Member, Member, Member];
  const id = await newConnection(first.ask, await certified.connector(first.ask));
  const flow = await begin(first.ask, id);
  const socket = openSocket(third.url, OWNER_KEY);
  const [flows, events] = [socket.subscribe(FLOW, { id: flow.id }), socket.subscribe(EVENTS, { id })];
  expect((await flows.next()).authorizationFlow).toEqual({ status: 'PENDING', connection: { status: 'UNAUTHORIZED' } });
  await certified.consent(linkIn(flow));
  expect((await flows.next()).authorizationFlow).toEqual({ status: 'AUTHORIZED', connection: { status: 'CONNECTED' } });
  expect(await flows.ended).toBeUndefined();
  expect((await events.next()).connectionEvents).toEqual({
    kind: 'AUTHORIZED',
    connection: { status: 'CONNECTED', health: { state: 'OK' } },
  });
  socket.close();
  for (const { ask } of cluster.members) expect((await flowOf(ask, flow.id)).status).toBe('AUTHORIZED');
});

test('what one process writes, all read at once', async () => {
  for (const [index, { ask }] of cluster.members.entries()) {
    const mutation = 'mutation ($name: String!) { workspaceUpdate(input: { name: $name }) { workspace { name } } }';
    await dataOf(ask(mutation, { name: `Named by ${index}` }));
    for (const other of cluster.members)
      expect(await dataOf(other.ask('{ viewer { workspace { name } } }'))).toEqual({
        viewer: { workspace: { name: `Named by ${index}` } },
      });
  }
});

test('a key that is revoked on one is refused by all, and its idle sockets end, within five seconds', async () => {
  const [first, ...others] = cluster.members as [Member, ...Member[]];
  const { id, secret } = await createKey(first.ask, 'VIEWER');
  const sockets = cluster.members.map(({ url }) => openSocket(url, secret));
  const watches = sockets.map((socket) => socket.subscribe('subscription { connectionEvents { kind } }'));
  for (const { askAs } of cluster.members) expect((await askAs(secret)('{ viewer { role } }')).status).toBe(200);
  const revoked = performance.now();
  await revokeKey(first.ask, id);
  expect((await first.askAs(secret)('{ viewer { role } }')).status).toBe(401);
  for (const { askAs } of others) {
    let status = 200;
    while (status === 200 && performance.now() - revoked < 5000)
      ({ status } = await askAs(secret)('{ viewer { role } }'));
    expect(status).toBe(401);
  }
  expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4403, 4403, 4403, 4403]);
  expect(performance.now() - revoked).toBeLessThan(5000);
  for (const watch of watches) expect(await codesOf(watch)).toEqual([]);
});
