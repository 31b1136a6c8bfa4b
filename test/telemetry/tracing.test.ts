/** Traces: what spans there are and how they hang together, and what is never in them. */
import { version } from '../../src/config';
import { connectedAt, refresh } from '../flows/grants';
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { INVOKE, invoke } from '../support/invoke';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { openSocket } from '../support/sockets';
import { connected, staticCredentials } from '../support/story';
import { type Collector, type SpanSeen, startCollector } from './collector';

const HEADER_SECRET = 'key-of-the-collector';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

let collector: Collector;
let peer: PeerApi;
let server: TestServer;

// Starting with traces loads much, which takes its time on a busy machine.
jest.setTimeout(20_000);

beforeEach(async () => {
  [collector, peer] = await Promise.all([startCollector(), startPeerApi()]);
});
afterEach(async () => {
  await server.remove();
  await Promise.all([collector.close(), peer.close()]);
});

async function start(env: Record<string, string> = {}): Promise<void> {
  const headers = { OTEL_EXPORTER_OTLP_HEADERS: `x-key=${HEADER_SECRET}` };
  // The collector's address is no address that credentials may be sent to.
  const allow = { OUTBOUND_ALLOW: peer.host };
  server = await startTestServer({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...headers, ...allow, ...env } });
}

/** What was traced, once the server is closed: stopping sends what is left. */
async function traced(): Promise<SpanSeen[]> {
  await server.close();
  return collector.spans();
}

const named = (spans: readonly SpanSeen[], name: string) => spans.filter((span) => span.name === name);
const only = (spans: readonly SpanSeen[], name: string): SpanSeen => {
  const found = named(spans, name);
  if (found.length !== 1) throw new Error(`${found.length} spans are named ${name}: ${spans.map((span) => span.name)}`);
  return found[0] as SpanSeen;
};

