/** A server whose connections hold canary credentials: an honest API and provider, and an attacker everywhere else who hears every byte. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { authorizeByPerson, startUnsweptServer } from '../../flows/grants';
import { newConnection, oauthConnector } from '../../support/oauth';
import type { Ask, TestServer } from '../../support/server';
import { authorize } from '../../support/story';
import { type HonestProvider, honestProvider } from '../honest-provider';
import { HONEST, startTwoFaced, type TwoFaced } from '../two-faced';

/** Every secret there is, by what it is. */
export const canaries = {
  username: 'canaryuser7Qx',
  password: 'canary password+/=7Qx',
  apiKey: 'canary-api-key/7Qx==',
  bearer: 'canary-bearer.7Qx~+/=',
  accessKey: 'AKIACANARY7QX',
  secretKey: 'canary/secret+key7Qx',
  sessionToken: 'canary+session/token7Qx==',
  consumerSecret: 'canary consumer/secret7Qx',
  clientSecret: 'canary-client/secret+7Qx',
  access_token: 'canary-access/token+7Qx',
  refresh_token: 'canary-refresh/token+7Qx',
  oauth_token: 'canary-oauth1/token+7Qx',
  oauth_token_secret: 'canary-oauth1/secret+7Qx',
};

/** A text as it may be found in bytes: raw, hex, percent- and form-encoded once and twice, JSON, and base64 at each of its three places. */
export function disguises(secret: string): string[] {
  const once = encodeURIComponent(secret);
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString('base64');
    // What the neighbours share is left out.
    const inner = text
      .slice(shift === 0 ? 0 : 4)
      .replace(/=*$/, '')
      .slice(0, -2);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(inner)];
  });
  const form = new URLSearchParams({ x: secret }).toString().slice(2);
  return [...new Set([secret, once, encodeURIComponent(once), form, Buffer.from(secret).toString('hex'), ...base64])];
}

/** Those of the canaries that are somewhere in `bytes`. */
export function canariesIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').toLowerCase();
  return Object.entries(canaries)
    .filter(([, secret]) => disguises(secret).some((one) => text.includes(one.toLowerCase())))
    .map(([name]) => name);
}

export interface World extends TwoFaced {
  readonly server: TestServer;
  readonly ask: Ask;
  readonly provider: HonestProvider;
  /** What the attacker was sent over TLS, in clear. */
  readonly deciphered: Buffer[];
}

const thank = (socket: Duplex) => socket.end('HTTP/1.1 200 Thanks\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');

/** Speaks TLS on a socket whose bytes others listen to as well, `first` having come in already. */
function decipher(socket: Socket, first: Buffer, into: Buffer[]): void {
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, done) => void socket.write(chunk, () => done()),
    final: (done) => void socket.end(done),
  });
  wire.push(first);
  socket.on('data', (data: Buffer) => wire.push(data)).on('end', () => wire.push(null));
  const secure = new TLSSocket(wire, { isServer: true, key: pem('server.key'), cert: pem('server') });
  secure.on('error', () => socket.destroy());
  secure.on('data', (data: Buffer) => {
    into.push(data);
    thank(secure);
  });
}

const pem = (name: string) => readFileSync(join(__dirname, '../../peers/tls', `${name}.pem`), 'utf8');

/** The name of the honest API. */
export const API = 'api.example.test';

/** The attacker can be reached: only what the connector says stands between them and the credentials. */
export async function startWorld(): Promise<World> {
  const provider = honestProvider(canaries);
  const deciphered: Buffer[] = [];
  const faces = await startTwoFaced(provider.server, (socket) => {
    socket.once('data', (first: Buffer) => {
      if (first[0] === 0x16) decipher(socket, first, deciphered);
      else thank(socket);
    });
  });
  const isHonest = (name: string) => name === API || (name.endsWith(`.${API}`) && !name.startsWith('.'));
  const resolve = async (name: string) => [{ address: isHonest(name) ? HONEST : '127.0.0.1' }];
  const server = await startUnsweptServer({ env: { OUTBOUND_ALLOW: '127.0.0.0/8,::1' }, resolve, ca: pem('ca') });
  faces.know(server.url);
  return {
    ...faces,
    server,
    ask: server.ask,
    provider,
    deciphered,
    async close() {
      await server.remove();
      await faces.close();
    },
  };
}

export interface Kind {
  readonly name: string;
  config(origin: string): object;
  /** Absent where a person consents at the provider. */
  readonly credentials?: object;
  /** The headers of a request that hold what the type signs it with. */
  readonly headers: readonly string[];
  /** What an honest request carries, in the words of its protocol. */
  readonly proof: RegExp;
}

