/** The journey of a person: whoever does what with a link or a state, it ends in one page, one final state, and no grant for the wrong party. */
import { createHash } from 'node:crypto';
import { linkOf, Person, type Seen } from '../peers/person';
import { type Sloppy, startSloppy } from '../peers/sloppy';
import { clockAt } from '../support/clock';
import { change, contentOf } from '../support/database';
import {
  authorizing,
  begin,
  type Flow,
  flowOf,
  grantsOf,
  linkIn,
  newConnection,
  type OAuthConnector,
  oauthConnector,
  startLink,
} from '../support/oauth';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { afterLookup, together } from '../support/together';
import { watchFlow } from '../support/watching';

const clock = clockAt('2030-01-01T00:00:00Z');

let server: TestServer;
let sloppy: Sloppy;
let connector: OAuthConnector;
let otherConnector: OAuthConnector;

beforeAll(async () => {
  [server, sloppy] = await Promise.all([startTestServer({ now: clock.now }), startSloppy()]);
  const oauth2 = {
    grantType: 'AUTHORIZATION_CODE',
    clientId: 'acme',
    clientSecret: 'secret',
    authorizationUrl: `${sloppy.url}/authorize`,
    tokenUrl: `${sloppy.url}/token`,
  };
  connector = await oauthConnector(server.ask, { name: 'Drive' }, { oauth2 });
  otherConnector = await oauthConnector(server.ask, { name: 'Mail' }, { oauth2 });
});
afterAll(() => Promise.all([server.remove(), sloppy.close()]));
beforeEach(() => sloppy.reset());

const ours = (url: URL) => url.pathname.startsWith('/authorization/callback/');

interface Away {
  readonly connection: string;
  readonly flow: Flow;
  readonly person: Person;
  /** Where the provider sends the person. */
  readonly callback: string;
}

/** Somebody who is about to come back from the provider. */
async function away(input: object = {}, { of = connector, level = 'ADMIN' } = {}): Promise<Away> {
  const connection = await newConnection(server.ask, of, { authorizationLevel: level });
  const flow = await begin(server.ask, connection, input);
  const person = new Person();
  const { url } = await person.press(await person.visit(linkIn(flow)), { stopBefore: ours });
  return { connection, flow, person, callback: url };
}

const stateIn = (callback: string) => new URL(callback).searchParams.get('state') ?? '';

const isDeadEnd = ({ status, body }: Seen) => status === 400 && body.includes('This does not lead anywhere');

async function expectDeadEnd(page: Promise<Seen>): Promise<void> {
  const seen = await page;
  expect(seen.body).toContain('This does not lead anywhere');
  expect(seen.status).toBe(400);
}

/** The flow ended so, and there is no grant. */
async function expectEnd({ flow, connection }: Away, status: string, code: string): Promise<void> {
  expect(await flowOf(server.ask, flow.id)).toMatchObject({ status, error: { code }, authorizationUrl: null });
  expect(await grantsOf(server.ask, connection)).toEqual([]);
}

async function expectAuthorized({ flow, connection }: Away): Promise<void> {
  expect(await flowOf(server.ask, flow.id)).toMatchObject({ status: 'AUTHORIZED', error: null });
  expect(await grantsOf(server.ask, connection)).toMatchObject([{ status: 'CONNECTED' }]);
}

const isWaiting = async ({ id }: Flow) => {
  expect(await flowOf(server.ask, id)).toMatchObject({ status: 'PENDING', authorizationUrl: expect.any(String) });
};

