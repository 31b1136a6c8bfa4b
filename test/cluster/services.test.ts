/** Redis goes away and comes back, Postgres is restarted: what was acknowledged stays, whoever watches is told once, no process ends. */
import { type RedisService, type Service, startPostgres, startRedis } from '../../scripts/services.mjs';
import { begin, flowOf, linkIn, newConnection } from '../support/oauth';
import { type Answer, dataOf, OWNER_KEY } from '../support/server';
import { openSocket, type Watch } from '../support/sockets';
import { createConnector, readyConnector, staticConfigs } from '../support/story';
import { type Certified, startCertified } from './certified';
import { type Cluster, type Member, startCluster } from './cluster';

const EVENTS = 'subscription { connectionEvents { id kind connection { id } } }';
const FLOW = 'subscription ($id: ID!) { authorizationFlow(id: $id) { status } }';

describe('Redis', () => {
  let redis: RedisService;
  let cluster: Cluster;
  let certified: Certified;

  beforeAll(async () => {
    redis = await startRedis();
    [cluster, certified] = await Promise.all([startCluster(3, { REDIS_URL: redis.url }), startCertified()]);
  });
  afterAll(async () => {
    await cluster.close();
    await Promise.all([certified.close(), redis.close()]);
  });

  /** An authorization that is watched at `member` and goes by way of all; gives the id of the connection. */
  async function authorizedBefore(member: Member): Promise<string> {
    const id = await newConnection(cluster.ask, await certified.connector(cluster.ask));
    const flow = await begin(cluster.ask, id);
    const socket = openSocket(member.url, OWNER_KEY);
    const watch = socket.subscribe(FLOW, { id: flow.id });
    expect((await watch.next()).authorizationFlow).toEqual({ status: 'PENDING' });
    await certified.consent(linkIn(flow));
    expect((await watch.next()).authorizationFlow).toEqual({ status: 'AUTHORIZED' });
    expect(await watch.ended).toBeUndefined();
    socket.close();
    expect((await flowOf(cluster.ask, flow.id)).status).toBe('AUTHORIZED');
    return id;
  }

  /** Takes what is told until the connection was told made and authorized. */
  async function untilAuthorized(watch: Watch, id: string): Promise<void> {
    const kinds: string[] = [];
    while (kinds.length < 2) {
      const { connection, kind } = (await watch.next()).connectionEvents;
      if (connection.id === id) kinds.push(kind);
    }
    expect(kinds.sort()).toEqual(['AUTHORIZED', 'CREATED']);
  }

  test('while it is away, authorizations go on and are told from the database; when it is back, nothing is told twice', async () => {
    const sockets = cluster.members.map(({ url }) => openSocket(url, OWNER_KEY));
    const watches = sockets.map((socket) => socket.subscribe(EVENTS));
    // What was asked later is answered later: all listen by then.
    await Promise.all(sockets.map((socket) => socket.ask('{ viewer { role } }')));
    const ids: string[] = [];
    async function round(): Promise<void> {
      for (const member of cluster.members.slice(0, 3)) {
        const id = await authorizedBefore(member);
        ids.push(id);
        for (const watch of watches) await untilAuthorized(watch, id);
      }
    }
    await round();
    await redis.stop();
    await round();

    const late = await cluster.join();
    expect((await fetch(`${late.url}/health/ready`)).status).toBe(200);
    await round();

    await redis.start();
    // Of each process there are three connections: one that tells, one that hears, one that counts.
    await Promise.all(cluster.members.map(({ process }) => process.said(/(Redis answers again[\s\S]*){3}/)));
    // Each of these comes after what waited for Redis.
    await round();
    for (const { told } of watches) {
      const events = told.map(({ connectionEvents }) => connectionEvents);
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
      expect(events.map(({ kind, connection }) => `${kind} ${connection.id}`).sort()).toEqual(
        ids.flatMap((id) => [`AUTHORIZED ${id}`, `CREATED ${id}`]).sort(),
      );
    }
    for (const socket of sockets) socket.close();
  }, 180_000);
});

