/** Attacks with a second provider, another connector, or a cookie from a neighbouring host: mix-up by endpoint and by `iss`, cookie tossing. */
import { Links } from '../../../src/links';
import type { Person } from '../../peers/person';
import { begin, flowOf, linkIn, newConnection, type OAuthConnector, oauthConnector } from '../../support/oauth';
import { amount } from '../../support/trust';
import { play } from './play';
import { type Accounts, startAccounts } from './provider';
import { type Away, type Case, isOurs, protocols, type Scene, Stage } from './scene';

const PUBLIC = 'https://connect.example.com';
let stage: Stage;
/** As in production: reached by https, through a proxy. */
let secure: Stage;
/** A provider of the attacker. */
let evil: Accounts;

beforeAll(async () => {
  const { setOrigin } = Links.prototype;
  const behindProxy = jest.spyOn(Links.prototype, 'setOrigin').mockImplementation(function (this: Links) {
    setOrigin.call(this, PUBLIC);
  });
  secure = await Stage.set();
  behindProxy.mockRestore();
  [stage, evil] = await Promise.all([Stage.set(), startAccounts()]);
});
afterAll(() => Promise.all([stage.close(), secure.close(), evil.close()]));
afterEach(() => {
  evil.sendsTo = undefined;
  stage.accounts.alsoSends = {};
  stage.accounts.confirmsCallbacks = true;
});

let count = 0;

/** A connector like that of the scene, with other fields, and a user's journey there as far as the callback. */
async function elsewhere(scene: Scene, who: 'mallory' | 'victim', more: object = {}, at: Accounts = stage.accounts) {
  count += 1;
  const connector = await oauthConnector(
    stage.server.ask,
    { name: `Other ${count}`, allowedHosts: [at.host, stage.accounts.host] },
    stage.config(scene.protocol, more, at),
  );
  const connection = await newConnection(stage.server.ask, connector);
  const flow = await begin(stage.server.ask, connection);
  const person = scene[who];
  at.logIn(person, who);
  const { url } = await person.press(await person.visit(linkIn(flow)), { stopBefore: isOurs });
  return { connector, connection, flow, person, link: linkIn(flow), callback: new URL(url) };
}

const at = ({ redirectUri }: OAuthConnector, { callback }: Away): string => `${redirectUri}${callback.search}`;

/** A connection that nobody may have got an account into. */
async function unlessHeld(scene: Scene, connection: string): Promise<unknown[]> {
  const account = await scene.accountOf(undefined, connection);
  return account === null ? [] : [account];
}

const connectors: Case[] = [
  {
    name: "the victim's answer at the redirect URI of the attacker's connector",
    goal: 'An answer of one connector is taken by another (cross-connector account takeover).',
    async attack(scene) {
      const mine = await elsewhere(scene, 'mallory');
      const hers = await scene.away('victim');
      await scene.open(scene.victim, at(mine.connector, hers));
      const { error } = await flowOf(scene.server.ask, hers.flow.id);
      return [...(await unlessHeld(scene, mine.connection)), ...(error?.code === 'WRONG_CONNECTOR' ? [] : [error])];
    },
  },
  {
    name: "the attacker's state with the victim's answer at the attacker's redirect URI",
    goal: "The attacker's connector redeems what was given to another.",
    async attack(scene) {
      const [mine, hers] = [await elsewhere(scene, 'mallory'), await scene.away('victim')];
      const query = new URLSearchParams(hers.callback.search);
      query.set('state', mine.callback.searchParams.get('state') ?? '');
      await scene.open(scene.mallory, `${mine.connector.redirectUri}?${query}`);
      return unlessHeld(scene, mine.connection);
    },
  },
  {
    name: 'the redirect URI of a connector that there is not, or with something after it',
    goal: 'A path that only looks like a redirect URI is taken for it.',
    async attack(scene) {
      const won: unknown[] = [];
      for (const change of ['0', '/', '/x', '%00', '/..%2f', '//']) {
        const hers = await scene.away('victim');
        await scene.open(scene.victim, `${scene.connector.redirectUri}${change}${hers.callback.search}`);
        if ((await flowOf(scene.server.ask, hers.flow.id)).status === 'AUTHORIZED') won.push(change);
      }
      return won;
    },
  },
];

const ISSUER = 'https://honest.example';

/** What the provider sends as `iss` where the connector knows another (RFC 9207). */
const issuers: Record<string, string | undefined> = {
  'another one': 'https://evil.example',
  'none, though it was promised': undefined,
  'an empty one': '',
  'one with a slash more': `${ISSUER}/`,
  'one in capitals': ISSUER.toUpperCase(),
  'one that begins with it': `${ISSUER}.evil.example`,
  'one with the default port': `${ISSUER}:443`,
};

