/** The page for Prometheus: who may read it, that it counts what was done, and that it stays small and silent about people. */
import { Invocations } from '../../src/invoke/invocations';
import { Metrics } from '../../src/telemetry/metrics';
import { call, connectedAt, connectionAt, refresh, startUnsweptServer } from '../flows/grants';
import { answering, startTokenServer, type TokenServer } from '../peers/token-server';
import { clockAt } from '../support/clock';
import { invoke } from '../support/invoke';
import { begin } from '../support/oauth';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { openSocket } from '../support/sockets';
import { connected, staticCredentials } from '../support/story';
import { fetchMetrics, growth, type Samples, samplesIn, scrape } from './scrape';

const TOKEN = 'token-of-prometheus-0123456789abcdef';
const clock = clockAt('2030-01-01T00:00:00.000Z');
let server: TestServer;
let peer: PeerApi;
let provider: TokenServer;

beforeAll(async () => {
  [server, peer, provider] = await Promise.all([
    startUnsweptServer({ now: clock.now, env: { METRICS_TOKEN: TOKEN } }),
    startPeerApi(),
    startTokenServer(),
  ]);
});
afterAll(() => Promise.all([server.remove(), peer.close(), provider.close()]));

/** What `work` added to the samples that begin with `prefix`. */
async function grownBy(prefix: string, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await scrape(server.url);
  await work();
  return growth(before, await scrape(server.url), prefix);
}

async function keyOf(role: string): Promise<string> {
  const query = `mutation ($role: Role!) { apiKeyCreate(input: { name: "One", role: $role }) { secret } }`;
  return (await dataOf(server.ask(query, { role }))).apiKeyCreate.secret;
}

