/** When there is no answer: each reason has its own code, shows in the health of the connection, and passes with the next good call. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { connectionWith, healthOf, invoke, preview, refusals } from '../support/invoke';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import {
  authorize,
  connected,
  createConnection,
  readyConnector,
  staticConfigs,
  staticCredentials,
} from '../support/story';

const pem = (name: string) => readFileSync(join(__dirname, '../peers/tls', `${name}.pem`), 'utf8');
const tlsOf = (name: string) => ({ key: pem('server.key'), cert: pem(name) });

let server: TestServer;
let peer: PeerApi;
let trusted: PeerApi;
let selfSigned: PeerApi;
let expired: PeerApi;
let closedUrl: string;
let id: string;

beforeAll(async () => {
  [server, peer, trusted, selfSigned, expired] = await Promise.all([
    startTestServer({ ca: pem('ca') }),
    startPeerApi(),
    startPeerApi({ tls: tlsOf('server') }),
    startPeerApi({ tls: tlsOf('self-signed') }),
    startPeerApi({ tls: tlsOf('expired') }),
  ]);
  const gone = await startPeerApi();
  closedUrl = gone.url;
  await gone.close();
  id = await connected(server.ask, 'bearerToken', '127.0.0.1');
});
beforeEach(() => {
  for (const one of [peer, selfSigned, expired]) {
    one.received.length = 0;
    one.answer();
  }
});
afterAll(async () => {
  await server.remove();
  await Promise.all([peer, trusted, selfSigned, expired].map((one) => one.close()));
});

/** Expects the call to be refused so, the health to say so, and a good call to mend it. */
async function expectTrouble(input: object, { code, path, remedy }: { code: string; path: string; remedy: string }) {
  expect(await healthOf(server.ask, id)).toMatchObject({ state: 'OK', remedy: 'NONE' });
  const { response, userErrors } = await invoke(server.ask, id, { url: peer.url, ...input });
  expect(response).toBeNull();
  expect(userErrors).toEqual([{ __typename: 'ProviderError', code, path: [path], message: expect.any(String) }]);
  const message = userErrors[0]?.message ?? '';
  const troubled = await healthOf(server.ask, id);
  expect(troubled).toMatchObject({ state: 'DEGRADED', reason: message, remedy, lastErrorAt: expect.any(String) });
  peer.answer();
  expect((await invoke(server.ask, id, { url: peer.url })).response?.status).toBe(200);
  const recovered = await healthOf(server.ask, id);
  expect(recovered).toMatchObject({ state: 'OK', remedy: 'NONE', lastErrorAt: troubled.lastErrorAt });
  expect(recovered.reason).not.toBe(message);
  return message;
}