describe('the start link', () => {
  test('is not used up by whoever looks at it: previews, and people who do not go on', async () => {
    const flow = await begin(server.ask, await newConnection(server.ask, connector));
    const pages = await Promise.all(Array.from({ length: 5 }, () => new Person().visit(linkIn(flow))));
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await isWaiting(flow);
    const person = new Person();
    expect((await person.press(await person.visit(linkIn(flow)))).body).toContain('Connected');
  });

  test.each(['POST', 'PUT', 'HEAD', 'DELETE'])('does nothing by %s', async (method) => {
    const connection = await newConnection(server.ask, connector);
    const flow = await begin(server.ask, connection);
    const person = new Person();
    const page = await person.visit(linkIn(flow));
    for (const url of [linkIn(flow), linkOf(page, 'button')]) {
      const { status, headers } = await fetch(url, {
        method,
        redirect: 'manual',
        headers: { cookie: [...person.cookiesOf(url)].map((pair) => pair.join('=')).join('; ') },
      });
      expect([404, 405]).toContain(status);
      expect(headers.get('set-cookie')).toBeNull();
    }
    await isWaiting(flow);
  });

  test('serves the browser that left, and no other from then on', async () => {
    const first = await away();
    const link = linkIn(first.flow);
    await expectDeadEnd(new Person().visit(link));
    const other = new Person();
    await expectDeadEnd(other.visit(`${link}/continue?check=x`));
    expect((await first.person.visit(first.callback)).status).toBe(200);
    await expectAuthorized(first);
  });

  test('lets the same browser start again; what it had before is void', async () => {
    const { connection, flow, person, callback } = await away();
    const again = await person.press(await person.visit(linkIn(flow)), { stopBefore: ours });
    expect(stateIn(again.url)).not.toBe(stateIn(callback));
    await expectDeadEnd(person.visit(callback));
    expect((await person.visit(again.url)).status).toBe(200);
    await expectAuthorized({ connection, flow, person, callback });
  });

  test('lets a person click twice', async () => {
    const flow = await begin(server.ask, await newConnection(server.ask, connector));
    const person = new Person();
    const page = await person.visit(linkIn(flow));
    const clicks = await Promise.all(Array.from({ length: 5 }, () => person.press(page, { stopBefore: ours })));
    expect(clicks.filter(({ url }) => ours(new URL(url))).length).toBe(5);
  });

  test('lets one of several browsers leave that try at once', async () => {
    const connection = await newConnection(server.ask, connector);
    const flow = await begin(server.ask, connection);
    const people = Array.from({ length: 10 }, () => new Person());
    const pages = await Promise.all(people.map((person) => person.visit(linkIn(flow))));
    const steps = await Promise.all(
      people.map((person, index) => person.press(pages[index] as Seen, { stopBefore: ours })),
    );
    const left = steps.findIndex(({ status }) => status === 0);
    expect(steps.filter((_, index) => index !== left).every(isDeadEnd)).toBe(true);
    expect((await (people[left] as Person).visit((steps[left] as Seen).url)).status).toBe(200);
    expect((await grantsOf(server.ask, connection)).length).toBe(1);
  });

  test('is of 256 bits, and unknown ones lead nowhere', async () => {
    const link = await startLink(server.ask, await newConnection(server.ask, connector));
    expect(new URL(link).pathname).toMatch(/^\/authorization\/start\/gl_[\w-]{43}$/);
    const person = new Person();
    for (const url of [`${link}x`, link.slice(0, -1), `${link}/elsewhere`, `${server.url}/authorization/start/`])
      await expectDeadEnd(person.visit(url));
  });

  test.each([
    ['just before ten minutes', 599, true],
    ['after ten minutes', 600, false],
  ])('%s', async (_name, seconds, isOpen) => {
    const connection = await newConnection(server.ask, connector);
    const flow = await begin(server.ask, connection);
    expect(flow.expiresAt).toBe(clock.in(600));
    const person = new Person();
    const page = await person.visit(linkIn(flow));
    clock.pass(seconds);
    if (isOpen) {
      expect((await person.visit(linkIn(flow))).status).toBe(200);
      expect((await person.press(page)).status).toBe(200);
    } else {
      await expectDeadEnd(person.press(page));
      await expectDeadEnd(person.visit(linkIn(flow)));
      expect(await flowOf(server.ask, flow.id)).toMatchObject({ status: 'EXPIRED', error: { code: 'EXPIRED' } });
    }
    expect((await grantsOf(server.ask, connection)).length).toBe(isOpen ? 1 : 0);
  });
});