describe('Postgres', () => {
  let postgres: Service;
  let cluster: Cluster;

  beforeAll(async () => {
    postgres = await startPostgres();
    cluster = await startCluster(2, { DATABASE_URL: postgres.url });
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    await postgres.close();
  });

  const statusOf = async ({ url }: Member, path: string) => (await fetch(`${url}${path}`)).status;

  /** Makes one connector after another until the server cannot; gives the names of those it told made, and the answer that ended it. */
  async function writeUntilItFails(
    member: Member,
    writer: number,
  ): Promise<{ made: string[]; failed: string; end: Answer }> {
    const made: string[] = [];
    for (;;) {
      const name = `Writer ${writer} at ${cluster.members.indexOf(member)} No ${made.length}`;
      const mutation = 'mutation ($name: String!) { connectorCreate(input: { name: $name }) { connector { id } } }';
      const end = await member.ask(mutation, { name });
      if (end.errors) return { made, failed: name, end };
      made.push(name);
    }
  }

  async function connectorNames(): Promise<string[]> {
    const names: string[] = [];
    for (let after: string | null = null; ; ) {
      const query = `query ($after: String) {
        connectors(first: 100, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } }
      }`;
      const {
        connectors,
      }: { connectors: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
        await dataOf((cluster.members[0] as Member).ask(query, { after }));
      names.push(...connectors.nodes.map(({ name }) => name));
      if (!connectors.pageInfo.hasNextPage) return names;
      after = connectors.pageInfo.endCursor;
    }
  }

  test('restarted under writes: they are there or they failed, requests fail cleanly, and all goes on by itself', async () => {
    const members = [...cluster.members];
    const sockets = members.map(({ url }) => openSocket(url, OWNER_KEY));
    const watches = sockets.map((socket) => socket.subscribe(EVENTS));
    await Promise.all(sockets.map((socket) => socket.ask('{ viewer { role } }')));
    const writing = members.flatMap((member) => [1, 2, 3].map((writer) => writeUntilItFails(member, writer)));
    // Each has begun.
    await Promise.all(
      members.map(({ ask }) => createConnector(ask, { name: `Before ${Math.random()}`.replace('.', ' ') })),
    );
    await postgres.stop();
    const written = await Promise.all(writing);
    for (const { end } of written) {
      expect(end.errors?.map(({ extensions }) => extensions.code)).toEqual(['INTERNAL']);
      expect(end.errors?.[0].message).toMatch(/^Something went wrong on our side\. Quote the request id /);
    }
    for (const member of members) {
      expect(await statusOf(member, '/health/live')).toBe(200);
      expect(await statusOf(member, '/health/ready')).toBe(503);
      expect((await member.ask('{ connectors { totalCount } }')).errors?.[0].extensions.code).toBe('INTERNAL');
    }

    await postgres.start();
    for (const member of members) {
      expect(await statusOf(member, '/health/ready')).toBe(200);
      expect((await member.ask('{ viewer { role } }')).data).toEqual({ viewer: { role: 'OWNER' } });
    }
    const there = new Set(await connectorNames());
    for (const { made, failed } of written) {
      expect(made.filter((name) => !there.has(name))).toEqual([]);
      expect(there.has(failed)).toBe(false);
    }
    // Those who watched before are told what happens after.
    const connector = { id: await readyConnector((members[0] as Member).ask, { name: 'Basic' }, staticConfigs.basic) };
    const id = await newConnection((members[1] as Member).ask, { ...connector, redirectUri: '', scopeIds: [] });
    for (const watch of watches)
      expect((await watch.next()).connectionEvents).toMatchObject({ kind: 'CREATED', connection: { id } });
    for (const socket of sockets) socket.close();
  }, 120_000);
});
