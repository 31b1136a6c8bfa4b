/** The pages of an authorization: what they say, that nothing in them comes alive, and what browsers are told about them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import type { BrowserSecret, Invitation } from '../../src/authorization/journey';
import type { Journeys } from '../../src/authorization/journeys';
import { serveAuthorization } from '../../src/http/authorization-pages';
import { html } from '../../src/http/html';
import { Links } from '../../src/links';
import { linkOf, Person, type Seen } from '../peers/person';
import { type Sloppy, startSloppy } from '../peers/sloppy';
import { begin, flowOf, linkIn, newConnection, oauthConnector, startLink } from '../support/oauth';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';

const ORIGINS = ['https://app.example.com', 'http://localhost:5173'];

let server: TestServer;
let sloppy: Sloppy;
/** An administrator of the workspace R&D. */
let ask: Ask;

beforeAll(async () => {
  [server, sloppy] = await Promise.all([
    startTestServer({ env: { ALLOWED_ORIGINS: ORIGINS.join(',') } }),
    startSloppy(),
  ]);
  const query = 'mutation { workspaceCreate(input: { name: "R&D" }) { adminKey } }';
  ask = server.askAs((await dataOf(server.ask(query))).workspaceCreate.adminKey);
});
afterAll(() => Promise.all([server.remove(), sloppy.close()]));
beforeEach(() => sloppy.reset());

let count = 0;

const connectorFor = (input: object = {}, config: object = {}) => {
  count += 1;
  return oauthConnector(
    ask,
    { name: `Drive ${count}`, ...input },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'acme',
        clientSecret: 'secret',
        authorizationUrl: `${sloppy.url}/authorize`,
        tokenUrl: `${sloppy.url}/token`,
        ...config,
      },
    },
  );
};

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const decoded = (text: string) => text.replace(/&([^;\s]+);/g, (_, name: string) => entities[name] ?? '?');

/** The terms of the page, each with its description as people read it. */
const factsIn = ({ body }: Seen) =>
  Object.fromEntries(
    [...body.matchAll(/<dt>(.*?)<\/dt><dd[^>]*>(.*?)<\/dd>/gs)].map(([, term = '', description = '']) => [
      term,
      decoded(description.replace(/<[^>]*>/g, ' '))
        .replace(/\s+/g, ' ')
        .trim(),
    ]),
  );