describe('going on from the start page needs', () => {
  const allTo = (cookies: Map<string, string>, value: string) => {
    for (const name of cookies.keys()) cookies.set(name, value);
  };
  test.each<[string, (next: URL, cookies: Map<string, string>) => void]>([
    ['the cookie', (_next, cookies) => cookies.clear()],
    ['a cookie with something in it', (_next, cookies) => allTo(cookies, '')],
    ['the cookie of this browser', (_next, cookies) => allTo(cookies, `gb_${'a'.repeat(43)}`)],
    ['the check of the page', ({ searchParams }) => searchParams.delete('check')],
    [
      'all of the check',
      ({ searchParams }) => searchParams.set('check', (searchParams.get('check') ?? '').slice(0, -1)),
    ],
    ['the right check', ({ searchParams }) => searchParams.set('check', 'x'.repeat(43))],
    ['a check in plain letters', ({ searchParams }) => searchParams.set('check', 'é'.repeat(43))],
  ])('%s', async (_name, change) => {
    const flow = await begin(server.ask, await newConnection(server.ask, connector));
    const person = new Person();
    const next = new URL(linkOf(await person.visit(linkIn(flow)), 'button'));
    change(next, person.cookiesOf(server.url));
    await expectDeadEnd(person.visit(next.href));
    await isWaiting(flow);
    expect(sloppy.visits).toEqual([]);
  });

  test('its own check: that of another browser does not do', async () => {
    const flow = await begin(server.ask, await newConnection(server.ask, connector));
    const [mine, other] = [new Person(), new Person()];
    await mine.visit(linkIn(flow));
    await expectDeadEnd(mine.visit(linkOf(await other.visit(linkIn(flow)), 'button')));
    await isWaiting(flow);
  });
});

describe('the state', () => {
  test('is of 256 bits and different each time; the database has its hash only', async () => {
    const all = await Promise.all([away(), away(), away()]);
    const states = all.map(({ callback }) => stateIn(callback));
    expect(new Set(states).size).toBe(3);
    const kept = await contentOf(server.dataDir);
    const isKept = (text: string) => kept.includes(text);
    for (const [index, state] of states.entries()) {
      expect(state).toMatch(/^gt_[\w-]{43}$/);
      expect(isKept(createHash('sha256').update(state).digest('base64url'))).toBe(true);
      const { flow, person } = all[index] as Away;
      const cookies = [...person.cookiesOf(server.url).values()];
      const startToken = new URL(linkIn(flow)).pathname.split('/').at(-1) ?? '';
      expect([state, startToken, ...cookies].map((secret) => secret.length)).toEqual([46, 46, 46]);
      expect([state, startToken, ...cookies].filter(isKept)).toEqual([]);
    }
  });

  test('serves once: of twenty callbacks at the same time one brings the grant, nineteen lead nowhere', async () => {
    const journey = await away();
    together(20);
    const pages = await Promise.all(Array.from({ length: 20 }, () => journey.person.visit(journey.callback)));
    expect(pages.filter(({ status }) => status === 200).length).toBe(1);
    expect(pages.filter(isDeadEnd).length).toBe(19);
    expect(sloppy.tokenRequests.length).toBe(1);
    await expectAuthorized(journey);
  });

  test('serves once: later callbacks lead nowhere and change nothing', async () => {
    const journey = await away();
    await journey.person.visit(journey.callback);
    const grants = await grantsOf(server.ask, journey.connection);
    clock.pass(1);
    await expectDeadEnd(journey.person.visit(journey.callback));
    await expectDeadEnd(journey.person.visit(`${journey.callback}&error=access_denied`));
    await expectDeadEnd(new Person().visit(journey.callback));
    await expectAuthorized(journey);
    expect(await grantsOf(server.ask, journey.connection)).toEqual(grants);
    expect(sloppy.tokenRequests.length).toBe(1);
  });

  test('that was declined is used up, too', async () => {
    const journey = await away();
    const declined = journey.callback.replace(/code=[^&]*/, 'error=access_denied');
    expect((await journey.person.visit(declined)).body).toContain('Not connected');
    await expectDeadEnd(journey.person.visit(journey.callback));
    await expectEnd(journey, 'DENIED', 'DENIED');
    expect(sloppy.tokenRequests).toEqual([]);
  });

  test.each([
    ['just before ten minutes', 599, true],
    ['after ten minutes', 600, false],
  ])('%s', async (_name, seconds, isOpen) => {
    const journey = await away();
    expect((await flowOf(server.ask, journey.flow.id)).expiresAt).toBe(clock.in(600));
    clock.pass(seconds);
    const page = await journey.person.visit(journey.callback);
    expect(page.status).toBe(isOpen ? 200 : 400);
    if (isOpen) await expectAuthorized(journey);
    else await expectEnd(journey, 'EXPIRED', 'EXPIRED');
    expect(sloppy.tokenRequests.length).toBe(isOpen ? 1 : 0);
  });

  test('that came back in time serves, however long the provider then thinks', async () => {
    const journey = await away();
    clock.pass(1);
    const other = await begin(server.ask, await newConnection(server.ask, connector));
    const watched = watchFlow(server.url, other.id);
    await watched.next();
    clock.pass(598);
    sloppy.answer((_received, response) => {
      clock.pass(20);
      // The sweeper has passed when the other flow, which would have had a second more, is over.
      void watched
        .rest()
        .then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"late"}'));
    });
    expect((await journey.person.visit(journey.callback)).status).toBe(200);
    expect((await flowOf(server.ask, other.id)).status).toBe('EXPIRED');
    await expectAuthorized(journey);
  });

  test.each<[string, (callback: URL) => void]>([
    ['unknown', ({ searchParams }) => searchParams.set('state', `gt_${'a'.repeat(43)}`)],
    ['cut', ({ searchParams }) => searchParams.set('state', (searchParams.get('state') ?? '').slice(0, -1))],
    ['empty', ({ searchParams }) => searchParams.set('state', '')],
    ['missing', ({ searchParams }) => searchParams.delete('state')],
    ['given twice', ({ searchParams }) => searchParams.append('state', searchParams.get('state') ?? '')],
    ['given twice, once wrong', ({ searchParams }) => searchParams.append('state', 'x')],
    [
      'the hash of the right one',
      ({ searchParams }) =>
        searchParams.set(
          'state',
          createHash('sha256')
            .update(searchParams.get('state') ?? '')
            .digest('base64url'),
        ),
    ],
  ])('that is %s leads nowhere, and leaves the right one as it was', async (_name, change) => {
    const journey = await away();
    const changed = new URL(journey.callback);
    change(changed);
    await expectDeadEnd(journey.person.visit(changed.href));
    expect(sloppy.tokenRequests).toEqual([]);
    expect((await journey.person.visit(journey.callback)).status).toBe(200);
    await expectAuthorized(journey);
  });
});

