/** Attacks before the provider and after it: links sent to a victim, previews, framing, confirmations in the wrong hands, addresses of the attacker's. */
import { runInNewContext } from 'node:vm';
import { linkOf, Person, type Seen } from '../../peers/person';
import { createWorkspace } from '../../support/keys';
import { authorizing, flowOf, linkIn } from '../../support/oauth';
import { amount, tell } from '../../support/trust';
import { play } from './play';
import { APP, type Case, EVIL, isApp, isOurs, protocols, type Scene, Stage } from './scene';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.set({ env: { ALLOWED_ORIGINS: 'https://app.example.com' } });
});
afterAll(() => stage.close());

const isWaiting = async ({ server }: Scene, id: string) => {
  const { status, authorizationUrl } = await flowOf(server.ask, id);
  return status === 'PENDING' && authorizationUrl !== null;
};

/** A request that bears the cookies of a person. */
async function raw(person: Person, url: string, method = 'GET', headers: Record<string, string> = {}) {
  const cookie = [...person.cookiesOf(url)].map((pair) => pair.join('=')).join('; ');
  return fetch(url, { method, redirect: 'manual', headers: { ...(cookie && { cookie }), ...headers } });
}

/** How browsers and programs look at a link that nobody has pressed. */
const looks: Record<string, [method: string, headers: Record<string, string>]> = {
  'a link checker (HEAD)': ['HEAD', { 'user-agent': 'LinkCheck/1.0' }],
  'the preview of a messenger': ['GET', { 'user-agent': 'Slackbot-LinkExpanding 1.0' }],
  'a prefetch': ['GET', { purpose: 'prefetch', 'sec-purpose': 'prefetch' }],
  'a prerender': ['GET', { 'sec-purpose': 'prefetch;prerender' }],
  'an image': ['GET', { accept: 'image/*', 'sec-fetch-dest': 'image', 'sec-fetch-site': 'cross-site' }],
  'a hidden frame': ['GET', { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }],
  'a form of another site': [
    'POST',
    { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
  ],
  'a script of another site': ['GET', { origin: 'https://evil.example', 'sec-fetch-mode': 'cors' }],
};

const lookers: Case[] = Object.entries(looks).map(([name, [method, headers]]) => ({
  name: `a start link looked at as by ${name}`,
  goal: "The victim's browser sets out on the attacker's journey without a click, or the link is used up for who it is for.",
  async attack(scene) {
    const flow = await scene.begin(scene.asMallory);
    const link = linkIn(flow);
    const answers = [await raw(scene.victim, link, method, headers)];
    for (const check of ['', '?check=', `?check=${'a'.repeat(43)}`])
      answers.push(await raw(scene.victim, `${link}/continue${check}`, method, headers));
    const led = answers.filter((answer) => answer.headers.get('location') !== null).map(({ url }) => url);
    const shared = answers.filter(
      (answer) => answer.headers.get('access-control-allow-origin') === 'https://evil.example',
    );
    return [...led, ...shared, ...((await isWaiting(scene, flow.id)) ? [] : ['used up'])];
  },
}));

const returns: Record<string, string> = {
  'another host': 'https://evil.example/done',
  'no scheme': '//evil.example/done',
  'three slashes': '///evil.example/done',
  'a backslash': 'https:\\\\evil.example\\done',
  'a slash at the end': `${APP}/`,
  'another case of the path': 'https://app.example.com/DONE',
  'another case of the host': 'https://APP.example.com/done',
  'another scheme': 'http://app.example.com/done',
  'another port': 'https://app.example.com:444/done',
  'the default port': 'https://app.example.com:443/done',
  'a user name': 'https://app.example.com@evil.example/done',
  'a user name before it': 'https://evil@app.example.com/done',
  'a longer host': 'https://app.example.com.evil.example/done',
  'a dot after the host': 'https://app.example.com./done',
  'a look-alike letter': 'https://\u0430pp.example.com/done',
  'a full-width dot': 'https://app\uff0eexample.com/done',
  'a fragment': `${APP}#@evil.example`,
  'a query': `${APP}?next=https://evil.example`,
  'a line break': `${APP}\r\nLocation: https://evil.example`,
  'a tab': 'https://app.exam\tple.com/done',
  'a space before it': ` ${APP}`,
  'a space after it': `${APP} `,
  'a zero byte': `${APP}\0`,
  'dots in the path': 'https://app.example.com/x/../done',
  'an encoded letter': 'https://app.example.com/%64one',
  'an encoded slash': 'https://app.example.com/done%2F..',
  'a script': 'javascript:alert(1)//https://app.example.com/done',
  data: 'data:text/html,https://app.example.com/done',
  nothing: '',
};

const redirects: Case[] = Object.entries(returns).map(([name, returnTo]) => ({
  name: `open redirect: a returnTo with ${name}`,
  goal: "The victim, and the confirmation token, are led to an address of the attacker's.",
  async attack(scene) {
    const { data, errors } = await authorizing(scene.asMallory, scene.connection, { returnTo });
    const { flow, userErrors } = data?.connectionAuthorize ?? {};
    if (errors || (flow === null && userErrors[0].path[0] === 'returnTo')) return [];
    return [returnTo];
  },
}));

/** The token that a user came back to the application with. */
async function tokenOf(scene: Scene, who: 'mallory' | 'victim'): Promise<string> {
  const { person, callback } = await scene.away(who);
  const { url } = await scene.open(person, callback);
  return new URL(url).searchParams.get('confirmationToken') ?? '';
}

const confirmations: Case[] = [
  {
    name: 'a link sent to a victim who presses and consents to all of it',
    goal: "The attacker's grant holds the victim's account: the classic of session fixation.",
    async attack(scene) {
      const link = linkIn(await scene.begin(scene.asMallory));
      const page = await scene.victim.press(await scene.victim.visit(link), { stopBefore: isApp });
      const status = await scene.confirm(scene.asVictim, page);
      return status ? [status] : [];
    },
  },
  {
    name: "a stolen start link: the attacker goes on from the victim's, with an account of their own",
    goal: "The victim's grant holds the attacker's account.",
    async attack(scene) {
      const link = linkIn(await scene.begin(scene.asVictim));
      const page = await scene.mallory.press(await scene.mallory.visit(link), { stopBefore: isApp });
      const status = await scene.confirm(scene.asMallory, page);
      return status ? [status] : [];
    },
  },
  {
    name: 'a confirmation by the session token of another user',
    goal: "A token of the victim's that leaked is confirmed by the attacker, or made worthless.",
    async attack(scene) {
      const token = await tokenOf(scene, 'victim');
      const taken = await scene.confirmWith(scene.asMallory, token);
      const own = await scene.confirmWith(scene.asVictim, token);
      return taken === null && own === 'AUTHORIZED' ? [] : [{ taken, own }];
    },
  },
  {
    name: 'a confirmation by the session token of another connection, for a user of the same name',
    goal: 'A user id that is used twice confirms across connections.',
    async attack(scene) {
      const elsewhere = await stage.scene(scene.protocol);
      const token = await tokenOf(scene, 'victim');
      const taken = await elsewhere.confirmWith(elsewhere.asVictim, token);
      return taken === null ? [] : [taken];
    },
  },
  {
    name: 'a confirmation by the owner of another workspace',
    goal: 'Another workspace ends a flow that is not its own.',
    async attack(scene) {
      const { secret } = await createWorkspace(scene.server.ask, 'Elsewhere');
      const taken = await scene.confirmWith(scene.server.askAs(secret), await tokenOf(scene, 'victim'));
      return taken === null ? [] : [taken];
    },
  },
  {
    name: 'a confirmation twice, and twenty at once',
    goal: 'One token brings two grants.',
    async attack(scene) {
      const token = await tokenOf(scene, 'victim');
      const all = await Promise.all(Array.from({ length: 20 }, () => scene.confirmWith(scene.asVictim, token)));
      const won = [...all, await scene.confirmWith(scene.asVictim, token)].filter((status) => status !== null);
      return won.length === 1 ? [] : won;
    },
  },
  {
    name: 'a confirmation after the connection was deleted',
    goal: 'Credentials that were held for a connection outlive it.',
    async attack(scene) {
      const token = await tokenOf(scene, 'mallory');
      const other = await stage.scene(scene.protocol);
      await scene.server.ask('mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }', {
        id: scene.connection,
      });
      const held = await scene.confirmWith(scene.server.ask, token);
      return held === null && (await other.accountOf('mallory')) === null ? [] : [held];
    },
  },
  {
    name: 'a confirmation after the access was revoked',
    goal: 'Credentials that were held back while access was revoked are used afterwards.',
    async attack(scene) {
      await scene.confirmWith(scene.asMallory, await tokenOf(scene, 'mallory'));
      const held = await tokenOf(scene, 'mallory');
      const query = 'mutation ($id: ID!) { connectionRevoke(id: $id, userId: "mallory") { userErrors { code } } }';
      await scene.server.ask(query, { id: scene.connection });
      const status = await scene.confirmWith(scene.asMallory, held);
      return status === null && (await scene.accountOf('mallory')) === null ? [] : [status];
    },
  },
  {
    name: 'the id of the flow, the state, or the start token in place of the token',
    goal: 'What others can see confirms.',
    async attack(scene) {
      const { flow, link, person, callback } = await scene.away('mallory');
      await scene.open(person, callback);
      const others = [flow.id, callback.searchParams.get('state') ?? '', link.split('/').at(-1) ?? '', '', 'null'];
      const answers = await Promise.all(others.map((other) => scene.confirmWith(scene.asMallory, other)));
      return answers.filter((status) => status !== null);
    },
  },
];

const users: Case[] = ['victim', 'VICTIM', ' victim', 'victim ', '', 'mallory\0', 'mallory,victim'].map((userId) => ({
  name: `the session token of one user begins for ${JSON.stringify(userId)}`,
  goal: "The attacker obtains a grant in the victim's name.",
  async attack(scene) {
    const { data } = await authorizing(scene.asMallory, scene.connection, { userId });
    return data?.connectionAuthorize.flow ? [data.connectionAuthorize.flow] : [];
  },
}));

const pages: Case[] = [
  {
    name: "the attacker's own check, in the victim's browser",
    goal: 'The victim is sent on without having pressed anything.',
    async attack(scene) {
      const link = linkIn(await scene.begin(scene.asMallory));
      const next = linkOf(await scene.mallory.visit(link), 'button');
      await scene.victim.visit(link);
      const { status, url } = await scene.victim.visit(next, { stopBefore: isOurs });
      return status === 400 ? [] : [url];
    },
  },
  {
    name: 'framing: any page of the journey',
    goal: 'The victim presses Continue in a frame that they do not see.',
    async attack(scene) {
      const { link, person, callback } = await scene.away('victim');
      const seen: Seen[] = [
        await scene.mallory.visit(linkIn(await scene.begin(scene.asMallory))),
        await person.visit(callback.href),
        await person.visit(callback.href),
        await scene.mallory.visit(link),
      ];
      return seen.filter(
        ({ headers }) =>
          !headers.get('content-security-policy')?.includes("frame-ancestors 'none'") ||
          headers.get('x-frame-options') !== 'DENY' ||
          headers.get('referrer-policy') !== 'no-referrer' ||
          headers.get('cache-control') !== 'no-store',
      );
    },
  },
  {
    name: 'the page at the end, opened from a page of the attacker',
    goal: 'The window that opened ours is told something, or told more than id and status.',
    async attack(scene) {
      const { person, callback, flow } = await scene.away('victim');
      const { body } = await scene.open(person, callback);
      const posted: unknown[][] = [];
      const opener = { postMessage: (...given: unknown[]) => posted.push(given) };
      const script = /<script nonce="[^"]+">(.*)<\/script>/s.exec(body)?.[1] ?? '';
      runInNewContext(script, { window: { opener, close: () => undefined } });
      const expected = { type: 'grapnel.authorization', flowId: flow.id, status: 'AUTHORIZED' };
      const origins = [scene.server.url, 'https://app.example.com'];
      const wrong = posted.filter(
        ([message, origin]) => !origins.includes(`${origin}`) || JSON.stringify(message) !== JSON.stringify(expected),
      );
      return posted.length === 2 ? wrong : ['it told nobody'];
    },
  },
  {
    name: 'a forged Host',
    goal: "The start link, or the redirect URI, leads to the attacker's host.",
    async attack(scene) {
      const headers = {
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        'x-forwarded-proto': 'https',
      };
      const link = linkIn(await scene.begin(scene.asMallory));
      const first = await raw(scene.mallory, link, 'GET', headers);
      const cookie = first.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
      const next = linkOf({ url: link, status: 200, body: await first.text(), headers: first.headers }, 'button');
      const sent = await fetch(next, { redirect: 'manual', headers: { cookie, ...headers } });
      const location = decodeURIComponent(sent.headers.get('location') ?? 'nowhere');
      return location.includes('evil.example') || location === 'nowhere' ? [location] : [];
    },
  },
  {
    name: 'a page of the attacker asks the API in the name of the victim',
    goal: 'The cookie of a journey opens the API to other sites (request forgery).',
    async attack(scene) {
      const { person, flow } = await scene.away('victim');
      const body = JSON.stringify({ query: `{ authorizationFlow(id: "${flow.id}") { id } }` });
      const cookie = [...person.cookiesOf(scene.server.url)].map((pair) => pair.join('=')).join('; ');
      const headers = { 'content-type': 'application/json', origin: 'https://evil.example', cookie };
      const { status } = await fetch(`${scene.server.url}/graphql`, { method: 'POST', headers, body });
      return status === 401 ? [] : [status];
    },
  },
  {
    name: 'a link in place of the application: the end of a journey without returnTo',
    goal: 'A parameter of the callback leads the victim elsewhere.',
    async attack(scene) {
      const { person, callback } = await scene.away('victim');
      for (const name of ['returnTo', 'redirect_uri', 'next', 'url', 'RelayState'])
        callback.searchParams.set(name, EVIL);
      const page = await scene.open(person, callback);
      return page.url.startsWith(EVIL) || page.body.includes('evil.example') ? [page.url] : [];
    },
  },
];

