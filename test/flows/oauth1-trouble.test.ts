/** OAuth 1 with providers that answer sloppily, wrongly, or not at all: what still works, and what is told of the rest. */
import type { Answerer } from '../support/peer-api';
import { protocolOf, StandIn, says, TEMPORARY, TOKENS } from './oauth1-stand-in';
import { CONSUMER_SECRET, flowOf, statusOf } from './oauth1-steps';

let standIn: StandIn;
beforeAll(async () => {
  standIn = await StandIn.start();
});
afterAll(() => standIn.close());

describe('answers that are sloppy but can be used', () => {
  test.each<[string, string, Answerer]>([
    ['a line break at the end', '/token', says(`${TOKENS}\r\n`)],
    ['another media type', '/token', says(TOKENS, 200, { 'content-type': 'text/html' })],
    ['status 201', '/token', says(TOKENS, 201)],
    ['fields that nobody asked for', '/token', says(`user_id=7&${TOKENS}&screen_name=a%26b`)],
    ['another order', '/initiate', says(TEMPORARY.split('&').reverse().join('&'))],
  ])('%s', async (_, path, answerer) => {
    standIn.answers({ [path]: answerer });
    const { connection } = await standIn.connect();
    const { flow, page } = await standIn.attempt(connection);
    expect([page.status, await flowOf(standIn.ask, flow)]).toEqual([200, { status: 'AUTHORIZED', error: null }]);
    expect(await standIn.invoke(connection)).toBe(200);
    expect(protocolOf(standIn.received('/api')[0]!)).toMatchObject({
      oauth_token: 'the token',
      oauth_signature: `${encodeURIComponent(CONSUMER_SECRET)}&the%20secret%2F2`,
    });
  });

  test('an empty token secret', async () => {
    standIn.answers({ '/token': says('oauth_token=t&oauth_token_secret=') });
    const { connection } = await standIn.connect();
    await standIn.attempt(connection);
    expect(await standIn.invoke(connection)).toBe(200);
    expect(protocolOf(standIn.received('/api')[0]!).oauth_signature).toBe(`${encodeURIComponent(CONSUMER_SECRET)}&`);
  });
});

const REFUSED = 'PROVIDER_REFUSED';
const UNAVAILABLE = 'PROVIDER_UNAVAILABLE';
const UNUSABLE = 'PROVIDER_ANSWER_UNUSABLE';
const problem = 'oauth_problem=timestamp_refused&oauth_problem_advice=Set+your+clock.';

describe.each(['/initiate', '/token'])('%s', (path) => {
  test.each<[string, Answerer, string, string | null, string | null]>([
    ['401 with words', says('Invalid <signature>', 401), REFUSED, 'Invalid <signature>', null],
    [
      '401 with a challenge only',
      says('', 401, { 'www-authenticate': 'OAuth oauth_problem="nonce_used"' }),
      REFUSED,
      'OAuth oauth_problem="nonce_used"',
      null,
    ],
    ['400 with a problem report', says(problem, 400), REFUSED, 'timestamp_refused', 'Set your clock.'],
    [
      'a problem report with status 200',
      says(`${problem}&oauth_token=`),
      REFUSED,
      'timestamp_refused',
      'Set your clock.',
    ],
    ['404 without a word', says('', 404), REFUSED, null, null],
    ['a redirect, which is not followed', says('', 302, { location: '/api' }), REFUSED, null, null],
    ['500', says('Oops', 500), UNAVAILABLE, 'Oops', null],
    ['503 that is a token all the same', says(TEMPORARY, 503), UNAVAILABLE, null, null],
    ['429', says('Slow down', 429), UNAVAILABLE, 'Slow down', null],
    ['no answer', (_, response) => void response.destroy(), UNAVAILABLE, 'no_answer', null],
    ['no token', says('oauth_token_secret=s&oauth_callback_confirmed=true'), UNUSABLE, null, null],
    ['an empty token', says('oauth_token=&oauth_token_secret=s&oauth_callback_confirmed=true'), UNUSABLE, null, null],
    ['no token secret', says('oauth_token=t&oauth_callback_confirmed=true'), UNUSABLE, null, null],
    ['a page', says('<html>Log in</html>'), UNUSABLE, null, null],
    ['nothing', says(''), UNUSABLE, null, null],
  ])('%s ends the flow', async (_, answerer, code, providerError, providerErrorDescription) => {
    standIn.answers({ [path]: answerer });
    const { connection } = await standIn.connect();
    const { flow, page } = await standIn.attempt(connection);
    expect(await flowOf(standIn.ask, flow)).toEqual({
      status: 'FAILED',
      error: { code, providerError, providerErrorDescription },
    });
    expect(page.status).toBe(400);
    // The words of the provider are for the operator; the person gets a plain sentence.
    expect(page.body).toContain('That did not work');
    expect(page.body).not.toContain('<signature>');
    expect(await statusOf(standIn.ask, connection)).toBe('UNAUTHORIZED');
  });
});

test.each([
  ['is missing', TEMPORARY.replace('&oauth_callback_confirmed=true', '')],
  ['is false', TEMPORARY.replace('confirmed=true', 'confirmed=false')],
  ['is empty', TEMPORARY.replace('confirmed=true', 'confirmed=')],
])('a provider whose oauth_callback_confirmed %s is not gone to', async (_, answer) => {
  standIn.answers({ '/initiate': says(answer) });
  const { connection } = await standIn.connect();
  const { flow } = await standIn.attempt(connection);
  expect(await flowOf(standIn.ask, flow)).toMatchObject({ status: 'FAILED', error: { code: UNUSABLE } });
  expect(standIn.peer.received.map(({ target }) => target)).toEqual(['/initiate']);
});