describe('swapped', () => {
  test('between browsers: a callback in another browser ends the flow, and nobody gets a grant', async () => {
    const [mine, other] = [await away(), await away()];
    const page = await other.person.visit(mine.callback);
    expect(page.status).toBe(400);
    expect(page.body).toContain('That did not work');
    await expectEnd(mine, 'FAILED', 'WRONG_BROWSER');
    await expectDeadEnd(mine.person.visit(mine.callback));
    await expectEnd(mine, 'FAILED', 'WRONG_BROWSER');
    expect(sloppy.tokenRequests).toEqual([]);
    expect((await other.person.visit(other.callback)).status).toBe(200);
    await expectAuthorized(other);
  });

  test('between users of one connection: each grant belongs to whoever it was begun for', async () => {
    const connection = await newConnection(server.ask, connector, { authorizationLevel: 'LOGGED_IN_USER' });
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map(async (userId) => {
        const flow = await begin(server.ask, connection, { userId });
        const person = new Person();
        const { url } = await person.press(await person.visit(linkIn(flow)), { stopBefore: ours });
        return { flow, person, callback: url, connection };
      }),
    );
    // Bob gets Alice to finish his journey, with her account.
    expect((await alice!.person.visit(bob!.callback)).status).toBe(400);
    await expectEnd(bob!, 'FAILED', 'WRONG_BROWSER');
    expect((await alice!.person.visit(alice!.callback)).status).toBe(200);
    expect(await grantsOf(server.ask, connection)).toMatchObject([{ userId: 'alice', status: 'CONNECTED' }]);
  });

  test('between cookies: the cookie of one flow does not serve for another', async () => {
    const [mine, other] = [await away(), await away()];
    const secrets = [...other.person.cookiesOf(server.url).values()];
    const jar = mine.person.cookiesOf(server.url);
    for (const name of jar.keys()) jar.set(name, secrets[0] ?? '');
    await mine.person.visit(mine.callback);
    await expectEnd(mine, 'FAILED', 'WRONG_BROWSER');
  });

  test('between connectors: the answer of one provider at the redirect URI of another ends the flow', async () => {
    const [mine, other] = [await away(), await away({}, { of: otherConnector })];
    const astray = mine.callback.replace(connector.redirectUri, otherConnector.redirectUri);
    expect(astray).not.toBe(mine.callback);
    expect((await mine.person.visit(astray)).status).toBe(400);
    await expectEnd(mine, 'FAILED', 'WRONG_CONNECTOR');
    expect(sloppy.tokenRequests).toEqual([]);
    expect((await other.person.visit(other.callback)).status).toBe(200);
    await expectAuthorized(other);
  });

  test('to a connector that there is not', async () => {
    const mine = await away();
    await mine.person.visit(mine.callback.replace(connector.redirectUri, `${connector.redirectUri}0`));
    await expectEnd(mine, 'FAILED', 'WRONG_CONNECTOR');
  });
});

