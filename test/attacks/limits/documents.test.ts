/** What one operation may ask for: just below each limit it is answered, just above refused, and the same over every transport. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createKey } from '../../support/keys';
import { OWNER_KEY, startTestServer, type TestServer } from '../../support/server';
import { expectNone } from '../../support/trust';
import { CHAPTER, EVENTS_TYPE, isOurFault, JSON_TYPE, openSocket, post, toldBy, wayNames, ways } from './ways';

let server: TestServer;
let other: string;
const different: string[] = [];
const faults: string[] = [];
let tried = 0;

beforeAll(async () => {
  server = await startTestServer();
  other = (await createKey(server.ask, 'VIEWER')).secret;
});
afterAll(async () => {
  await server.remove();
});

const times = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(' ');
const deep = (levels: number) =>
  `{ __type(name: "Query") { ${'ofType { '.repeat(levels - 2)} name ${'}'.repeat(levels - 2)} } }`;
/** 16 tokens and those of the list; there is no more to see than that too many scopes are refused by their own rule. */
const tokens = (count: number) =>
  `mutation { scopesDelete(ids: [${'1 '.repeat(count - 16)}]) { userErrors { code } } }`;
const fields = (count: number) => `
  { a: __type(name: "Query") { ...F } b: __type(name: "Query") { ...F ${count % 2 ? 'name' : ''} } }
  fragment F on __Type { ${times(Math.floor(count / 2) - 1, (index) => `f${index}: name`)} }`;
const roots = (count: number) => `{ ${times(count, (index) => `a${index}: viewer { role }`)} }`;
const rootsOfFragment = (count: number) => `
  { ...F } fragment F on Query { ...G } fragment G on Query { ${times(count, (index) => `a${index}: viewer { role }`)} }`;
const aliasedMutations = (count: number) =>
  `mutation { ${times(count, (index) => `a${index}: scopesDelete(ids: []) { userErrors { code } }`)} }`;
/** A page of 100, each with a page of `size`: 2 × (2 + 100 × (2 + size)). */
const pages = `query ($size: Int) {
  a: connections(first: 100) { nodes { grants(first: $size) { nodes { id } } } }
  b: connections(last: 100) { nodes { grants(last: $size) { nodes { id } } } }
}`;
/** 2,011 each: the call, its user errors, and a code for each of ten. */
const calls = (count: number) => `mutation ($input: InvokeUrlInput!) {
  ${times(count, (index) => `a${index}: invokeUrl(input: $input) { userErrors { code } }`)}
}`;
const input = { connection: { linkName: 'none' }, method: 'GET', url: 'https://api.example/' };
const list = 'mutation ($ids: [ID!]!) { scopesDelete(ids: $ids) { userErrors { code } } }';
const ids = (count: number) => ({ ids: Array(count).fill('x') });

type Request = readonly [string, object?];
const limits: Record<string, { below: Request; above: Request; message: RegExp }> = {
  depth: { below: [deep(30)], above: [deep(31)], message: /^Fields may be nested at most 30 deep\.$/ },
  tokens: { below: [tokens(15_000)], above: [tokens(15_001)], message: /more tha[nt] 15000 tokens/ },
  fields: {
    below: [fields(5_000)],
    above: [fields(5_001)],
    message: /^An operation may select at most 5000 fields\.$/,
  },
  aliases: {
    below: [roots(50)],
    above: [roots(51)],
    message: /^An operation may have at most 50 fields at its root\.$/,
  },
  'aliases in fragments': {
    below: [rootsOfFragment(50)],
    above: [rootsOfFragment(51)],
    message: /at most 50 fields at its root/,
  },
  'aliased mutations': {
    below: [aliasedMutations(50)],
    above: [aliasedMutations(51)],
    message: /at most 50 fields at its root/,
  },
  cost: {
    below: [pages, { size: 97 }],
    above: [pages, { size: 98 }],
    message: /^An operation may cost at most 20000, and this one costs 20004: /,
  },
  'calls to APIs': {
    below: [calls(9), { input }],
    above: [calls(10), { input }],
    message: /^An operation may cost at most 20000, and this one costs 20110: /,
  },
  'items of a list': {
    below: [list, ids(1_000)],
    above: [list, ids(1_001)],
    message: /^A list in the variables has at most 1000 items; the one at "ids" has more\.$/,
  },
};

describe.each(Object.entries(limits))('%s', (name, { below, above, message }) => {
  test.each(wayNames)('over %s', async (way) => {
    const [passes, refused] = [
      await ways[way](server, OWNER_KEY, ...below),
      await ways[way](server, OWNER_KEY, ...above),
    ];
    tried += 1;
    if (refused.codes.join() !== 'BAD_USER_INPUT') different.push(`${name} over ${way}`);
    faults.push(...[passes, refused].filter(isOurFault).map(() => `${name} over ${way}`));
    expect({ ...passes, data: undefined }).toMatchObject({ codes: [], messages: [] });
    expect(passes.data).toBeTruthy();
    expect(refused.codes).toEqual(['BAD_USER_INPUT']);
    expect(refused.messages[0]).toMatch(message);
    // Event streams tell what is wrong with a document as their only event.
    expect(refused.status).toBe({ HTTP: 400, SSE: 200, WebSocket: undefined }[way]);
    expect((await ways[way](server, other, '{ viewer { role } }')).data).toEqual({ viewer: { role: 'VIEWER' } });
  });
});