const issuerCases: Case[] = [
  {
    name: "mix-up by endpoint: the attacker's provider passes the victim on to the honest one",
    goal: "The victim's code goes to the token endpoint of the attacker (RFC 9700 section 4.4).",
    async attack(scene) {
      const honest = await elsewhere(scene, 'victim');
      // With the redirect URI of the honest connector, which is the only one that the honest provider knows of it.
      evil.sendsTo = (asked) => {
        asked.set('redirect_uri', honest.connector.redirectUri);
        return `${stage.accounts.url}/authorize?${asked}`;
      };
      const before = evil.tokenRequests.length;
      const trap = await elsewhere(scene, 'victim', {}, evil);
      const { url } = await scene.open(scene.victim, trap.callback);
      const asked = evil.tokenRequests.slice(before).map(({ body }) => body.toString());
      return [...asked, ...(await unlessHeld(scene, trap.connection)), ...(url.startsWith(evil.url) ? [url] : [])];
    },
  },
  ...Object.entries(issuers).map(([name, iss]) => ({
    name: `mix-up by iss: ${name}`,
    goal: 'An answer of another provider is taken for that of the one that was asked.',
    async attack(scene: Scene) {
      if (iss !== undefined) stage.accounts.alsoSends = { iss };
      const before = stage.accounts.tokenRequests.length;
      const one = await elsewhere(scene, 'victim', { issuer: ISSUER, issuerPromised: true });
      await scene.open(scene.victim, one.callback);
      const asked = stage.accounts.tokenRequests.length - before;
      return [...(await unlessHeld(scene, one.connection)), ...(asked === 0 ? [] : ['the code was sent'])];
    },
  })),
  {
    name: 'mix-up by iss: the right one, and another',
    goal: 'The first of two counts for the check, the second for what follows.',
    async attack(scene) {
      stage.accounts.alsoSends = { iss: ISSUER };
      const one = await elsewhere(scene, 'victim', { issuer: ISSUER });
      await scene.open(scene.victim, `${one.callback}&iss=https%3A%2F%2Fevil.example`);
      return unlessHeld(scene, one.connection);
    },
  },
  {
    name: 'mix-up by iss: two connectors, the answer of one with the state of the other',
    goal: 'Of two providers with an issuer each, one answers for the other.',
    async attack(scene) {
      stage.accounts.alsoSends = { iss: 'https://evil.example' };
      const theirs = await elsewhere(scene, 'mallory', { issuer: 'https://evil.example' });
      stage.accounts.alsoSends = { iss: ISSUER };
      const hers = await elsewhere(scene, 'victim', { issuer: ISSUER });
      const query = new URLSearchParams(theirs.callback.search);
      query.set('state', hers.callback.searchParams.get('state') ?? '');
      await scene.open(scene.victim, `${hers.connector.redirectUri}?${query}`);
      return unlessHeld(scene, hers.connection);
    },
  },
];

const oauthOne: Case[] = [
  {
    name: 'a provider that does not confirm the callback',
    goal: 'OAuth 1.0 without the later fix: whoever knows the request token chooses where the victim ends.',
    async attack(scene) {
      stage.accounts.confirmsCallbacks = false;
      const person = scene.victim;
      const flow = await scene.begin(scene.asVictim);
      const page = await person.press(await person.visit(linkIn(flow)), { stopBefore: isOurs });
      const { status } = await flowOf(scene.server.ask, flow.id);
      return page.status === 400 && status === 'FAILED' ? [] : [page.url];
    },
  },
  {
    name: "the attacker's request token, approved by the victim",
    goal: "Session fixation: the victim's consent is brought home on the attacker's journey (RFC 5849 section 4.13).",
    async attack(scene) {
      const mine = await scene.away('mallory');
      const token = mine.callback.searchParams.get('oauth_token') ?? '';
      const page = await scene.victim.visit(`${stage.accounts.url}/one/authorize?oauth_token=${token}`, {
        stopBefore: isOurs,
      });
      await scene.open(scene.victim, page.url);
      // The verifier that the victim was given is not the attacker's to know; the one of before is void.
      await scene.open(scene.mallory, mine.callback);
      return [];
    },
  },
  ...['oauth_token', 'oauth_verifier'].flatMap((name): Case[] =>
    ['swapped', 'left out', 'empty', 'given twice'].map((how) => ({
      name: `${name} ${how} at the callback`,
      goal: 'A verifier serves for another request token than the one it was given for.',
      async attack(scene) {
        const [hers, mine] = [await scene.away('victim'), await scene.away('mallory')];
        const { searchParams } = mine.callback;
        const theirs = hers.callback.searchParams.get(name) ?? '';
        if (how === 'left out') searchParams.delete(name);
        else if (how === 'given twice') searchParams.set(name, `${theirs}&${name}=${searchParams.get(name)}`);
        else searchParams.set(name, how === 'empty' ? '' : theirs);
        await scene.open(scene.mallory, mine.callback);
        const account = await scene.accountOf('mallory');
        return account === null ? [] : [account];
      },
    })),
  ),
];