describe('the start page', () => {
  test('says who asks for what', async () => {
    const connector = await connectorFor({ name: 'Cloud Drive', scopes: ['files.read', 'files.write'] });
    const connection = await newConnection(ask, connector, {
      name: 'Invoices 2030',
      authorizationLevel: 'LOGGED_IN_USER',
      scopeIds: [connector.scopeIds[1]],
    });
    const page = await new Person().visit(await startLink(ask, connection, { userId: 'user-7' }));
    expect(page.status).toBe(200);
    expect(/<h1>(.*)<\/h1>/.exec(page.body)?.[1]).toBe('Connect Cloud Drive?');
    expect(factsIn(page)).toEqual({
      'Asked by': 'R&D (key "First key")',
      'For the connection': 'Invoices 2030',
      'For the user': 'user-7',
      Permissions: 'Permission 2 files.write',
    });
    expect(page.body).toContain(`Continue to ${sloppy.host}</a>`);
    expect(new URL(linkOf(page, 'button')).origin).toBe(server.url);
  });

  test('leaves out what there is not: no user, no permissions, no key behind a session token', async () => {
    const connection = await newConnection(ask, await connectorFor(), { name: 'Shared' });
    const query = 'mutation ($input: SessionTokenCreateInput!) { sessionTokenCreate(input: $input) { token } }';
    const { token } = (await dataOf(ask(query, { input: { connection: { id: connection } } }))).sessionTokenCreate;
    const page = await new Person().visit(await startLink(server.askAs(token), connection));
    expect(factsIn(page)).toEqual({ 'Asked by': 'R&D', 'For the connection': 'Shared' });
  });

  test('names the host that the person will see, with the variables of the connection', async () => {
    const connector = await connectorFor(
      { connectionFields: [{ name: 'account', label: 'Account' }] },
      { authorizationUrl: 'https://{account}.example.com:8443/authorize' },
    );
    const variables = [{ name: 'account', value: 'acme' }];
    const page = await new Person().visit(await startLink(ask, await newConnection(ask, connector, { variables })));
    expect(page.body).toContain('<strong>acme.example.com:8443</strong>');
  });

  test('escapes everything', async () => {
    const scope = `read<b>&'x';</ul><script>alert(1)</script>`;
    const userId = `"><img src=x onerror="alert('1')">&amp;`;
    const connector = await connectorFor({ name: 'Drive & Mail ~ |', scopes: [scope] });
    const connection = await newConnection(ask, connector, {
      name: 'R&D | Files',
      authorizationLevel: 'LOGGED_IN_USER',
    });
    const page = await new Person().visit(await startLink(ask, connection, { userId }));
    expect(factsIn(page)).toEqual({
      'Asked by': 'R&D (key "First key")',
      'For the connection': 'R&D | Files',
      'For the user': userId,
      Permissions: `Permission 1 ${scope}`,
    });
    expect(page.body).toContain('Connect Drive &amp; Mail ~ |?');
    expect(page.body.match(/<(script|img|b)\b/g)).toBeNull();
    expect(page.body.match(/&(?!(amp|lt|gt|quot|#39);)/g)).toBeNull();
  });
});

/** One page of each kind. */
async function pages(): Promise<Record<'start' | 'connected' | 'declined' | 'failed' | 'deadEnd', Seen>> {
  const connector = await connectorFor();
  const walk = async (prepare: () => void) => {
    prepare();
    const person = new Person();
    const page = await person.press(await person.visit(await startLink(ask, await newConnection(ask, connector))));
    sloppy.reset();
    return page;
  };
  return {
    start: await new Person().visit(await startLink(ask, await newConnection(ask, connector))),
    connected: await walk(() => undefined),
    declined: await walk(() =>
      sloppy.sendBack((parameters) => {
        parameters.delete('code');
        parameters.set('error', 'access_denied');
      }),
    ),
    failed: await walk(() => sloppy.answer({ status: 400, body: { error: 'no' } })),
    deadEnd: await new Person().visit(`${server.url}/authorization/start/x`),
  };
}

const policyOf = ({ headers }: Seen) =>
  Object.fromEntries(
    (headers.get('content-security-policy') ?? '').split('; ').map((directive) => directive.split(/ (.*)/).slice(0, 2)),
  );

test('every page may load nothing, be framed by nobody, be kept by nobody, and tells nobody where it was', async () => {
  const all = Object.entries(await pages());
  const nonces = new Set<string>();
  for (const [kind, page] of all) {
    const { headers, body } = page;
    const hasScript = ['connected', 'declined', 'failed'].includes(kind);
    const nonce = /<style nonce="([^"]+)">/.exec(body)?.[1] ?? '';
    expect(Buffer.from(nonce, 'base64').length).toBe(16);
    nonces.add(nonce);
    expect(policyOf(page)).toEqual({
      'default-src': "'none'",
      'style-src': `'nonce-${nonce}'`,
      'script-src': hasScript ? `'nonce-${nonce}'` : "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect([...body.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual(
      hasScript ? [`<script nonce="${nonce}">`] : [],
    );
    // Attributes that run or style by themselves would be refused by the policy, or worse, not.
    expect(body.match(/\s(on\w+|style)=/g)).toBeNull();
    expect(page.status).toBe(kind === 'start' || kind === 'connected' ? 200 : 400);
  }
  expect(nonces.size).toBe(all.length);
});

test('the redirects on the way tell nobody where they were, and are kept by nobody', async () => {
  const person = new Person();
  const next = linkOf(
    await person.visit(await startLink(ask, await newConnection(ask, await connectorFor()))),
    'button',
  );
  const cookie = [...person.cookiesOf(next)].map((pair) => pair.join('=')).join('; ');
  const { status, headers } = await fetch(next, { redirect: 'manual', headers: { cookie } });
  expect(status).toBe(303);
  expect(headers.get('location')).toMatch(new RegExp(`^${sloppy.url}/authorize\\?`));
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('cache-control')).toBe('no-store');
});

describe('the script of the last page', () => {
  /** Runs it in a window that was opened by `opener`; gives what it did. */
  const run = ({ body }: Seen, opener: boolean) => {
    const script = /<script nonce="[^"]+">(.*)<\/script>/s.exec(body)?.[1] ?? '';
    const done: unknown[] = [];
    const postMessage = (...message: unknown[]) => done.push(JSON.parse(JSON.stringify(message)));
    const close = () => done.push('closed');
    runInNewContext(script, { window: { opener: opener ? { postMessage } : null, close } });
    return done;
  };

  test.each([
    ['connected', 'AUTHORIZED'],
    ['declined', 'DENIED'],
    ['failed', 'FAILED'],
  ] as const)('tells the opener, at our own and the allowed origins only, and closes: %s', async (kind, status) => {
    const page = (await pages())[kind];
    const message = { type: 'grapnel.authorization', flowId: expect.stringMatching(/^flw_[0-9a-f]{32}$/), status };
    expect(run(page, true)).toEqual([[message, server.url], ...ORIGINS.map((origin) => [message, origin]), 'closed']);
  });

  test('does nothing in a window that nobody opened', async () => {
    expect(run((await pages()).connected, false)).toEqual([]);
  });

  test('names the flow that has ended', async () => {
    const flow = await begin(ask, await newConnection(ask, await connectorFor()));
    const person = new Person();
    const page = await person.press(await person.visit(linkIn(flow)));
    expect(run(page, true)).toContainEqual([
      { type: 'grapnel.authorization', flowId: flow.id, status: (await flowOf(ask, flow.id)).status },
      server.url,
    ]);
  });
});

test('the pages say it all without their script', async () => {
  const { connected, declined, failed, deadEnd } = await pages();
  const said = ({ body }: Seen) => decoded(/<main>(.*)<\/main>/s.exec(body)?.[1]?.replace(/<[^>]*>/g, ' ') ?? '');
  expect(said(connected)).toContain('Connected');
  expect(said(declined)).toContain('Not connected');
  expect(said(failed)).toContain('The provider refused to give a token.');
  expect(said(deadEnd)).toContain('start again');
});

describe('the cookie of a browser', () => {
  const setBy = ({ headers }: Seen) => headers.getSetCookie();

  test('is for us only, out of reach of scripts, and comes along from another site', async () => {
    const flow = await begin(ask, await newConnection(ask, await connectorFor()));
    const [cookie, ...others] = setBy(await new Person().visit(linkIn(flow)));
    expect(cookie?.replace(/gb_[\w-]{43}/, 'SECRET')).toBe(
      `grapnel-${flow.id}=SECRET; Path=/; Max-Age=1200; HttpOnly; SameSite=Lax`,
    );
    expect(others).toEqual([]);
  });

  test('is another for each browser, and stays the same for one', async () => {
    const link = await startLink(ask, await newConnection(ask, await connectorFor()));
    const person = new Person();
    const [first, again] = [setBy(await person.visit(link)), setBy(await person.visit(link))];
    expect(again).toEqual(first);
    expect(setBy(await new Person().visit(link))).not.toEqual(first);
  });

  describe('where we are reached by https', () => {
    const known: (string | undefined)[] = [];
    const invitation: Invitation = {
      flowId: 'flw_1',
      connectorName: 'Drive',
      connectionName: 'Files',
      requestedBy: 'Acme',
      userId: null,
      scopes: [],
      providerHost: 'provider.example.com',
    };
    const journeys = {
      async invitation(_token: string, browser: BrowserSecret) {
        known.push(browser('flw_1'));
        return invitation;
      },
    } as unknown as Journeys;
    const links = new Links('https://grapnel.example.com');
    const http = createServer((request, response) => {
      void serveAuthorization({ journeys, links, origins: [] }, request, response);
    });
    let link: string;

    beforeAll(async () => {
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      link = `http://127.0.0.1:${(http.address() as AddressInfo).port}/authorization/start/token`;
    });
    afterAll(() => new Promise((resolve) => http.close(resolve)));

    test('cannot be set by another host or over http (RFC 6265bis section 4.1.3.2)', async () => {
      const [cookie] = setBy(await new Person().visit(link));
      expect(cookie?.replace(/gb_[\w-]{43}/, 'SECRET')).toBe(
        '__Host-grapnel-flw_1=SECRET; Path=/; Max-Age=1200; HttpOnly; SameSite=Lax; Secure',
      );
    });

    test.each([
      ['__Host-grapnel-flw_1=right', 'right'],
      ['a=b; __Host-grapnel-flw_1=right ; c', 'right'],
      ['grapnel-flw_1=wrong', undefined],
      ['__Host-grapnel-flw_2=wrong', undefined],
      ['__Host-grapnel-flw_1=', undefined],
      // For a browser this has no prefix, so that a neighbouring host may set it.
      ['\u00a0__Host-grapnel-flw_1=wrong', undefined],
      ['a=b;\u00a0__Host-grapnel-flw_1=wrong', undefined],
      // Two that differ: one of them is not ours.
      ['__Host-grapnel-flw_1=right; __Host-grapnel-flw_1=wrong', undefined],
      ['__Host-grapnel-flw_1=right; __Host-grapnel-flw_1=right', 'right'],
      ['__Host-grapnel-flw_1', undefined],
      ['', undefined],
    ])('is known by its whole name: %j', async (cookie, expected) => {
      await fetch(link, { headers: { cookie } });
      expect(known.at(-1)).toBe(expected);
    });
  });
});

test('values in HTML are escaped in texts and attributes, HTML is not escaped twice', () => {
  const value = `<b class="x">'&'</b>`;
  const inner = html`<p>${value}</p>`;
  expect(html`<a title="${value}">${[inner, inner]}</a>`.text).toBe(
    '<a title="&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;">' +
      '<p>&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;</p>'.repeat(2) +
      '</a>',
  );
});