const deleteConnection = async (id: string) => {
  const query = 'mutation ($id: ID!) { connectionDelete(id: $id) { deletedId userErrors { code } } }';
  expect((await dataOf(server.ask(query, { id }))).connectionDelete).toEqual({ deletedId: id, userErrors: [] });
};

describe('a connection that was deleted meanwhile leads nowhere', () => {
  test('at the start page, and on the way out', async () => {
    const connection = await newConnection(server.ask, connector);
    const flow = await begin(server.ask, connection);
    const person = new Person();
    const page = await person.visit(linkIn(flow));
    await deleteConnection(connection);
    await expectDeadEnd(person.press(page));
    await expectDeadEnd(person.visit(linkIn(flow)));
    expect(await flowOf(server.ask, flow.id)).toBeNull();
  });

  test('at the callback', async () => {
    const { connection, person, callback } = await away();
    await deleteConnection(connection);
    await expectDeadEnd(person.visit(callback));
    expect(sloppy.tokenRequests).toEqual([]);
  });

  test('while the start page is made, and while the callback is looked at', async () => {
    const connection = await newConnection(server.ask, connector);
    const link = await startLink(server.ask, connection);
    afterLookup(() => deleteConnection(connection));
    await expectDeadEnd(new Person().visit(link));

    const { connection: other, person, callback } = await away();
    afterLookup(() => deleteConnection(other));
    await expectDeadEnd(person.visit(callback));
    expect(sloppy.tokenRequests).toEqual([]);
  });

  test('while the provider gives the token', async () => {
    const { connection, person, callback } = await away();
    sloppy.answer((_received, response) => {
      void deleteConnection(connection).then(() =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"orphan"}'),
      );
    });
    await expectDeadEnd(person.visit(callback));
    expect(sloppy.tokenRequests.length).toBe(1);
  });
});

test('what goes wrong on our side ends the flow, and is told as that', async () => {
  const journey = await away();
  const lost = "UPDATE authorization_flow SET secrets = 'v1.lost.key' WHERE id = ?";
  expect(await change(server.dataDir, lost, journey.flow.id)).toBe(1);
  expect((await journey.person.visit(journey.callback)).status).toBe(500);
  await expectEnd(journey, 'FAILED', 'INTERNAL');
});

test('two flows that begin at once are two, and both may come to an end', async () => {
  const connection = await newConnection(server.ask, connector);
  const flows = await Promise.all([begin(server.ask, connection), begin(server.ask, connection)]);
  expect(new Set(flows.map(({ id }) => id)).size).toBe(2);
  expect(new Set(flows.map(linkIn)).size).toBe(2);
  const pages = await Promise.all(
    flows.map(async (flow) => {
      const person = new Person();
      return person.press(await person.visit(linkIn(flow)));
    }),
  );
  expect(pages.map(({ status }) => status)).toEqual([200, 200]);
  for (const flow of flows) expect((await flowOf(server.ask, flow.id)).status).toBe('AUTHORIZED');
  expect((await grantsOf(server.ask, connection)).length).toBe(1);
});

describe('who watches', () => {
  test('is told each state, and that it was the last', async () => {
    const journey = await away();
    const watched = watchFlow(server.url, journey.flow.id);
    expect(await watched.next()).toMatchObject({ status: 'PENDING', error: null });
    await journey.person.visit(journey.callback);
    expect(await watched.rest()).toEqual(['AUTHORIZED']);
  });

  test('is told by the sweeper when nobody comes', async () => {
    const flow = await begin(server.ask, await newConnection(server.ask, connector));
    const watched = watchFlow(server.url, flow.id);
    expect(await watched.next()).toMatchObject({ status: 'PENDING' });
    clock.pass(600);
    expect(await watched.next()).toMatchObject({
      status: 'EXPIRED',
      error: { code: 'EXPIRED' },
      authorizationUrl: null,
    });
    expect(await watched.rest()).toEqual([]);
  });

  test('late is told the end', async () => {
    const journey = await away();
    await journey.person.visit(journey.callback);
    expect(await watchFlow(server.url, journey.flow.id).rest()).toEqual(['AUTHORIZED']);
  });
});

