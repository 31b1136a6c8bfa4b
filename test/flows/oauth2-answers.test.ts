/** Token answers as sloppy providers send them: the usable ones bring the right grant, the others end the flow with a reason. */
import { Person } from '../peers/person';
import { formOf, type Sloppy, startSloppy, type TokenAnswer } from '../peers/sloppy';
import { clockAt } from '../support/clock';
import {
  authorizing,
  begin,
  flowOf,
  grantsOf,
  invoke,
  linkIn,
  newConnection,
  type OAuthConnector,
  oauthConnector,
} from '../support/oauth';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../support/server';

const clock = clockAt('2030-01-01T00:00:00Z');
const SECRET = 'client-secret&of+acme';
const EXPIRY = 1800;

let server: TestServer;
let sloppy: Sloppy;
let api: PeerApi;
/** One that obtains tokens by itself, and one where people consent. */
let machine: OAuthConnector;
let people: OAuthConnector;
/** A connection of each. */
let machineConnection: string;
let peoplesConnection: string;

beforeAll(async () => {
  [server, sloppy, api] = await Promise.all([startTestServer({ now: clock.now }), startSloppy(), startPeerApi()]);
  const common = { clientId: 'acme', clientSecret: SECRET, tokenUrl: `${sloppy.url}/token`, expiryTime: EXPIRY };
  machine = await oauthConnector(
    server.ask,
    { name: 'Machine', scopes: ['read', 'write'], allowedHosts: [api.host] },
    { oauth2: { ...common, grantType: 'CLIENT_CREDENTIALS' } },
  );
  people = await oauthConnector(
    server.ask,
    { name: 'People', scopes: ['read', 'write'], allowedHosts: [api.host] },
    { oauth2: { ...common, grantType: 'AUTHORIZATION_CODE', authorizationUrl: `${sloppy.url}/authorize` } },
  );
  machineConnection = await newConnection(server.ask, machine);
  peoplesConnection = await newConnection(server.ask, people);
});
afterAll(() => Promise.all([server.remove(), sloppy.close(), api.close()]));
beforeEach(() => sloppy.reset());

const token = 'T0ken-._~+/=';
const json = (fields: object, more: Partial<TokenAnswer> = {}): TokenAnswer => ({
  body: { access_token: token, token_type: 'Bearer', expires_in: 7200, scope: 'read write', ...fields },
  ...more,
});
const form = 'access_token=T0ken-._~%2B%2F%3D&token_type=bearer&expires_in=7200&scope=read%2Cwrite';
const DAY = 86_400;