/** Asks with headers of a trace. */
const askTraced = (query: string, variables: object, headers: Record<string, string>) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${OWNER_KEY}`, ...headers },
    body: JSON.stringify({ query, variables }),
  }).then((response) => response.json());

test('a call is a span inside its operation, inside its request, inside the trace of its caller', async () => {
  await start({ OTEL_SERVICE_NAME: 'doorman' });
  const id = await connected(server.ask, 'basic', peer.host, 'Traced one');
  peer.answer((_received, response) => void response.writeHead(404).end());
  const query = INVOKE.replace('mutation (', 'mutation CallIt(');
  const variables = { input: { connection: { id }, method: 'GET', url: `${peer.url}/path-of-call?q=query-of-call` } };
  await askTraced(query, variables, { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-request-id': 'request-of-test' });

  const spans = (await traced()).filter(({ traceId }) => traceId === TRACE);
  const [request, operation, call] = ['POST graphql', 'mutation CallIt', 'invoke'].map((name) => only(spans, name));
  expect(spans).toHaveLength(3);
  expect(request).toMatchObject({
    kind: 2,
    parentSpanId: PARENT,
    status: 0,
    attributes: {
      'http.request.method': 'POST',
      'http.route': 'graphql',
      'http.response.status_code': 200,
      'grapnel.request_id': 'request-of-test',
    },
  });
  expect(operation).toMatchObject({
    kind: 1,
    parentSpanId: request?.spanId,
    attributes: {
      'graphql.operation.type': 'mutation',
      'graphql.operation.name': 'CallIt',
      'grapnel.outcome': 'ok',
    },
  });
  expect(call).toMatchObject({
    kind: 3,
    parentSpanId: operation?.spanId,
    // A client's span has failed when the answer is 4xx.
    status: 2,
    attributes: {
      'grapnel.connector': 'Traced_one',
      'http.request.method': 'GET',
      'server.address': peer.host,
      'http.response.status_code': 404,
    },
  });
  expect(collector.resource()).toMatchObject({ 'service.name': 'doorman', 'service.version': version() });
  const [sent] = collector.received;
  expect([sent?.method, sent?.target]).toEqual(['POST', '/v1/traces']);
  expect(sent?.headers).toMatchObject({ 'content-type': 'application/json', 'x-key': HEADER_SECRET });
});

test('third parties are told nothing of our traces', async () => {
  await start();
  const id = await connected(server.ask, 'basic', peer.host);
  await askTraced(
    INVOKE,
    { input: { connection: { id }, method: 'GET', url: peer.url } },
    {
      traceparent: `00-${TRACE}-${PARENT}-01`,
      tracestate: 'vendor=state-of-caller',
    },
  );
  expect(peer.received).toHaveLength(1);
  const names = peer.received[0]?.rawHeaders.filter((_text, index) => index % 2 === 0);
  expect(names).toEqual(['host', 'connection', 'Authorization', 'accept-encoding', 'user-agent']);
});

test('a refresh is a span with the request to the provider inside; an operation on a socket is one of its own', async () => {
  const provider: TokenServer = await startTokenServer();
  await start({ OUTBOUND_ALLOW: '127.0.0.1' });
  const id = await connectedAt(server.ask, provider);
  await refresh(server.ask, id);
  const socket = openSocket(server.url, OWNER_KEY);
  await socket.ask('query OnSocket { viewer { role } }');
  socket.close();
  const spans = await traced();
  await provider.close();
  const renewal = only(spans, 'refresh');
  const inside = spans.filter(({ parentSpanId }) => parentSpanId === renewal.spanId);
  expect(inside.map(({ name, kind, attributes }) => [name, kind, attributes['server.address']])).toEqual([
    ['provider', 3, provider.host],
  ]);
  // The exchange of the code, and the refresh.
  expect(named(spans, 'provider')).toHaveLength(2);
  expect(only(spans, 'query OnSocket').parentSpanId).toBeUndefined();
});

test('no secret, variable, query, path, key or message is in a span', async () => {
  await start();
  const id = await connected(server.ask, 'apiKey', peer.host);
  await invoke(server.ask, id, {
    url: `${peer.url}/path-of-call?q=query-of-call`,
    headers: [{ name: 'X-A', value: 'header-of-call' }],
  });
  await invoke(server.ask, id, { url: 'http://forbidden.example/path-of-call' });
  await server.ask('query ($id: ID!) { connection(by: { id: $id }) { id } }', { id: 'conn_variable' });
  await fetch(`${server.url}/authorization/start/gl_token-of-link`);
  await traced();
  const sent = collector.received.map(({ body }) => `${body}`).join('\n');
  expect(sent).toContain('"invoke"');
  const secrets = [...JSON.stringify(staticCredentials).matchAll(/:"([^"]+)"/g)].map(([, value]) => value ?? '');
  const others = ['path-of-call', 'query-of-call', 'header-of-call', 'conn_variable', 'token-of-link', OWNER_KEY, id];
  for (const word of [...secrets.filter((secret) => secret.length > 8), ...others, HEADER_SECRET, 'allowedHosts'])
    expect([word, sent.includes(word)]).toEqual([word, false]);
});

test.each([
  ['parentbased_always_on', '01', true],
  ['parentbased_always_on', '00', false],
  ['parentbased_always_off', '01', true],
  ['parentbased_always_off', undefined, false],
  ['parentbased_traceidratio', undefined, false],
  ['traceidratio', '01', false],
  ['always_on', '00', true],
  ['always_off', '01', false],
])('the sampler %s, and flags %s of the caller: recorded %s', async (sampler, flags, isRecorded) => {
  await start({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: '0' });
  await askTraced(
    'query Sampled { viewer { role } }',
    {},
    flags ? { traceparent: `00-${TRACE}-${PARENT}-${flags}` } : {},
  );
  expect(named(await traced(), 'query Sampled')).toHaveLength(isRecorded ? 1 : 0);
});

test.each([
  '',
  'x',
  `00-${TRACE}-${PARENT}`,
  `00-${TRACE}-${PARENT}-01-more`,
  `ff-${TRACE}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
])('a traceparent that says nothing (%s) begins a trace of our own', async (traceparent) => {
  await start();
  await askTraced('query Own { viewer { role } }', {}, { traceparent });
  const spans = await traced();
  const request = only(spans, 'POST graphql');
  expect(request.parentSpanId).toBeUndefined();
  expect(only(spans, 'query Own').parentSpanId).toBe(request.spanId);
  expect([request.traceId === TRACE, request.traceId]).toEqual([false, expect.stringMatching(/^[0-9a-f]{32}$/)]);
});

test('a collector in trouble holds nothing up, and the log tells of it without its headers', async () => {
  await start();
  collector.answer((_received, response) => void response.writeHead(503).end());
  expect((await server.ask('{ viewer { role } }')).status).toBe(200);
  await server.close();
  const warnings = server.logLines.filter((line) => line.includes('Traces cannot be sent'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('The collector answered 503.');
  expect(server.logLines.join('')).not.toContain(HEADER_SECRET);
});
