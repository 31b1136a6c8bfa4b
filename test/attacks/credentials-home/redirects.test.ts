/** The honest API and the honest provider, turned: wherever their answers point, no credentials follow. */
import { invoke } from '../../support/invoke';
import { newConnection, oauthConnector } from '../../support/oauth';
import { amount, expectNone } from '../../support/trust';
import { sampleOf } from '../door/sample';
import { type World as DoorWorld, ways } from '../door/world';
import type { Astray } from '../honest-provider';
import { API, canaries, connect, kinds, oauth1, oauth2, spoils, startWorld, type World } from './world';

const CHAPTER = 'Credentials stay home';

// Many attempts in one test, and there may be much else to do for the machine.
jest.setTimeout(amount(60_000, 1_200_000));

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
afterEach(() => world.provider.lead());

/** Answers that point to the attacker. */
function answers(port: number): Astray[] {
  const attacker = `attacker.test:${port}`;
  const targets = [
    `http://${attacker}/x`,
    `https://${attacker}/x`,
    `//${attacker}/x`,
    `///${attacker}/x`,
    `\\\\${attacker}/x`,
    `/\\${attacker}/x`,
    `http:\\\\${attacker}/x`,
    `http:${attacker}/x`,
    `http://${API}:${port}@${attacker}/x`,
    `http://${API}.${attacker}/x`,
    `http://${attacker}\\@${API}/x`,
    `http://127.0.0.1:${port}/x`,
    `http://[::1]:${port}/x`,
    `http://${API}:1/x`,
    `https://${API}:${port}/x`,
    `/..//${attacker}/x`,
    `\t//${attacker}/x`,
    '/elsewhere',
    '?again',
  ];
  const locations = [301, 302, 303, 305, 306, 307, 308].flatMap((status) =>
    targets.map((target) => ({ status, lines: [`location: ${target}`] })),
  );
  const lines = [
    `refresh: 0; url=http://${attacker}/`,
    `link: <http://${attacker}/>; rel=preload`,
    `alt-svc: h2="${attacker}"`,
    `content-location: http://${attacker}/`,
    `www-authenticate: Bearer realm="http://${attacker}/", authorization_uri="http://${attacker}/"`,
    `location: http://${attacker}/\r\nlocation: //${attacker}/`,
  ];
  const body = `<meta http-equiv="refresh" content="0; url=http://${attacker}/">`;
  const hints = [200, 201, 300, 401, 407, 421].flatMap((status) =>
    lines.map((line) => ({ status, lines: [line, 'content-type: text/html'], body })),
  );
  return [...locations, ...hints];
}

const chosen = (short: number): Astray[] => {
  const all = answers(world.port);
  return sampleOf(all, amount(short, all.length));
};

const untouched = { connections: 0, canaries: [] };

test.each(kinds)('from the API, with $name', async (kind) => {
  const { id } = await connect(world, kind, [`${API}:${world.port}`]);
  const hits: string[] = [];
  const tried = chosen(20);
  for (const [turn, astray] of tried.entries()) {
    world.provider.lead(astray);
    const before = world.provider.seen.length;
    const input = { url: `http://${API}:${world.port}/x`, method: turn % 2 ? 'GET' : 'POST' };
    const { response } = await invoke(world.ask, id, input);
    // After a 401 it may have been asked for new tokens, and then been tried once more.
    const places = new Set(world.provider.seen.slice(before).map(({ target }) => target.replace(/\?.*/, '')));
    const isFine = response?.status === astray.status && [...places].every((place) => ['/x', '/token'].includes(place));
    if (!isFine || spoils(world).connections > 0) hits.push(`${astray.status} ${astray.lines}: ${[...places]}`);
  }
  expect([world.dials, spoils(world)]).toEqual([[], untouched]);
  expectNone(CHAPTER, `${kind.name}: answers of the API that are followed`, hits, tried.length, 150);
});

/** The ways to a provider, with the client's secret and the tokens on them. */
const configs: Record<string, (origin: string) => object> = {
  token: (origin) => ({
    oauth2: {
      grantType: 'CLIENT_CREDENTIALS',
      clientId: 'client',
      clientSecret: canaries.clientSecret,
      tokenUrl: `${origin}/token`,
    },
  }),
  refresh: oauth2('CLIENT_SECRET_POST'),
  revoke: oauth2('CLIENT_SECRET_BASIC'),
  'request token': oauth1('PLAINTEXT'),
};

test.each(ways)('from the provider: $name', async (way) => {
  const there = world as unknown as DoorWorld;
  const input = { name: `Dealing by ${way.name}`, allowedHosts: [] };
  const connector = await oauthConnector(world.ask, input, configs[way.name]!(world.origin));
  const connection = await newConnection(world.ask, connector);
  if (way.name !== 'revoke') await way.prepare(there, connection);
  const hits: string[] = [];
  const tried = chosen(way.name === 'revoke' ? 8 : 15);
  for (const astray of tried) {
    world.provider.lead();
    if (way.name === 'revoke') await way.prepare(there, connection);
    world.provider.lead(astray);
    const before = world.provider.seen.length;
    await way.go(there, connection);
    const asked = world.provider.seen.slice(before);
    const isCarried = asked.some(({ rawHeaders, body }) => /canary|Basic /.test(`${rawHeaders} ${body}`));
    if (!isCarried || asked.some(({ target }) => /elsewhere|again/.test(target)) || spoils(world).connections > 0)
      hits.push(`${astray.status} ${astray.lines}: ${asked.map(({ target }) => target)}`);
  }
  expect([world.dials, spoils(world)]).toEqual([[], untouched]);
  expectNone(CHAPTER, `${way.name}: answers of the provider that are followed`, hits, tried.length, 150);
});