describe('a usable answer', () => {
  const both = ['read', 'write'];
  test.each<[string, TokenAnswer, { expiresIn?: number; scopes?: string[] }]>([
    ['by the book', json({}), {}],
    ['as a form', { body: form, type: 'application/x-www-form-urlencoded' }, {}],
    ['as a form that is called text', { body: form, type: 'text/plain' }, {}],
    ['as a form that is called a page', { body: form, type: 'text/html; charset=utf-8' }, {}],
    ['as a form that is called JSON', { body: form }, {}],
    ['as a form with a line break at its end', { body: `${form}\r\n`, type: 'text/plain' }, {}],
    ['as JSON that is called text', json({}, { type: 'text/plain' }), {}],
    ['as JSON that is called a page', json({}, { type: 'text/html' }), {}],
    ['as JSON that is called nothing', json({}, { type: '' }), {}],
    ['as JSON after a byte order mark', { body: `\uFEFF${JSON.stringify(json({}).body)}` }, {}],
    ['as JSON between empty lines', { body: `\n\n ${JSON.stringify(json({}).body)}\n` }, {}],
    ['with status 201', json({}, { status: 201 }), {}],
    ['with status 203', json({}, { status: 203 }), {}],
    ['without token_type', json({ token_type: undefined }), {}],
    ['with a token_type of null', json({ token_type: null }), {}],
    ['with a token_type in capitals', json({ token_type: 'BEARER' }), {}],
    ['with a token_type of its own', json({ token_type: 'user' }), {}],
    ['with a token_type that is no text', json({ token_type: 7 }), {}],
    ['with expires_in as text', json({ expires_in: '7200' }), {}],
    ['with expires_in as a fraction', json({ expires_in: 7200.9 }), {}],
    ['with expires_in as the text of a fraction', json({ expires_in: '7200.000' }), {}],
    ['without expires_in', json({ expires_in: undefined }), { expiresIn: EXPIRY }],
    ['with expires_in null', json({ expires_in: null }), { expiresIn: EXPIRY }],
    ['with expires_in 0', json({ expires_in: 0 }), { expiresIn: EXPIRY }],
    ['with expires_in 1', json({ expires_in: 1 }), { expiresIn: 1 }],
    ['with expires_in below 1', json({ expires_in: 0.9 }), { expiresIn: EXPIRY }],
    ['with expires_in below 0', json({ expires_in: -1 }), { expiresIn: EXPIRY }],
    ['with expires_in true', json({ expires_in: true }), { expiresIn: EXPIRY }],
    ['with expires_in empty', json({ expires_in: '' }), { expiresIn: EXPIRY }],
    ['with expires_in in words', json({ expires_in: 'never' }), { expiresIn: EXPIRY }],
    ['with expires_in in a list', json({ expires_in: [7200] }), { expiresIn: EXPIRY }],
    ['with an expires_in that no date can hold', json({ expires_in: 9e15 }), { expiresIn: 3650 * DAY }],
    ['with scopes between commas', json({ scope: 'read,write' }), {}],
    ['with scopes between commas and spaces', json({ scope: 'read, write' }), {}],
    ['with scopes in a list', json({ scope: both }), {}],
    ['without scope', json({ scope: undefined }), {}],
    ['with scope null', json({ scope: null }), {}],
    ['with scope empty', json({ scope: '' }), {}],
    ['with fewer scopes', json({ scope: 'read' }), { scopes: ['read'] }],
    ['with more scopes', json({ scope: 'read write admin' }), { scopes: ['read', 'write', 'admin'] }],
    ['with refresh_token null', json({ refresh_token: null }), {}],
    ['with refresh_token empty', json({ refresh_token: '' }), {}],
    ['with an id_token that nobody signed', json({ id_token: 'eyJ.not.signed' }), {}],
    ['with more, and nested, fields', json({ user: { id: 1, error: 'none' }, team: [{ a: null }], ok: true }), {}],
    ['with error null', json({ error: null, error_description: null }), {}],
    ['with error empty', json({ error: '' }), {}],
    ['with errcode 0', json({ errcode: 0, errmsg: 'ok' }), {}],
  ])('%s', async (_name, answer, { expiresIn = 7200, scopes = both }) => {
    sloppy.answer(answer);
    // So that the grant of the test before cannot be taken for the one of this.
    clock.pass(1);
    expect(await begin(server.ask, machineConnection)).toMatchObject({ status: 'AUTHORIZED', error: null });
    expect(await grantsOf(server.ask, machineConnection)).toMatchObject([
      { status: 'CONNECTED', grantedScopes: scopes, expiresAt: clock.in(expiresIn) },
    ]);
  });

  test.each([
    ['as JSON', json({})],
    ['as a form', { body: form }],
  ])('brings the token as it was sent, %s', async (_name, answer) => {
    sloppy.answer(answer);
    const connection = await newConnection(server.ask, machine);
    await begin(server.ask, connection);
    expect(await invoke(server.ask, connection, `${api.url}/files`)).toBe(200);
    expect(api.received.at(-1)?.headers.authorization).toBe(`Bearer ${token}`);
  });

  test('keeps a scope whole that has a comma in it', async () => {
    const connector = await oauthConnector(
      server.ask,
      { name: 'Commas', scopes: ['files,all', 'users'] },
      {
        oauth2: {
          grantType: 'CLIENT_CREDENTIALS',
          clientId: 'acme',
          clientSecret: SECRET,
          tokenUrl: `${sloppy.url}/token`,
          scopeDelimiter: ' ',
        },
      },
    );
    sloppy.answer(json({ scope: 'files,all users' }));
    const connection = await newConnection(server.ask, connector);
    await begin(server.ask, connection);
    expect(await grantsOf(server.ask, connection)).toMatchObject([{ grantedScopes: ['files,all', 'users'] }]);
  });

  test('has its scopes between what the connector puts between them', async () => {
    const connector = await oauthConnector(
      server.ask,
      { name: 'Pipes', scopes: ['read', 'write'] },
      {
        oauth2: {
          grantType: 'CLIENT_CREDENTIALS',
          clientId: 'acme',
          clientSecret: SECRET,
          tokenUrl: `${sloppy.url}/token`,
          scopeDelimiter: ' | ',
        },
      },
    );
    sloppy.answer(json({ scope: 'read|write' }));
    const connection = await newConnection(server.ask, connector);
    await begin(server.ask, connection);
    expect(formOf(sloppy.tokenRequests.at(-1)!).get('scope')).toBe('read | write');
    expect(await grantsOf(server.ask, connection)).toMatchObject([{ grantedScopes: ['read', 'write'] }]);
  });
});