describe('fragments', () => {
  const circular = '{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }';
  const doubling = `{ __type(name: "Query") { ...F0 } } ${times(
    25,
    (index) => `fragment F${index} on __Type { a: ofType { ...F${index + 1} } b: ofType { ...F${index + 1} } }`,
  )} fragment F25 on __Type { name }`;

  test.each(wayNames)('that go in a circle, or double each other, are refused over %s', async (way) => {
    const told = [await ways[way](server, OWNER_KEY, circular), await ways[way](server, OWNER_KEY, doubling)];
    tried += told.length;
    expect(told.map(({ messages: [first] }) => first)).toEqual([
      'Cannot spread fragment "A" within itself via "B".',
      'An operation may select at most 5000 fields.',
    ]);
    faults.push(...told.filter(isOurFault).map(() => `fragments over ${way}`));
  });
});

describe('a body or a frame of more than 16 MiB', () => {
  const most = 16 * 1024 * 1024;
  const body = (bytes: number, payload: object, more: object = {}) => {
    const text = JSON.stringify({ ...more, ...(more && Object.keys(more).length ? { payload } : payload) });
    return text + ' '.repeat(bytes - text.length);
  };
  const query = '{ viewer { role } }';

  test.each([
    ['HTTP', JSON_TYPE],
    ['SSE', EVENTS_TYPE],
  ])('is refused over %s', async (way, accept) => {
    const fits = await toldBy(await post(server, OWNER_KEY, body(most, { query }), accept));
    const tooLarge = await toldBy(await post(server, OWNER_KEY, body(most + 1, { query }), accept));
    tried += 1;
    if (tooLarge.status !== 413) different.push(`body over ${way}`);
    expect(fits).toMatchObject({ codes: [], data: { viewer: { role: 'OWNER' } } });
    expect(tooLarge).toMatchObject({
      status: 413,
      codes: ['BAD_USER_INPUT'],
      messages: [`The request body may have at most ${most} bytes.`],
    });
  });

  test.each([
    ['HTTP', JSON_TYPE],
    ['SSE', EVENTS_TYPE],
  ])('is refused over %s also when it does not say how long it is', async (way, accept) => {
    const send = async (bytes: number) => {
      // A stream is sent in chunks, without a length.
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { accept, authorization: `Bearer ${OWNER_KEY}`, 'content-type': 'application/json' },
        body: new Blob([body(bytes, { query })]).stream(),
        duplex: 'half',
      } as RequestInit);
      return toldBy(response);
    };
    const [fits, tooLarge] = [await send(most), await send(most + 1)];
    tried += 1;
    if (tooLarge.status !== 413) different.push(`body in chunks over ${way}`);
    expect(fits).toMatchObject({ codes: [], data: { viewer: { role: 'OWNER' } } });
    expect(tooLarge).toMatchObject({ status: 413, codes: ['BAD_USER_INPUT'] });
  });

  test.each([
    ['HTTP', JSON_TYPE],
    ['SSE', EVENTS_TYPE],
  ])('is refused over %s as soon as it is announced, before any of it has come', async (_way, accept) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const head = ['POST /graphql HTTP/1.1', `Host: ${hostname}`, `Authorization: Bearer ${OWNER_KEY}`];
    head.push('Content-Type: application/json', `Accept: ${accept}`, `Content-Length: ${most + 1}`);
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    tried += 1;
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  test('closes the socket, and no other', async () => {
    const [one, neighbour] = [await openSocket(server, OWNER_KEY), await openSocket(server, other)];
    const answer = new Promise((resolve) => one.socket.once('message', (text) => resolve(JSON.parse(String(text)))));
    one.socket.send(body(most, { query }, { id: '1', type: 'subscribe' }));
    expect(await answer).toMatchObject({ type: 'next', payload: { data: { viewer: { role: 'OWNER' } } } });
    one.socket.send(body(most + 1, { query }, { id: '2', type: 'subscribe' }));
    const [code] = await one.closed;
    tried += 1;
    if (code !== 1009) different.push('frame');
    // RFC 6455 section 7.4.1: a message that is too big.
    expect(code).toBe(1009);
    expect(neighbour.socket.readyState).toBe(neighbour.socket.OPEN);
    neighbour.socket.close();
    await neighbour.closed;
  }, 30_000);
});

test('no limit is missing on one of the transports, and none is answered as a fault of ours', () => {
  expectNone(CHAPTER, 'limits of documents that one transport does not hold', different, tried, 30);
  expectNone(CHAPTER, 'documents beyond a limit answered 5xx', faults, tried, 30);
});