const apiKey = (key: string, location: string) => ({ apiKey: { parameters: [{ name: 'Key', key, location }] } });
const value = (key: string) => ({ apiKey: { values: [{ key, value: canaries.apiKey }] } });

export const oauth1 = (signatureMethod: string) => (origin: string) => ({
  oauth1: {
    consumerKey: 'consumer',
    consumerSecret: canaries.consumerSecret,
    requestTokenUrl: `${origin}/initiate`,
    authorizationUrl: `${origin}/authorize`,
    tokenUrl: `${origin}/access`,
    revokeTokenUrl: `${origin}/revoke`,
    signatureMethod,
  },
});

export const oauth2 = (clientAuthentication: string) => (origin: string) => ({
  oauth2: {
    grantType: 'AUTHORIZATION_CODE',
    clientId: 'client',
    clientSecret: canaries.clientSecret,
    clientAuthentication,
    authorizationUrl: `${origin}/authorize`,
    tokenUrl: `${origin}/token`,
    revokeTokenUrl: `${origin}/revoke`,
  },
});

/** Every auth type, in each of its ways to send credentials. */
export const kinds: readonly Kind[] = [
  {
    name: 'Basic',
    config: () => ({
      basic: { username: { name: 'User', key: 'user' }, password: { name: 'Password', key: 'password' } },
    }),
    credentials: { basic: { username: canaries.username, password: canaries.password } },
    headers: ['authorization'],
    proof: /^Basic [\w+/=]+$/,
  },
  {
    name: 'API key in a header',
    config: () => apiKey('X-Api-Key', 'HEADER'),
    credentials: value('X-Api-Key'),
    headers: ['x-api-key'],
    proof: /^canary-api-key\/7Qx==$/,
  },
  {
    name: 'API key in the query',
    config: () => apiKey('api_key', 'QUERY_STRING'),
    credentials: value('api_key'),
    headers: [],
    proof: /api_key=canary-api-key%2F7Qx%3D%3D$/,
  },
  {
    name: 'API key in a form',
    config: () => apiKey('api_key', 'FORM_DATA'),
    credentials: value('api_key'),
    headers: [],
    proof: /api_key=canary-api-key%2F7Qx%3D%3D$/,
  },
  {
    name: 'Bearer token',
    config: () => ({ bearerToken: { tokenPrefix: 'Bearer' } }),
    credentials: { bearerToken: { token: canaries.bearer } },
    headers: ['authorization'],
    proof: /^Bearer canary-bearer\.7Qx~\+\/=$/,
  },
  {
    name: 'AWS',
    config: () => ({ aws: { serviceName: 'execute-api', region: 'eu-west-1' } }),
    credentials: {
      aws: {
        accessKey: canaries.accessKey,
        secretKey: canaries.secretKey,
        sessionToken: canaries.sessionToken,
      },
    },
    headers: ['authorization', 'x-amz-security-token', 'x-amz-date'],
    proof: /^AWS4-HMAC-SHA256 Credential=AKIACANARY7QX\//,
  },
  {
    name: 'OAuth 1, HMAC',
    config: oauth1('HMAC_SHA1'),
    headers: ['authorization'],
    proof: /^OAuth .*oauth_signature=/,
  },
  {
    name: 'OAuth 1, PLAINTEXT',
    config: oauth1('PLAINTEXT'),
    headers: ['authorization'],
    proof: /^OAuth .*oauth_signature="canary/,
  },
  {
    name: 'OAuth 2',
    config: oauth2('CLIENT_SECRET_BASIC'),
    headers: ['authorization'],
    proof: /^Bearer canary-access\/token\+7Qx$/,
  },
];

export interface Connected {
  readonly id: string;
  readonly connector: string;
}

let count = 0;

/** A connection of this kind, authorized, that may call these hosts. */
export async function connect(world: World, kind: Kind, allowedHosts: readonly string[]): Promise<Connected> {
  const input = { name: `Kind ${++count}`, allowedHosts };
  const connector = await oauthConnector(world.ask, input, kind.config(world.origin));
  const id = await newConnection(world.ask, connector);
  if (kind.credentials) await authorize(world.ask, id, kind.credentials);
  else await authorizeByPerson(world.ask, id);
  return { id, connector: connector.id };
}

/** What the attacker has of it all: connections, and canaries in what they heard, in clear or deciphered. */
export function spoils(world: World): { connections: number; canaries: string[] } {
  return {
    connections: world.connections(),
    canaries: canariesIn(Buffer.concat([...world.heard(), ...world.deciphered])),
  };
}