/** A journey from the start page to the end; gives the page and the flow. */
async function journey() {
  const flow = await begin(server.ask, peoplesConnection);
  const person = new Person();
  const page = await person.press(await person.visit(linkIn(flow)));
  return { page, flow: await flowOf(server.ask, flow.id) };
}

const REFUSED = 'PROVIDER_REFUSED';
const UNAVAILABLE = 'PROVIDER_UNAVAILABLE';
const UNUSABLE = 'PROVIDER_ANSWER_UNUSABLE';

/** Answers with the head of an answer and half of its body, and cuts the connection. */
const cut: Parameters<Sloppy['answer']>[0] = (_received, response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"access_token":"half', () => response.destroy());
};

describe('an answer that is no token ends the flow as FAILED, without a grant', () => {
  const invalidGrant = { error: 'invalid_grant', error_description: 'The code is too old.' };
  test.each<[string, Parameters<Sloppy['answer']>[0], string, string | null, string | null]>([
    ['an error with 400', { status: 400, body: invalidGrant }, REFUSED, 'invalid_grant', 'The code is too old.'],
    ['an error with 401', { status: 401, body: { error: 'invalid_client' } }, REFUSED, 'invalid_client', null],
    ['an error with 403 and no words', { status: 403, body: {} }, REFUSED, null, null],
    ['an error with 200', { body: invalidGrant }, REFUSED, 'invalid_grant', 'The code is too old.'],
    [
      'an error with 200, as a form',
      { body: 'error=bad_code&error_description=Too+old' },
      REFUSED,
      'bad_code',
      'Too old',
    ],
    ['an error beside a token', json({ error: 'invalid_scope' }), REFUSED, 'invalid_scope', null],
    ['ok: false with a word', { body: { ok: false, error: 'invalid_code' } }, REFUSED, 'invalid_code', null],
    ['ok: false without a word', { body: { ok: false } }, REFUSED, null, null],
    ['ok: false beside a token', json({ ok: false }), REFUSED, null, null],
    [
      'an error in an object',
      { status: 400, body: { error: { type: 'OAuthException', code: 100, message: 'Bad code.' } } },
      REFUSED,
      'OAuthException',
      'Bad code.',
    ],
    ['errors in a list', { status: 422, body: { errors: [{ code: 17, detail: 'No.' }] } }, REFUSED, '17', 'No.'],
    ['a fault', { status: 401, body: { fault: { faultstring: 'Bad key' } } }, REFUSED, null, 'Bad key'],
    ['a number for an error', { body: { errcode: 40029, errmsg: 'invalid code' } }, REFUSED, '40029', 'invalid code'],
    ['only a message', { status: 400, body: { message: 'Nope.' } }, REFUSED, null, 'Nope.'],
    ['an error as text', { status: 400, type: 'text/plain', body: 'Code not found' }, REFUSED, null, 'Code not found'],
    [
      'an error as a page',
      { status: 404, type: 'text/html', body: '<html><title>Not here</title>…' },
      REFUSED,
      null,
      'Not here',
    ],
    [
      'status 429',
      { status: 429, headers: { 'retry-after': '30' }, body: { error: 'slow' } },
      UNAVAILABLE,
      'slow',
      null,
    ],
    ['status 408', { status: 408, body: '' }, UNAVAILABLE, null, null],
    ['status 500', { status: 500, body: 'Internal Server Error' }, UNAVAILABLE, null, 'Internal Server Error'],
    ['status 502, as a page', { status: 502, body: '<title>Bad Gateway</title>' }, UNAVAILABLE, null, 'Bad Gateway'],
    ['status 503 with a token', json({}, { status: 503 }), UNAVAILABLE, null, null],
    [
      'trouble with 400',
      { status: 400, body: { error: 'temporarily_unavailable' } },
      UNAVAILABLE,
      'temporarily_unavailable',
      null,
    ],
    ['a connection that is cut', cut, UNAVAILABLE, 'no_answer', null],
    ['a connection that is cut at once', (_received, response) => response.destroy(), UNAVAILABLE, 'no_answer', null],
    ['more than a mebibyte', { body: json({ padding: 'x'.repeat(2 ** 21) }).body }, UNAVAILABLE, 'too_large', null],
    [
      'a page with 200',
      { type: 'text/html', body: '<!doctype html><title>Log in</title><a href="?a=b">' },
      UNUSABLE,
      null,
      'Log in',
    ],
    ['nothing', { body: '' }, UNUSABLE, null, null],
    ['nothing with 204', (_received, response) => response.writeHead(204).end(), UNUSABLE, null, null],
    ['a redirect', { status: 302, headers: { location: '/login' }, body: '' }, UNUSABLE, null, null],
    ['a redirect with a token', json({}, { status: 307, headers: { location: '/login' } }), UNUSABLE, null, null],
    ['JSON that ends too early', { body: '{"access_token":"abc=","token_ty' }, UNUSABLE, null, null],
    ['a list', { body: [json({}).body] }, UNUSABLE, null, null],
    ['a bare token', { type: 'text/plain', body: 'T0ken' }, UNUSABLE, null, null],
    ['null', { body: 'null' }, UNUSABLE, null, null],
    ['a token that is empty', json({ access_token: '' }), UNUSABLE, null, null],
    ['a token that is null', json({ access_token: null }), UNUSABLE, null, null],
    ['a token that is a number', json({ access_token: 12345 }), UNUSABLE, null, null],
    ['a token in an object', json({ access_token: { value: token } }), UNUSABLE, null, null],
    ['a token with a line break', json({ access_token: 'a\r\nx-other: b' }), UNUSABLE, null, null],
    ['a token that no header can carry', json({ access_token: 'ключ' }), UNUSABLE, null, null],
  ])('%s', async (_name, answer, code, providerError, providerErrorDescription) => {
    sloppy.answer(answer);
    const { page, flow } = await journey();
    expect(flow).toMatchObject({ status: 'FAILED', error: { code, providerError, providerErrorDescription } });
    expect(flow.error?.message).toMatch(/^[A-Z0-9].*\.$/);
    expect(page.status).toBe(400);
    expect(page.body).toContain('That did not work');
    expect(page.body).toContain(flow.error?.message);
    expect(await grantsOf(server.ask, peoplesConnection)).toEqual([]);
    expect(sloppy.tokenRequests.length).toBe(1);
  });

  test('and with client credentials is told as a user error, without a flow', async () => {
    sloppy.answer({ status: 400, body: { error: 'invalid_scope' } });
    const connection = await newConnection(server.ask, machine);
    const { connectionAuthorize } = await dataOf(authorizing(server.ask, connection));
    expect(connectionAuthorize).toMatchObject({
      flow: null,
      userErrors: [{ code: 'PROVIDER_ERROR', path: ['connection'], providerError: 'invalid_scope', httpStatus: 400 }],
    });
    expect(await grantsOf(server.ask, connection)).toEqual([]);
  });
});