describe('who may read it', () => {
  test('METRICS_TOKEN and the key of an OWNER', async () => {
    for (const secret of [TOKEN, OWNER_KEY]) {
      const response = await fetchMetrics(server.url, `Bearer ${secret}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.text()).toContain('# TYPE grapnel_http_requests_total counter');
    }
  });

  test('nobody else: the answer is 401 and says nothing', async () => {
    const others = await Promise.all(['ADMIN', 'INTEGRATOR', 'VIEWER'].map(keyOf));
    const shown = [...others, TOKEN.slice(0, -1), `${TOKEN}x`, ''].map((secret) => `Bearer ${secret}`);
    for (const authorization of [...shown, TOKEN, `Basic ${TOKEN}`, undefined]) {
      const response = await fetchMetrics(server.url, authorization ?? 'none');
      expect([authorization, response.status]).toEqual([authorization, 401]);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.text()).not.toContain('grapnel_');
    }
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  });

  test('without METRICS_TOKEN, only the key of an OWNER', async () => {
    const plain = await startTestServer();
    try {
      expect((await fetchMetrics(plain.url, `Bearer ${TOKEN}`)).status).toBe(401);
      expect((await fetchMetrics(plain.url, 'Bearer undefined')).status).toBe(401);
      expect((await fetchMetrics(plain.url)).status).toBe(200);
    } finally {
      await plain.remove();
    }
  });

  test('the token opens nothing else, and only GET and HEAD are answered', async () => {
    expect((await server.askAs(TOKEN)('{ viewer { role } }')).status).toBe(401);
    const posted = await fetch(`${server.url}/metrics`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('what is counted', () => {
  test('requests by kind of path, method and status, never by path', async () => {
    const grown = await grownBy('grapnel_http_requests_total', async () => {
      await fetch(`${server.url}/health/live`, { method: 'HEAD' });
      for (const path of ['/secret-1', '/secret-2']) await fetch(`${server.url}${path}`);
      await fetch(`${server.url}/graphql`, { method: 'PROPFIND' });
      await fetch(`${server.url}/authorization/start/gl_token`);
      await server.askAs('nobody')('{ viewer { role } }');
    });
    expect(grown).toEqual({
      '{route="health",method="HEAD",status="200"}': 1,
      '{route="none",method="GET",status="404"}': 2,
      '{route="graphql",method="other",status="405"}': 1,
      '{route="authorization",method="GET",status="400"}': 1,
      '{route="graphql",method="POST",status="401"}': 1,
      '{route="metrics",method="GET",status="200"}': 1,
    });
    const text = await (await fetchMetrics(server.url)).text();
    expect(text).not.toMatch(/secret-|gl_token/);
  });

  test('operations by type and outcome, on every transport; subscriptions while they last', async () => {
    const socket = openSocket(server.url, OWNER_KEY);
    let during: Samples | undefined;
    const before = await scrape(server.url);
    const grown = await grownBy('grapnel_graphql_operations_total', async () => {
      await server.ask('{ viewer { role } }');
      await server.askAs(await keyOf('VIEWER'))('{ apiKeys { totalCount } }');
      await socket.ask('{ viewer { role } }');
      const watch = await socket.watch('subscription { connectionEvents { id } }');
      during = await scrape(server.url);
      watch.stop();
      await socket.ask('{ viewer { role } }');
      const query = 'subscription { authorizationFlow(id: "flow_none") { status } }';
      await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${OWNER_KEY}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ query }),
      }).then((response) => response.text());
    });
    expect(grown).toEqual({
      '{type="query",outcome="ok"}': 3,
      '{type="query",outcome="refused"}': 1,
      '{type="mutation",outcome="ok"}': 1,
      '{type="subscription",outcome="ok"}': 1,
      // Over server-sent events: there is no such flow.
      '{type="subscription",outcome="refused"}': 1,
    });
    const gauges = (samples: Samples | undefined) =>
      ['grapnel_subscriptions', 'grapnel_sockets'].map((name) => samples?.get(name));
    expect(gauges(before)).toEqual([0, 0]);
    expect(gauges(during)).toEqual([1, 1]);
    socket.close();
    await socket.closed;
    expect((await scrape(server.url)).get('grapnel_subscriptions')).toBe(0);
  });

  test('a fault of our own is told apart from what callers do wrong', async () => {
    const id = await connected(server.ask, 'basic', peer.host, 'For a fault');
    const failing = jest.spyOn(Invocations.prototype, 'preview').mockRejectedValue(new Error('a fault'));
    const grown = await grownBy('grapnel_graphql_operations_total', () =>
      server.ask('query ($input: InvokeUrlInput!) { invokePreview(input: $input) { request { url } } }', {
        input: { connection: { id }, method: 'GET', url: peer.url },
      }),
    );
    failing.mockRestore();
    expect(grown).toEqual({ '{type="query",outcome="internal"}': 1 });
  });

  test('calls by connector and outcome, and how long third parties took', async () => {
    const id = await connected(server.ask, 'basic', peer.host, 'Counted one');
    const statuses = [200, 204, 404, 503];
    const before = await scrape(server.url);
    for (const status of statuses) {
      peer.answer((_received, response) => void response.writeHead(status).end());
      await invoke(server.ask, id, { url: peer.url });
    }
    peer.answer();
    await invoke(server.ask, id, { url: 'https://elsewhere.example/' });
    await invoke(server.ask, 'conn_none', { url: peer.url });
    const after = await scrape(server.url);
    expect(growth(before, after, 'grapnel_invokes_total')).toEqual({
      '{connector="Counted_one",outcome="2xx"}': 2,
      '{connector="Counted_one",outcome="4xx"}': 1,
      '{connector="Counted_one",outcome="5xx"}': 1,
      '{connector="Counted_one",outcome="TARGET_NOT_ALLOWED"}': 1,
      '{connector="not-known",outcome="NOT_FOUND"}': 1,
    });
    expect(growth(before, after, 'grapnel_upstream_duration_seconds_count')).toEqual({
      '{purpose="invoke",connector="Counted_one"}': 4,
    });
  });

  test('refreshes by outcome, flows by status, and what is open or due', async () => {
    const before = await scrape(server.url);
    const id = await connectedAt(server.ask, provider);
    await begin(server.ask, await connectionAt(server.ask, provider));
    await refresh(server.ask, id);
    clock.pass(3600);
    const due = await scrape(server.url);
    provider.answer({ renewal: answering(503) });
    await call(server.ask, id, provider);
    provider.answer();
    const after = await scrape(server.url);
    expect(growth(before, after, 'grapnel_refreshes_total')).toEqual({
      '{outcome="RENEWED"}': 1,
      '{outcome="UNAVAILABLE"}': 1,
    });
    expect(growth(before, after, 'grapnel_flows_total')).toEqual({ '{status="AUTHORIZED"}': 1 });
    expect(after.get('grapnel_flows_open')).toBe(1);
    expect([before, due, after].map((samples) => samples.get('grapnel_refreshes_due'))).toEqual([0, 1, 0]);
  });

  test('the process: processor, memory, files, event loop, garbage', async () => {
    const samples = await scrape(server.url);
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds'])
      expect(samples.get(name)).toBeGreaterThan(0);
    expect(samples.get('process_start_time_seconds')).toBeCloseTo(Date.now() / 1000 - process.uptime(), 0);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeLessThan(5);
    expect(samples.has('nodejs_gc_duration_seconds_total')).toBe(true);
  });
});

test('two servers in one process count for themselves', async () => {
  const other = await startTestServer();
  try {
    const grown = await grownBy('grapnel_graphql_operations_total', () => other.ask('{ viewer { role } }'));
    expect(grown).toEqual({});
  } finally {
    await other.remove();
  }
});

test('no label has a secret, a user, an id or a URL in it', async () => {
  const id = await connected(server.ask, 'apiKey', peer.host, 'Silent one');
  await invoke(server.ask, id, { url: `${peer.url}/path-of-call?q=query-of-call` });
  const text = await (await fetchMetrics(server.url)).text();
  expect(text).toContain('Silent_one');
  const secrets = [...JSON.stringify(staticCredentials).matchAll(/:"([^"]+)"/g)].map(([, value]) => value ?? '');
  for (const word of [...secrets, id, OWNER_KEY, TOKEN, peer.host, 'path-of-call', 'query-of-call', 'http://'])
    expect([word, text.includes(word)]).toEqual([word, false]);
});

describe('how large it may become', () => {
  test('of link names the first 500 are labels, and all others one', async () => {
    const metrics = new Metrics();
    for (let round = 0; round < 2; round++)
      for (let number = 0; number < 600; number++) metrics.invoke(`connector_${number}`, '2xx');
    for (let number = 0; number < 600; number++) metrics.upstream('invoke', `connector_${number}`, 0.2);
    const samples = samplesIn(await metrics.text());
    const invokes = [...samples].filter(([name]) => name.startsWith('grapnel_invokes_total'));
    expect(invokes).toHaveLength(501);
    expect(samples.get('grapnel_invokes_total{connector="connector_499",outcome="2xx"}')).toBe(2);
    expect(samples.get('grapnel_invokes_total{connector="all-others",outcome="2xx"}')).toBe(200);
    expect(samples.get('grapnel_upstream_duration_seconds_count{purpose="invoke",connector="all-others"}')).toBe(100);
  });

  test('a figure that cannot be read is left out, and the others are there', async () => {
    const metrics = new Metrics();
    let isBroken = false;
    metrics.figure('grapnel_fine', 'A figure.', () => 7);
    metrics.figure('grapnel_breaking', 'Another.', async () => {
      if (isBroken) throw new Error('The database is gone.');
      return 3;
    });
    const first = samplesIn(await metrics.text());
    expect([first.get('grapnel_fine'), first.get('grapnel_breaking')]).toEqual([7, 3]);
    isBroken = true;
    const second = samplesIn(await metrics.text());
    expect([second.get('grapnel_fine'), second.has('grapnel_breaking')]).toEqual([7, false]);
  });
});
