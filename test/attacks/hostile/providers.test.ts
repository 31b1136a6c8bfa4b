/** A hostile peer as token endpoint, refresh, revocation, request token endpoint and API: a clear error, no grant lost, memory bounded. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeGrant, conditionOf, connectedAt, refresh, revoke, startUnsweptServer } from '../../flows/grants';
import { authorizeConnection, newConnection as newOAuth1 } from '../../flows/oauth1-steps';
import { Person } from '../../peers/person';
import { startTokenServer, type TokenServer } from '../../peers/token-server';
import { invoke } from '../../support/invoke';
import { authorizing, flowOf, newConnection, oauthConnector } from '../../support/oauth';
import { startPeerApi } from '../../support/peer-api';
import type { TestServer } from '../../support/server';
import { connected } from '../../support/story';
import { amount, expectNone } from '../../support/trust';
import { type Behaviour, behaviours, type HostilePeer, startHostilePeer } from './behaviours';
import { CHAPTER, growthOf, HANG_MS } from './fuzzing';

let server: TestServer;
let peer: HostilePeer;
let provider: TokenServer;
/** A connection that calls the peer, and one that gets its tokens there. */
let calling: string;
let machine: string;
let oauth1: string;
const hits: string[] = [];
let tried = 0;

beforeAll(async () => {
  server = await startUnsweptServer({ env: { LOG_LEVEL: 'error' } });
  [peer, provider] = await Promise.all([startHostilePeer(), startTokenServer()]);
  calling = await connected(server.ask, 'basic', peer.host);
  const config = {
    grantType: 'CLIENT_CREDENTIALS',
    clientId: 'acme',
    clientSecret: 'secret',
    tokenUrl: `http://${peer.host}/token`,
  };
  machine = await newConnection(server.ask, await oauthConnector(server.ask, { name: 'Machine' }, { oauth2: config }));
  oauth1 = (await newOAuth1(server.ask, { provider: `http://${peer.host}` })).connection;
  // A provider has twenty seconds; one that is slow on purpose gets a part of one here.
  const real = setTimeout;
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(((work: () => void, ms?: number) => real(work, ms === 20_000 && isSlow ? 300 : ms)) as never);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await peer.close();
  await Promise.all([server.remove(), provider.close()]);
});
let isSlow = false;

/** What is told of a flow that cannot go on. */
const flowCodes = ['PROVIDER_REFUSED', 'PROVIDER_UNAVAILABLE', 'PROVIDER_ANSWER_UNUSABLE'];

/** Each way out: what became of a request there, in a word; throws for what must not be. */
const ways: Record<string, (behaviour: Behaviour) => Promise<void>> = {
  async invokeUrl(behaviour) {
    const input = {
      url: `http://${peer.host}/things`,
      maxResponseBytes: 1_000_000,
      timeoutMs: behaviour.isSlow ? 300 : HANG_MS,
    };
    const { response, userErrors } = await invoke(server.ask, calling, input);
    expect(response?.status ?? userErrors.map(({ code }) => code).join()).toBe(behaviour.invoke);
    expect((await conditionOf(server.ask, calling)).status).toBe('CONNECTED');
  },
  async 'the token endpoint'() {
    const { data, errors } = await authorizing(server.ask, machine);
    expect(errors).toBeUndefined();
    const { flow, userErrors } = data.connectionAuthorize;
    const codes = [flow?.error?.code, ...userErrors.map(({ code }: { code: string }) => code)].filter(Boolean);
    if (flow?.status !== 'AUTHORIZED') expect(['PROVIDER_ERROR', ...flowCodes]).toContain(codes.join());
  },
  async 'the refresh'() {
    const authConfig = codeGrant(provider, { refreshTokenUrl: `http://${peer.host}/refresh` });
    const id = await connectedAt(server.ask, provider, { authConfig });
    const { codes } = await refresh(server.ask, id);
    expect(['', 'PROVIDER_ERROR', 'NOT_AUTHORIZED']).toContain(codes.join());
    const { status, health } = await conditionOf(server.ask, id);
    expect(['CONNECTED', 'NEEDS_ATTENTION']).toContain(status);
    expect(health).toMatch(
      codes.length === 0 ? /^(OK|DEGRADED) / : /^(DEGRADED|BROKEN) (WAIT|REAUTHORIZE|FIX_CONFIGURATION)$/,
    );
  },
  async 'the revocation'() {
    const authConfig = codeGrant(provider, { revokeTokenUrl: `http://${peer.host}/revoke` });
    const id = await connectedAt(server.ask, provider, { authConfig });
    const { connection, remoteRevoked, userErrors } = await revoke(server.ask, id);
    expect([connection.status, typeof remoteRevoked, userErrors]).toEqual(['REVOKED', 'boolean', []]);
  },
  async 'the request token endpoint'() {
    const { flow, link } = await authorizeConnection(server.ask, oauth1);
    const person = new Person();
    const page = await person.press(await person.visit(link), { stopBefore: ({ host }) => host === peer.host });
    expect(page.status).toBe(400);
    const { status, error } = await flowOf(server.ask, flow);
    expect([status, flowCodes.includes(error?.code ?? '')]).toEqual(['FAILED', true]);
  },
};

async function attack(way: string, name: string): Promise<void> {
  const behaviour = behaviours[name]!;
  isSlow = behaviour.isSlow === true;
  peer.behave(behaviour);
  tried += 1;
  try {
    await ways[way]!(behaviour);
  } catch (error) {
    hits.push(`${way}, ${name}: ${(error as Error).message}`);
  }
  hits.push(...server.logLines.splice(0).map((line) => `${way}, ${name}, log: ${line}`));
}

test('every hostile behaviour on every way out is told as what it is', async () => {
  const names = Object.keys(behaviours);
  const growth = await growthOf('hostile peers on every way out', async () => {
    for (const [turn, way] of Object.keys(ways).entries())
      for (const [index, name] of names.entries())
        if (way === 'invokeUrl' || index % amount(9, 1) === turn % amount(9, 1)) await attack(way, name);
  });
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expectNone(
    CHAPTER,
    'hostile answers that were not told as an error of the other side',
    hits,
    tried,
    5 * names.length,
  );
  expect(growth).toBeLessThan(500);
  expect((await server.ask('{ viewer { role } }')).data).toEqual({ viewer: { role: 'OWNER' } });
}, 600_000);

test.each(['expired', 'self-signed', 'other-name'])(
  'a certificate that is %s is told as one, and the credentials stay',
  async (name) => {
    const pem = (file: string) => readFileSync(join(__dirname, '../../peers/tls', `${file}.pem`));
    const asked: unknown[] = [];
    const secure = await startPeerApi({ tls: { key: pem('server.key'), cert: pem(name) } });
    secure.answer((received) => asked.push(received));
    try {
      const id = await connected(server.ask, 'basic', secure.host, `With a certificate that is ${name}`);
      const { response, userErrors } = await invoke(server.ask, id, { url: `${secure.url}/things` });
      expect([response, userErrors.map(({ code }) => code)]).toEqual([null, ['TLS_FAILED']]);
      expect(asked).toEqual([]);
      expect((await conditionOf(server.ask, id)).health).toBe('DEGRADED FIX_CONFIGURATION');
    } finally {
      await secure.close();
    }
  },
  60_000,
);