/** Cookies that a page of a neighbouring host could have set, where a browser keeps `__Host-` to ourselves (RFC 6265bis section 4.1.3.2). */
const tossed: Record<string, (name: string, value: string) => string> = {
  'without the prefix': (name, value) => `${name.replace('__Host-', '')}=${value}`,
  'with the prefix in small letters': (name, value) => `${name.replace('__Host-', '__host-')}=${value}`,
  'with another prefix': (name, value) => `${name.replace('__Host-', '__Secure-')}=${value}`,
  'with a no-break space before it': (name, value) => `a=b; \u00a0${name}=${value}`,
  'with a no-break space after it': (name, value) => `${name}\u00a0=${value}`,
  'with two no-break spaces before it': (name, value) => `a=b;\u00a0\u00a0${name}=${value}`,
  'inside the value of another': (name, value) => `a="b, ${name}=${value}"`,
  'behind a comma': (name, value) => `a=b, ${name}=${value}`,
  encoded: (name, value) => `${name.replace('_', '%5F')}=${value}`,
};

const cookies: Case[] = Object.entries(tossed).map(([name, toss]) => ({
  name: `cookie tossing: ${name}`,
  goal: "A neighbouring host gives the victim's browser the cookie of the attacker's journey, so that the victim finishes it.",
  async attack(scene) {
    const flow = await scene.begin(scene.asMallory);
    const page = await scene.mallory.visit(scene.here(linkIn(flow)));
    const atProvider = (url: URL) => url.origin === scene.stage.accounts.url;
    const { url } = await scene.mallory.press(page, { stopBefore: atProvider });
    const own = [...scene.mallory.cookiesOf(scene.server.url)].find(([known]) => known.includes(flow.id));
    expect(own?.[0]).toBe(`__Host-grapnel-${flow.id}`);
    const back = await scene.victim.visit(url, { stopBefore: isOurs });
    const cookie = toss(own?.[0] ?? '', own?.[1] ?? '');
    const { status } = await fetch(scene.here(back.url), { headers: { cookie } });
    return status === 400 ? [] : [cookie];
  },
}));

const plain: Case[] = [
  {
    name: 'cookie tossing: beside our own, over plain http',
    goal: "A neighbouring host adds the cookie of the attacker's journey to the one that the victim's browser has.",
    async attack(scene) {
      const mine = await scene.begin(scene.asMallory);
      await scene.victim.visit(linkIn(mine));
      const atProvider = (url: URL) => url.origin === scene.stage.accounts.url;
      const { url } = await scene.mallory.press(await scene.mallory.visit(linkIn(mine)), { stopBefore: atProvider });
      const pairOf = (person: Person) =>
        [...person.cookiesOf(scene.server.url)].find(([name]) => name.includes(mine.id))?.join('=');
      const won: unknown[] = [];
      const back = await scene.victim.visit(url, { stopBefore: isOurs });
      const cookie = `${pairOf(scene.victim)}; ${pairOf(scene.mallory)}`;
      const { status } = await fetch(back.url, { headers: { cookie } });
      if (status !== 400) won.push(cookie);
      return won;
    },
  },
];

const variants = (names: readonly (typeof protocols)[number][], on: () => Stage = () => stage) =>
  // The short run has one protocol.
  names.slice(0, amount(1, names.length)).map((protocol) => ({ variant: protocol, open: () => on().scene(protocol) }));

describe('another connector', () => {
  play('answers that were taken by another connector', connectors, variants(protocols), 9);
});

describe('another provider', () => {
  play(
    'answers of another provider that were taken, or codes that were sent to one',
    issuerCases,
    variants(protocols.slice(0, 2)),
    20,
  );
});

describe('what OAuth 1 alone has', () => {
  play('request tokens and verifiers that served the wrong person', oauthOne, variants(['OAuth 1']), 10);
});

describe('cookies of a neighbour', () => {
  play(
    'cookies of a neighbouring host that were taken for ours',
    cookies,
    variants(protocols, () => secure),
    27,
  );
});

describe('cookies of a neighbour, over plain http', () => {
  play('cookies that were taken for ours beside our own, over plain http', plain, variants(protocols), 3);
});
