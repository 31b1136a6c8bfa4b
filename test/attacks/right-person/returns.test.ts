/** Attacks at the way back from the provider: forged, swapped, replayed and injected answers, for each protocol, with and without a confirmation. */
import { clockAt } from '../../support/clock';
import { flowOf } from '../../support/oauth';
import { together } from '../../support/together';
import { amount } from '../../support/trust';
import { play } from './play';
import { APP, type Away, type Case, protocols, type Scene, Stage } from './scene';

const clock = clockAt('2030-01-01T00:00:00Z');
let stage: Stage;
beforeAll(async () => {
  stage = await Stage.set({ now: clock.now });
});
afterAll(() => stage.close());

/** The way back of `one`, with what the provider said to `other`. */
function withAnswerOf({ callback }: Away, other: Away): URL {
  const mixed = new URL(other.callback);
  mixed.pathname = callback.pathname;
  mixed.searchParams.set('state', callback.searchParams.get('state') ?? '');
  return mixed;
}

function changed({ callback }: Away, change: (query: URLSearchParams) => void): URL {
  const made = new URL(callback);
  change(made.searchParams);
  return made;
}

const stateIn = ({ callback }: Away) => callback.searchParams.get('state') ?? '';

/** What `mallory` and the victim have once both tried to end as usual. */
async function goOn(scene: Scene, ...journeys: Away[]): Promise<void> {
  for (const { person, callback } of journeys) {
    const page = await scene.open(person, callback);
    await scene.confirm(person === scene.victim ? scene.asVictim : scene.asMallory, page);
  }
}

/** Each makes of the right state one that is wrong. */
const wrongStates: Record<string, (query: URLSearchParams, other: string) => void> = {
  'of somebody else': (query, other) => query.set('state', other),
  'given twice': (query) => query.append('state', query.get('state') ?? ''),
  'given twice, the second of somebody else': (query, other) => query.append('state', other),
  'given twice, the first of somebody else': (query, other) => {
    const own = query.get('state') ?? '';
    query.set('state', other);
    query.append('state', own);
  },
  empty: (query) => query.set('state', ''),
  missing: (query) => query.delete('state'),
  'cut by a letter': (query) => query.set('state', (query.get('state') ?? '').slice(0, -1)),
  'in capitals': (query) => query.set('state', (query.get('state') ?? '').toUpperCase()),
  'with a space after it': (query) => query.set('state', `${query.get('state')} `),
  'with a zero byte after it': (query) => query.set('state', `${query.get('state')}\0`),
  'as a list': (query) => {
    query.set('state[]', query.get('state') ?? '');
    query.delete('state');
  },
};

const forgery: Case[] = Object.entries(wrongStates).map(([name, change]) => ({
  name: `request forgery: a state that is ${name}`,
  goal: "The victim's browser, on its own journey, is sent to a callback with the attacker's answer, so that the victim uses the attacker's account.",
  async attack(scene) {
    const [hers, mine] = [await scene.away('victim'), await scene.away('mallory')];
    const forged = withAnswerOf(hers, mine);
    change(forged.searchParams, stateIn(mine));
    await scene.confirm(scene.asVictim, await scene.open(scene.victim, forged));
  },
}));