describe("a provider's words", () => {
  const described = async (description: unknown) => {
    const answer: TokenAnswer = {
      status: 400,
      body: (received: never) => ({
        error: 'oops',
        error_description: typeof description === 'function' ? description(formOf(received)) : description,
      }),
    };
    sloppy.answer(answer);
    const { page, flow } = await journey();
    return { page, words: flow.error?.providerErrorDescription ?? null };
  };

  test.each<[string, unknown, string | null]>([
    ['of 300 characters are kept whole', 'é'.repeat(300), 'é'.repeat(300)],
    ['of 301 characters are cut', `${'é'.repeat(300)}x`, 'é'.repeat(300)],
    ['lose control characters and line breaks', 'a\u0000b\r\nc\u202Ed\u0085e', 'a b c d e'],
    ['of control characters only are none', '\u0000\n', null],
    ['may be in any language', 'Код 😀 устарел', 'Код 😀 устарел'],
    ['that are no text are none', { a: 1 }, null],
  ])('%s', async (_name, given, kept) => {
    expect((await described(given)).words).toBe(kept);
  });

  test.each<[string, (form: URLSearchParams) => string, string]>([
    ['the client secret', () => `bad ${SECRET}!`, 'bad ***!'],
    ['the code', (sent) => `bad ${sent.get('code')}!`, 'bad ***!'],
    ['the code verifier', (sent) => `bad ${sent.get('code_verifier')}!`, 'bad ***!'],
    [
      'the client secret as a form has it',
      (sent) => `bad client_secret=${new URLSearchParams({ s: sent.get('client_secret') ?? '' }).toString().slice(2)}!`,
      'bad client_secret=***!',
    ],
    ['the code as a URL has it', (sent) => `bad ${encodeURIComponent(sent.get('code') ?? '')}!`, 'bad ***!'],
    ['all of the request', (sent) => `bad ${sent}!`, 'bad '],
  ])('never repeat %s', async (_name, echo, kept) => {
    const { words } = await described(echo);
    expect(words).toContain(kept);
    const { body } = sloppy.tokenRequests.at(-1)!;
    for (const name of ['client_secret', 'code', 'code_verifier']) {
      const sent = new URLSearchParams(body.toString()).get(name) ?? '';
      expect(sent.length).toBeGreaterThan(8);
      expect(words).not.toContain(sent);
      expect(words).not.toContain(encodeURIComponent(sent));
    }
  });

  test('are escaped on the page', async () => {
    const { page, words } = await described(`<script>alert("1")</script> & 'so on'`);
    expect(words).toBe(`<script>alert("1")</script> & 'so on'`);
    expect(page.body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;so on&#39;');
    expect(page.body).not.toContain('<script>alert');
  });

  test('never repeat the Authorization header', async () => {
    const connector = await oauthConnector(
      server.ask,
      { name: 'Basic machine' },
      {
        oauth2: {
          grantType: 'CLIENT_CREDENTIALS',
          clientAuthentication: 'CLIENT_SECRET_BASIC',
          clientId: 'acme',
          clientSecret: SECRET,
          tokenUrl: `${sloppy.url}/token`,
        },
      },
    );
    sloppy.answer({
      status: 401,
      body: ({ headers }: { headers: Record<string, string> }) => ({ error: `not ${headers.authorization}` }),
    });
    const connection = await newConnection(server.ask, connector);
    const { connectionAuthorize } = await dataOf(authorizing(server.ask, connection));
    expect(connectionAuthorize.userErrors[0].providerError).toBe('not Basic ***');
  });
});

describe('what people bring back instead of a code', () => {
  test.each<[string, Record<string, string>, string, string]>([
    ['access_denied', { error: 'access_denied', error_description: 'No, thanks' }, 'DENIED', 'DENIED'],
    ['a word of its own for declining', { error: 'user_cancelled_authorize' }, 'DENIED', 'DENIED'],
    ['invalid_scope', { error: 'invalid_scope' }, 'FAILED', REFUSED],
    ['server_error', { error: 'server_error' }, 'FAILED', UNAVAILABLE],
    ['nothing', {}, 'FAILED', UNUSABLE],
    ['a token (the implicit grant)', { access_token: 'x', token: 'x' }, 'FAILED', UNUSABLE],
    ['an id_token', { code: 'abc', id_token: 'eyJ' }, 'FAILED', UNUSABLE],
    ['a signed answer (JARM)', { response: 'eyJ' }, 'FAILED', UNUSABLE],
    ['an empty code', { code: '' }, 'FAILED', UNUSABLE],
  ])('%s', async (_name, brought, status, code) => {
    sloppy.sendBack((parameters) => {
      parameters.delete('code');
      for (const [name, value] of Object.entries(brought)) parameters.set(name, value);
    });
    const { page, flow } = await journey();
    expect(flow).toMatchObject({
      status,
      error: {
        code,
        providerError: brought.error ?? null,
        providerErrorDescription: brought.error_description ?? null,
      },
    });
    expect(page.status).toBe(400);
    expect(await grantsOf(server.ask, peoplesConnection)).toEqual([]);
    expect(sloppy.tokenRequests).toEqual([]);
  });

  test('two codes are none', async () => {
    sloppy.sendBack((parameters) => parameters.append('code', 'another'));
    const { flow } = await journey();
    expect(flow).toMatchObject({ status: 'FAILED', error: { code: UNUSABLE } });
    expect(await grantsOf(server.ask, peoplesConnection)).toEqual([]);
    expect(sloppy.tokenRequests).toEqual([]);
  });
});