describe('no answer:', () => {
  const noAnswer = { code: 'NO_ANSWER', path: 'url', remedy: 'WAIT' };

  test('nobody listens', async () => {
    expect(await expectTrouble({ url: closedUrl }, noAnswer)).toContain(new URL(closedUrl).host);
  });

  test('the connection is reset', async () => {
    peer.answer((_, response) => response.socket?.resetAndDestroy());
    expect(await expectTrouble({}, noAnswer)).toContain(peer.host);
  });

  test('the connection is closed in the middle of the body', async () => {
    peer.answer((_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345', () => response.socket?.destroy());
    });
    await expectTrouble({}, noAnswer);
  });

  test('what comes is not HTTP', async () => {
    peer.answer((_, response) => response.socket?.end('no HTTP at all\r\n\r\n'));
    await expectTrouble({}, noAnswer);
  });

  test('the body is not in the coding it says', async () => {
    peer.answer((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'));
    await expectTrouble({}, noAnswer);
  });
});

describe('too late:', () => {
  const timedOut = { code: 'TIMED_OUT', path: 'timeoutMs', remedy: 'WAIT' };

  test('the API takes the request and never answers', async () => {
    peer.answer(() => undefined);
    expect(await expectTrouble({ timeoutMs: 40 }, timedOut)).toContain('40 ms');
    expect(peer.received).toHaveLength(2);
  });

  test('the API begins its answer and never ends it', async () => {
    peer.answer((_, response) => response.writeHead(200).write('begun'));
    await expectTrouble({ timeoutMs: 40 }, timedOut);
  });
});

describe('too large:', () => {
  const tooLarge = { code: 'TOO_LARGE', path: 'maxResponseBytes', remedy: 'FIX_CONFIGURATION' };
  const text = (length: number) => 'x'.repeat(length);

  test.each([
    ['with its length', { 'content-length': '1001' }, (body: string) => body],
    ['in chunks', {}, (body: string) => body],
    ['compressed', { 'content-encoding': 'gzip' }, gzipSync],
  ])('one byte more than asked for, %s', async (_, headers, encode) => {
    const send = (length: number) =>
      peer.answer((_received, response) => {
        response.writeHead(200, 'content-length' in headers ? { 'content-length': `${length}` } : headers);
        response.end(encode(text(length)));
      });
    send(1000);
    const { response } = await invoke(server.ask, id, { url: peer.url, maxResponseBytes: 1000 });
    expect([response?.byteSize, response?.body]).toEqual([1000, text(1000)]);
    send(1001);
    expect(await expectTrouble({ maxResponseBytes: 1000 }, tooLarge)).toContain('1000 bytes');
  });

  test('one byte is a limit too', async () => {
    peer.answer((_, response) => response.end('1'));
    expect((await invoke(server.ask, id, { url: peer.url, maxResponseBytes: 1 })).response?.body).toBe('1');
    peer.answer((_, response) => response.end('12'));
    await expectTrouble({ maxResponseBytes: 1 }, tooLarge);
  });
});

describe('TLS:', () => {
  const tlsFailed = { code: 'TLS_FAILED', path: 'url', remedy: 'FIX_CONFIGURATION' };

  test('a certificate of an authority that is trusted will do', async () => {
    const { response } = await invoke(server.ask, id, { url: `${trusted.url}/path` });
    expect([response?.status, trusted.received.map(({ target }) => target)]).toEqual([200, ['/path']]);
  });

  test('a certificate that signed itself will not', async () => {
    expect(await expectTrouble({ url: selfSigned.url }, tlsFailed)).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(selfSigned.received).toEqual([]);
  });

  test('an expired one will not', async () => {
    expect(await expectTrouble({ url: expired.url }, tlsFailed)).toContain('CERT_HAS_EXPIRED');
    expect(expired.received).toEqual([]);
  });

  test('a server that speaks none will not', async () => {
    await expectTrouble({ url: peer.url.replace('http:', 'https:') }, tlsFailed);
  });
});

test('a host that is not allowed is for somebody to mend too', async () => {
  const code = 'TARGET_NOT_ALLOWED';
  await expectTrouble({ url: 'http://192.0.2.1/' }, { code, path: 'url', remedy: 'FIX_CONFIGURATION' });
});

test('the answer 401 is data, and asks for new credentials until a call goes well', async () => {
  peer.answer((_, response) => response.writeHead(401).end());
  expect((await invoke(server.ask, id, { url: peer.url })).response?.status).toBe(401);
  expect(await healthOf(server.ask, id)).toMatchObject({ state: 'DEGRADED', remedy: 'REAUTHORIZE' });
  peer.answer();
  await invoke(server.ask, id, { url: peer.url });
  expect(await healthOf(server.ask, id)).toMatchObject({ state: 'OK', remedy: 'NONE' });
});

test.each([403, 429, 500, 503])('the answer %d is data and no trouble of the connection', async (status) => {
  peer.answer((_, response) => response.writeHead(status).end());
  expect((await invoke(server.ask, id, { url: peer.url })).response?.status).toBe(status);
  expect(await healthOf(server.ask, id)).toMatchObject({ state: 'OK', remedy: 'NONE' });
});

describe('without a grant nothing is sent, and the preview says the same:', () => {
  afterEach(() => expect(peer.received).toEqual([]));

  async function refusalOf(connection: string, input: object = {}) {
    const answer = await invoke(server.ask, connection, { url: peer.url, ...input });
    const previewed = await preview(server.ask, connection, { url: peer.url, ...input });
    expect([answer.response, previewed.request]).toEqual([null, null]);
    expect(previewed.userErrors).toEqual(answer.userErrors);
    return refusals(answer);
  }

  const connectorOf = (name: string) =>
    readyConnector(server.ask, { name, allowedHosts: [peer.host] }, staticConfigs.basic);

  test('never authorized, and revoked', async () => {
    const connector = await connectorOf('Unauthorized');
    const connection = await createConnection(server.ask, { connector: { id: connector }, name: 'Unauthorized' });
    expect(await refusalOf(connection)).toEqual([['NOT_AUTHORIZED', 'connection']]);
    await authorize(server.ask, connection, staticCredentials.basic);
    const revoke = 'mutation ($id: ID!) { connectionRevoke(id: $id) { userErrors { code } } }';
    await dataOf(server.ask(revoke, { id: connection }));
    expect(await refusalOf(connection)).toEqual([['NOT_AUTHORIZED', 'connection']]);
  });

  test('the grant of another user, none, and one too many', async () => {
    const connection = await createConnection(server.ask, {
      connector: { id: await connectorOf('Users') },
      name: 'Users',
      authorizationLevel: 'LOGGED_IN_USER',
    });
    await authorize(server.ask, connection, staticCredentials.basic, 'alice');
    expect(await refusalOf(connection, { userId: 'bob' })).toEqual([['NOT_AUTHORIZED', 'userId']]);
    expect(await refusalOf(connection, { userId: 'Alice' })).toEqual([['NOT_AUTHORIZED', 'userId']]);
    expect(await refusalOf(connection)).toEqual([['REQUIRED', 'userId']]);
    expect(await refusalOf(connection, { userId: '' })).toEqual([['REQUIRED', 'userId']]);
    expect(await refusalOf(id, { userId: 'alice' })).toEqual([['NOT_ACCEPTED', 'userId']]);
    const { response } = await invoke(server.ask, connection, { url: peer.url, userId: 'alice' });
    expect([response?.status, peer.received.splice(0).length]).toEqual([200, 1]);
  });

  test('the connection of another workspace, and one that is none', async () => {
    const create = 'mutation { workspaceCreate(input: { name: "Other" }) { adminKey } }';
    const { adminKey } = (await dataOf(server.ask(create))).workspaceCreate;
    const theirs = await connectionWith(server.askAs(adminKey), {
      authConfig: staticConfigs.basic,
      credentials: staticCredentials.basic,
      allowedHosts: [peer.host],
    });
    expect(await refusalOf(theirs)).toEqual([['NOT_FOUND', 'connection']]);
    expect(await refusalOf('cnn_none')).toEqual([['NOT_FOUND', 'connection']]);
  });
});
