// Encrypted connections: which certificates are accepted, and for which name they are checked.
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import tls, { type TLSSocket } from 'node:tls';
import { closeServers, failureOf, get, httpPeer, httpsPeer, outbound, rawPeer, saying } from './servers';

const pem = (name: string) => readFileSync(join(__dirname, '../peers/tls', `${name}.pem`), 'utf8');
const ca = pem('ca');
const key = pem('server.key');
const toLoopback = async () => [{ address: '127.0.0.1', family: 4 as const }];
const door = (more = {}) => outbound({ ca, resolve: toLoopback, ...more });

const naming: RequestListener = (request, response) => {
  response.end(`${(request.socket as TLSSocket & { servername: string | false }).servername} ${request.headers.host}`);
};

afterEach(closeServers);

it('sends the name of the URL and checks the certificate against it', async () => {
  const peer = await httpsPeer({ key, cert: pem('server') }, naming);
  const host = `api.example.test:${peer.port}`;
  expect((await door().send(get(`https://${host}/`))).body.toString()).toBe(`api.example.test ${host}`);
});

it('checks an address against the addresses in the certificate, and sends no name', async () => {
  const peer = await httpsPeer({ key, cert: pem('server') }, naming);
  const host = `127.0.0.1:${peer.port}`;
  expect((await door().send(get(`https://${host}/`))).body.toString()).toBe(`false ${host}`);
});

it('uses an encrypted connection again', async () => {
  const peer = await httpsPeer({ key, cert: pem('server') }, naming);
  const reused = door();
  for (const path of ['/1', '/2']) {
    expect((await reused.send(get(`https://api.example.test:${peer.port}${path}`))).status).toBe(200);
    await new Promise(setImmediate);
  }
  expect(peer.sockets.length).toBe(1);
});

it.each([
  ['expired', 'CERT_HAS_EXPIRED'],
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['other-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
])('refuses a certificate that is %s', async (name, code) => {
  const requests: unknown[] = [];
  const peer = await httpsPeer({ key, cert: pem(name) }, (request) => requests.push(request));
  const host = `api.example.test:${peer.port}`;
  const error = await failureOf(door().send(get(`https://${host}/`)));
  expect([error.failure, error.message]).toEqual([
    'TLS_FAILED',
    `The certificate or encryption of ${host} is not acceptable (${code}).`,
  ]);
  expect(requests).toEqual([]);
});

it('refuses an authority that is not trusted', async () => {
  const peer = await httpsPeer({ key, cert: pem('server') }, naming);
  const error = await failureOf(door({ ca: undefined }).send(get(`https://api.example.test:${peer.port}/`)));
  expect(error.failure).toBe('TLS_FAILED');
});

// Tests have an environment of their own, which Node does not read; so what overrules the environment is looked at.
it('leaves the check of certificates neither to NODE_TLS_REJECT_UNAUTHORIZED nor to the options of Node', async () => {
  const peer = await httpsPeer({ key, cert: pem('server') }, naming);
  const connect = jest.spyOn(tls, 'connect');
  await door().send(get(`https://api.example.test:${peer.port}/`));
  expect(connect.mock.calls).toEqual([
    [expect.objectContaining({ host: '127.0.0.1', rejectUnauthorized: true, minVersion: 'TLSv1.2' })],
  ]);
  connect.mockRestore();
});

it('refuses versions before TLS 1.2', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const peer = await httpsPeer({ key, cert: pem('server'), ...old }, naming);
  expect((await failureOf(door().send(get(`https://api.example.test:${peer.port}/`)))).failure).toBe('TLS_FAILED');
});

it('tells a peer that speaks no TLS from one that hangs up', async () => {
  const plain = await httpPeer((_, response) => response.end());
  expect((await failureOf(door().send(get(`https://api.example.test:${plain.port}/`)))).failure).toBe('TLS_FAILED');
  const garbage = await saying('\x16\x03\x03\x00\x02garbage and more garbage');
  expect((await failureOf(door().send(get(`https://api.example.test:${garbage.port}/`)))).failure).toBe('TLS_FAILED');
  const hangsUp = await rawPeer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  expect((await failureOf(door().send(get(`https://api.example.test:${hangsUp.port}/`)))).failure).toBe('NO_ANSWER');
});

it('may be required, and is then enough', async () => {
  const peer = await httpsPeer({ key, cert: pem('server') }, naming);
  const answer = await door({ requireHttps: true }).send(get(`https://api.example.test:${peer.port}/`));
  expect(answer.status).toBe(200);
});

it('does not let the caller choose the name that is checked', async () => {
  const peer = await httpsPeer({ key, cert: pem('other-name') }, naming);
  const headers = [['host', 'other.example.test']] as const;
  const error = await failureOf(door().send(get(`https://api.example.test:${peer.port}/`, { headers })));
  expect(error.failure).toBe('RESERVED');
  expect(peer.sockets.length).toBe(0);
});