const cases: Case[] = [
  ...forgery,
  {
    name: 'link to the provider: the attacker sets out, and sends the victim to the page of the provider',
    goal: "The victim consents to a request of the attacker's, whose grant then holds the victim's account (session fixation of RFC 5849 section 4.13).",
    async attack(scene) {
      const flow = await scene.begin(scene.asMallory);
      const atProvider = (url: URL) => url.origin === scene.stage.accounts.url;
      const link = flow.authorizationUrl ?? '';
      const { url } = await scene.mallory.press(await scene.mallory.visit(link), { stopBefore: atProvider });
      const page = await scene.open(scene.victim, url);
      await scene.confirm(scene.asMallory, page);
    },
  },
  {
    name: "link to the callback: the attacker's own, opened by the victim",
    goal: "The victim finishes the attacker's journey, and ends up with the attacker's account.",
    async attack(scene) {
      const mine = await scene.away('mallory');
      await scene.confirm(scene.asVictim, await scene.open(scene.victim, mine.callback));
    },
  },
  {
    name: "a stolen callback: the victim's, opened by the attacker first",
    goal: "The attacker finishes the victim's journey in another browser and gets at what it brings.",
    async attack(scene) {
      const hers = await scene.away('victim');
      const page = await scene.open(scene.mallory, hers.callback);
      const status = await scene.confirm(scene.asMallory, page);
      const isDone = (await scene.accountOf('victim')) !== null;
      return [...(status ? [status] : []), ...(isDone ? ['finished'] : [])];
    },
  },
  {
    name: "a stolen callback, with the attacker's cookie under the victim's name",
    goal: "The attacker passes for the victim's browser with a cookie of another flow.",
    async attack(scene) {
      const [hers, mine] = [await scene.away('victim'), await scene.away('mallory')];
      const jar = scene.mallory.cookiesOf(scene.server.url);
      const own = [...jar].find(([name]) => name.includes(mine.flow.id))?.[1] ?? '';
      jar.set(`grapnel-${hers.flow.id}`, own);
      const page = await scene.open(scene.mallory, hers.callback);
      return (await scene.accountOf('victim')) === null ? [] : [page.url];
    },
  },
  {
    name: "code injection: the victim's answer on the attacker's journey",
    goal: "A code (a verifier) of the victim that leaked is turned into a token of the attacker's grant (RFC 9700 section 4.5).",
    async attack(scene) {
      const [hers, mine] = [await scene.away('victim'), await scene.away('mallory')];
      const page = await scene.open(scene.mallory, withAnswerOf(mine, hers));
      await scene.confirm(scene.asMallory, page);
      await goOn(scene, hers);
    },
  },
  {
    name: "code injection: the attacker's answer on the victim's journey, whose state leaked",
    goal: "The victim gets the attacker's account although the state is right (RFC 9700 section 4.7).",
    async attack(scene) {
      const [hers, mine] = [await scene.away('victim'), await scene.away('mallory')];
      await scene.confirm(scene.asVictim, await scene.open(scene.victim, withAnswerOf(hers, mine)));
      await goOn(scene, mine);
    },
  },
  {
    name: 'a guessed answer',
    goal: 'The attacker finishes with a code or verifier that nobody gave.',
    async attack(scene) {
      const mine = await scene.away('mallory');
      const guess = changed(mine, (query) => {
        for (const name of ['code', 'oauth_verifier']) if (query.has(name)) query.set(name, '0'.repeat(24));
      });
      await scene.confirm(scene.asMallory, await scene.open(scene.mallory, guess));
      // The guess has cost the journey: there is no second.
      await goOn(scene, mine);
      return (await scene.accountOf('mallory')) === null ? [] : ['guessed'];
    },
  },
  {
    name: 'an answer given twice, the first of it right',
    goal: "One part of us reads the attacker's answer, another the victim's.",
    async attack(scene) {
      const [hers, mine] = [await scene.away('victim'), await scene.away('mallory')];
      const both = changed(mine, (query) => {
        for (const [name, value] of hers.callback.searchParams) if (name !== 'state') query.append(name, value);
      });
      await scene.confirm(scene.asMallory, await scene.open(scene.mallory, both));
      await goOn(scene, hers);
    },
  },
  {
    name: 'replay after success, by either browser',
    goal: 'A token is obtained twice, or a grant is replaced, with one answer.',
    async attack(scene) {
      const hers = await scene.away('victim');
      await goOn(scene, hers);
      const pages = [await scene.open(scene.victim, hers.callback), await scene.open(scene.mallory, hers.callback)];
      const isHers = (await scene.accountOf('victim')) === 'victim';
      return [...pages.filter(({ status }) => status !== 400), ...(isHers ? [] : ['the grant is lost'])];
    },
  },
  {
    name: 'replay after failure',
    goal: 'A journey that the provider declined is taken up again with a real answer.',
    async attack(scene) {
      const mine = await scene.away('mallory');
      const declined = changed(mine, (query) => {
        for (const name of ['code', 'oauth_token', 'oauth_verifier']) query.delete(name);
        query.set(scene.protocol === 'OAuth 1' ? 'denied' : 'error', 'access_denied');
      });
      await scene.open(scene.mallory, declined);
      const page = await scene.open(scene.mallory, mine.callback);
      await scene.confirm(scene.asMallory, page);
      return (await scene.accountOf('mallory')) === null ? [] : ['taken up again'];
    },
  },
  {
    name: 'replay after expiry',
    goal: 'An answer that was kept for ten minutes is still good.',
    async attack(scene) {
      const mine = await scene.away('mallory');
      clock.pass(600);
      const page = await scene.open(scene.mallory, mine.callback);
      const now = await scene.stage.scene(scene.protocol, scene.returnTo);
      return page.url.includes('confirmationToken') || (await now.accountOf('mallory', scene.connection)) !== null
        ? ['still good']
        : [];
    },
  },
  {
    name: 'twenty callbacks at once',
    goal: 'A token is obtained twice by a race.',
    async attack(scene) {
      const mine = await scene.away('mallory');
      const before = scene.stage.accounts.tokenRequests.length;
      together(20);
      const pages = await Promise.all(Array.from({ length: 20 }, () => scene.open(scene.mallory, mine.callback)));
      const asked = scene.stage.accounts.tokenRequests.length - before;
      const winners = pages.filter(({ status }) => status !== 400).length;
      return asked === 1 && winners === 1 ? [] : [{ asked, winners }];
    },
  },
  {
    name: 'a forged refusal without the state',
    goal: "The attacker ends the victim's journey from outside.",
    async attack(scene) {
      const hers = await scene.away('victim');
      for (const query of ['error=access_denied', 'denied=1', 'oauth_problem=user_refused', 'error=x&state=gt_x'])
        await scene.open(scene.victim, `${hers.callback.origin}${hers.callback.pathname}?${query}`);
      await goOn(scene, hers);
      return (await scene.accountOf('victim')) === 'victim' ? [] : ['ended'];
    },
  },
  {
    name: 'a refusal that pretends to be a success',
    goal: 'An answer that holds an error and a code is taken for consent.',
    async attack(scene) {
      const mine = await scene.away('mallory');
      const both = changed(mine, (query) =>
        query.set(scene.protocol === 'OAuth 1' ? 'oauth_problem' : 'error', 'access_denied'),
      );
      await scene.confirm(scene.asMallory, await scene.open(scene.mallory, both));
      return (await scene.accountOf('mallory')) === null ? [] : ['taken for consent'];
    },
  },
  {
    name: 'the callback by other methods',
    goal: 'A preview (HEAD) or a form of another site (POST) uses the state up, or finishes.',
    async attack(scene) {
      const hers = await scene.away('victim');
      const cookie = [...scene.victim.cookiesOf(scene.server.url)].map((pair) => pair.join('=')).join('; ');
      for (const method of ['HEAD', 'POST', 'PUT', 'OPTIONS'])
        await fetch(hers.callback, { method, headers: { cookie }, redirect: 'manual' });
      const { status } = await flowOf(scene.server.ask, hers.flow.id);
      await goOn(scene, hers);
      return status === 'PENDING' && (await scene.accountOf('victim')) === 'victim' ? [] : [status];
    },
  },
  {
    name: 'deleted and made anew under the same link name meanwhile',
    goal: 'A journey of a connection that is gone ends in the one that took its place.',
    async attack(scene) {
      const { ask } = scene.server;
      const mine = await scene.away('mallory');
      const linkName = `again_${mine.flow.id.slice(-12)}`;
      const update =
        'mutation ($id: ID!, $n: String!) { connectionUpdate(id: $id, input: { name: $n }) { userErrors { code } } }';
      await ask(update, { id: scene.connection, n: linkName });
      await ask('mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }', { id: scene.connection });
      const fresh = await scene.stage.scene(scene.protocol, scene.returnTo);
      await ask(update, { id: fresh.connection, n: linkName });
      const page = await scene.open(scene.mallory, mine.callback);
      const isDead = page.status === 400 && (await fresh.accountOf('mallory')) === null;
      return isDead ? [] : [page];
    },
  },
  {
    name: 'revoked meanwhile',
    goal: 'Somebody whose access was revoked while they were away has it again when they come back.',
    async attack(scene) {
      await goOn(scene, await scene.away('mallory'));
      const again = await scene.away('mallory');
      await revokeFor(scene, 'mallory');
      await goOn(scene, again);
      return (await scene.accountOf('mallory')) === null ? [] : ['connected again'];
    },
  },
  {
    name: 'all revoked meanwhile, the victim going on with a journey of her own',
    goal: 'A revocation of one user ends the journey of another, or one of all spares anybody.',
    async attack(scene) {
      await goOn(scene, await scene.away('mallory'));
      const [hers, mine] = [await scene.away('victim'), await scene.away('mallory')];
      await revokeFor(scene, 'mallory');
      const spared = (await flowOf(scene.server.ask, hers.flow.id)).status;
      const ended = (await flowOf(scene.server.ask, mine.flow.id)).error?.code;
      await goOn(scene, hers);
      const last = await scene.away('mallory');
      await revokeFor(scene, undefined);
      const all = (await flowOf(scene.server.ask, last.flow.id)).error?.code;
      return spared === 'PENDING' && ended === 'REVOKED' && all === 'REVOKED' ? [] : [{ spared, ended, all }];
    },
  },
  {
    name: "the victim's start link, opened when she has left",
    goal: "The attacker goes on from the victim's link in a browser of their own.",
    async attack(scene) {
      const hers = await scene.away('victim');
      const page = await scene.mallory.visit(hers.link);
      const next = await scene.mallory.visit(`${hers.link}/continue?check=x`);
      await goOn(scene, hers);
      return page.status === 400 && next.status === 400 ? [] : [page.url];
    },
  },
];

async function revokeFor({ server, connection }: Scene, userId: string | undefined): Promise<void> {
  const query = 'mutation ($id: ID!, $u: String) { connectionRevoke(id: $id, userId: $u) { userErrors { code } } }';
  await server.ask(query, { id: connection, u: userId });
}

play(
  'accounts that came to the wrong person on the way back, or twice',
  cases,
  protocols.flatMap((protocol, index) =>
    [undefined, APP]
      // The short run has each protocol once.
      .filter((_, which) => amount(1, 2) === 2 || which === index % 2)
      .map((returnTo) => ({
        variant: `${protocol}, ${returnTo ? 'with' : 'without'} returnTo`,
        open: () => stage.scene(protocol, returnTo),
      })),
  ),
  40,
);