describe('the start link in the API', () => {
  const keyOf = async (role: string) => {
    const query =
      'mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret userErrors { code } } }';
    return (await dataOf(server.ask(query, { input: { name: role, role } }))).apiKeyCreate.secret as string;
  };
  const sessionOf = async (connection: string, userId?: string): Promise<Ask> => {
    const query =
      'mutation ($input: SessionTokenCreateInput!) { sessionTokenCreate(input: $input) { token userErrors { code } } }';
    const { token } = (await dataOf(server.ask(query, { input: { connection: { id: connection }, userId } })))
      .sessionTokenCreate;
    return server.askAs(token);
  };

  test('is there for those who may send people, until they have left', async () => {
    const connection = await newConnection(server.ask, connector);
    const flow = await begin(server.ask, connection);
    const link = linkIn(flow);
    const [integrator, viewer] = [server.askAs(await keyOf('INTEGRATOR')), server.askAs(await keyOf('VIEWER'))];
    const session = await sessionOf(connection);
    expect((await flowOf(integrator, flow.id)).authorizationUrl).toBe(link);
    expect((await flowOf(session, flow.id)).authorizationUrl).toBe(link);
    expect(await flowOf(viewer, flow.id)).toMatchObject({ status: 'PENDING', authorizationUrl: null });

    const person = new Person();
    const { url } = await person.press(await person.visit(link), { stopBefore: ours });
    for (const ask of [server.ask, integrator, session])
      expect(await flowOf(ask, flow.id)).toMatchObject({ status: 'PENDING', authorizationUrl: null });
    await person.visit(url);
    expect(await flowOf(server.ask, flow.id)).toMatchObject({ status: 'AUTHORIZED', authorizationUrl: null });
  });

  test('a session token begins and sees flows of its own connection and user only', async () => {
    const connection = await newConnection(server.ask, connector, { authorizationLevel: 'LOGGED_IN_USER' });
    const other = await newConnection(server.ask, connector);
    const alice = await sessionOf(connection, 'alice');
    const bob = await sessionOf(connection, 'bob');
    const refusals = async (id: string, input?: object) => {
      const { flow, userErrors } = (await dataOf(authorizing(alice, id, input))).connectionAuthorize;
      expect(flow).toBeNull();
      return userErrors.map(({ code, path }: { code: string; path: string[] }) => [code, ...path]);
    };
    expect(await refusals(other)).toEqual([['NOT_FOUND', 'connection']]);
    expect(await refusals(connection, { userId: 'bob' })).toEqual([['NOT_ACCEPTED', 'userId']]);

    const flow = await begin(alice, connection);
    expect(flow).toMatchObject({ status: 'PENDING', userId: 'alice' });
    expect(await flowOf(bob, flow.id)).toBeNull();
    const person = new Person();
    expect((await person.press(await person.visit(linkIn(flow)))).status).toBe(200);
    expect(await flowOf(alice, flow.id)).toMatchObject({ status: 'AUTHORIZED' });
    expect(await grantsOf(server.ask, connection)).toMatchObject([{ userId: 'alice' }]);
    expect(await grantsOf(server.ask, other)).toEqual([]);
  });
});

test('no secret of a journey is logged', async () => {
  const { flow, person, callback } = await away();
  await person.visit(callback);
  const { searchParams } = new URL(callback);
  const startToken = new URL(linkIn(flow)).pathname.split('/').at(-1) ?? '';
  const cookies = [...person.cookiesOf(server.url).values()];
  const secrets = [
    startToken,
    searchParams.get('state') ?? '',
    searchParams.get('code') ?? '',
    ...cookies,
    'token-of-alice',
  ];
  expect(secrets.every((secret) => secret.length > 8)).toBe(true);
  const log = server.logLines.join('\n');
  expect(log).toContain('/authorization/callback/');
  expect(log).toContain('/authorization/start/');
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
});