const variants = (returnTo?: string) =>
  // The short run has one protocol.
  protocols
    .slice(0, amount(1, 3))
    .map((protocol) => ({ variant: protocol, open: () => stage.scene(protocol, returnTo) }));

describe('without returnTo', () => {
  play('links, pages and requests that led a person astray', [...lookers, ...users, ...pages], variants(), 40);
});

describe('with returnTo', () => {
  play('confirmations by the wrong person', confirmations, variants(APP), 20);
});

describe('allow-listed addresses only', () => {
  play('people led to an address that is not allow-listed (open redirect)', redirects, variants().slice(0, 1), 25);
});

// Without returnTo nothing but the person themself can tell that somebody else asked: what they are shown is the defence.
test('a link sent to a victim, without returnTo: the page says for whom it is before anything happens', async () => {
  const scene = await stage.scene('OAuth 2, code');
  const flow = await scene.begin(scene.asMallory);
  const page = await scene.victim.visit(linkIn(flow));
  expect(page.body).toContain('<dt>For the user</dt><dd dir="auto">mallory</dd>');
  expect(page.body).toContain('Whoever asks here can use it from then on.');
  expect(page.body).toContain('somebody sent you this link? Then close this page: nothing has happened.');
  expect(await isWaiting(scene, flow.id)).toBe(true);
  expect(await scene.accountOf('mallory')).toBeNull();
  const what = 'a link sent to a victim, without returnTo, pressed and consented to despite what the page says';
  tell('Right person', what, 'connects it: use returnTo');
  expect((await scene.victim.press(page)).body).toContain('Connected');
  expect(await new Person().visit(linkIn(flow))).toMatchObject({ status: 400 });
});
