/** Token answers of every shape: each becomes credentials that can be used or a failure that says why, and nothing else. */
import fc from 'fast-check';
import type { Dealings, Obtained, ProviderAnswer } from '../../../src/auth-types/flow';
import { oauth1Flow } from '../../../src/auth-types/oauth1-flow';
import type { OAuth1Parameters } from '../../../src/auth-types/oauth1-parameters';
import { oauth2Flow } from '../../../src/auth-types/oauth2/flow';
import type { OAuth2Parameters } from '../../../src/auth-types/oauth2/parameters';
import { ProviderFailure } from '../../../src/auth-types/provider-failure';
import { tell } from '../../support/trust';
import { anyJson, CHAPTER, damaged, fuzz, nasty } from './fuzzing';

const SLOW_MS = 15_000;
const now = new Date('2030-01-01T00:00:00Z');
const SECRET = 'secret-of-the-client/1';

const config = {
  ...{
    clientId: 'acme',
    tokenUrl: 'https://provider.example/token',
    revokeTokenUrl: 'https://provider.example/revoke',
  },
  ...{ requestTokenUrl: 'https://provider.example/initiate', authorizationUrl: 'https://provider.example/authorize' },
  ...{ consumerKey: 'acme', scopeDelimiter: ',', expiryTime: 3600, authorizationParameters: [], tokenParameters: [] },
};

/** With a provider that gives this answer, whatever it is asked. */
function dealings<Config>(answer: ProviderAnswer, more: object): Dealings<Config> {
  const secret = { value: SECRET, updatedAt: now.toISOString() };
  return {
    setup: {
      config: { ...config, ...more },
      secrets: { clientSecret: secret, consumerSecret: secret },
    } as unknown as Dealings<Config>['setup'],
    variables: {},
    scopes: ['read', 'write'],
    redirectUri: 'https://ours.example/authorization/callback/cnr_1',
    moment: { now, nonce: () => 'nonce' },
    send: async () => answer,
  };
}

let slowest = 0;

/** Gives what `work` obtains, or `undefined` where it fails as it may; throws for everything else. */
async function understood<T>(work: () => Promise<T>): Promise<T | undefined> {
  const started = performance.now();
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    const said = [error.message, error.providerError, error.providerErrorDescription];
    for (const words of said) {
      if (words === null) continue;
      if (/[\p{Cc}\p{Cs}]/u.test(words) || [...words].length > 300) throw new Error(`Unfit words: ${words}`);
      if (words.includes(SECRET)) throw new Error('The words repeat a secret.');
    }
    return undefined;
  } finally {
    const took = performance.now() - started;
    slowest = Math.max(slowest, took);
    expect(took).toBeLessThan(SLOW_MS);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }
}

function checkTokens({ credentials, grantedScopes, expiresAt }: Obtained): void {
  expect(
    Object.keys(credentials).filter((name) => !/^(accessToken|refreshToken|token|tokenSecret)$/.test(name)),
  ).toEqual([]);
  for (const value of Object.values(credentials)) expect(typeof value).toBe('string');
  expect(grantedScopes?.filter((scope) => typeof scope !== 'string' || scope === '') ?? []).toEqual([]);
  // Never in the past, and never longer than the ten years that a date can hold.
  if (expiresAt !== null) {
    const seconds = (expiresAt.getTime() - now.getTime()) / 1000;
    expect(seconds >= 1 && seconds <= 315_360_000).toBe(true);
  }
}

const statuses = fc.oneof({ weight: 4, arbitrary: fc.constant(200) }, fc.integer({ min: 200, max: 599 }));
const headers: fc.Arbitrary<[string, string][]> = fc.array(
  fc.tuple(fc.constantFrom('content-type', 'retry-after', 'www-authenticate', 'WWW-Authenticate', 'location'), nasty),
  { maxLength: 3 },
);
const names = fc.constantFrom(
  ...[
    'access_token',
    'refresh_token',
    'expires_in',
    'scope',
    'token_type',
    'error',
    'error_description',
    'errors',
    'ok',
  ],
  ...[
    'id_token',
    'oauth_token',
    'oauth_token_secret',
    'oauth_callback_confirmed',
    'oauth_problem',
    'oauth_problem_advice',
  ],
  ...['__proto__', 'constructor', 'message', 'code', 'detail', 'fault'],
);
const values = fc.oneof(
  anyJson,
  fc.constantFrom<unknown>('T0ken', 'true', 3600, '3600', -1, 1e300, '1e9', '99999999999999999999', 'read write', [
    'read',
  ]),
  fc.constant({ polluted: true }),
);
/** A token, and how long it lives, as no number of seconds may be. */
const lives = ['-1', '1e300', '"99999999999999999999"', '"1e9"', '[3600]', '0.5', '1e-9'].map(
  (life) => `"access_token":"T0ken","expires_in":${life},`,
);
/** `__proto__` as JSON has it: a name like any other, which a literal of JavaScript would not make. */
const fields = fc
  .tuple(fc.constantFrom('', '"access_token":"T0ken",', ...lives), fc.array(fc.tuple(names, values), { maxLength: 8 }))
  .map(([token, entries]) => {
    const pairs = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return `{${token}"id":1${['', ...pairs].join()}}`;
  });
const good =
  '{"access_token":"T0ken","token_type":"Bearer","expires_in":3600,"scope":"read write","refresh_token":"r3fresh"}';
const goodForm = 'oauth_token=t0ken&oauth_token_secret=s3cret&oauth_callback_confirmed=true';
const form = fc
  .array(fc.tuple(names, nasty), { maxLength: 8 })
  .map((entries) => entries.map(([name, value]) => `${name}=${value.slice(0, 500)}`).join('&'));
const bodies: fc.Arbitrary<Uint8Array> = fc.oneof(
  fields.map((text) => Buffer.from(text)),
  form.map((text) => Buffer.from(text)),
  damaged(fc.constantFrom(Buffer.from(good), Buffer.from(goodForm), Buffer.from(`\ufeff${good}`, 'utf16le'))),
  nasty.map((text) => Buffer.from(`<html><title>${text}</title>`)),
  anyJson.map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 300 }),
);
const answers: fc.Arbitrary<ProviderAnswer> = fc.record({ status: statuses, headers, body: bodies });

afterAll(() => tell(CHAPTER, 'longest time to understand a token answer', `${Math.round(slowest)} ms`));

test(
  'OAuth 2: the token endpoint, asked with a code, with a refresh token, with nothing',
  () =>
    fuzz('OAuth 2 answers that were not understood', [500, 30_000], answers, async (answer) => {
      const people = dealings<OAuth2Parameters>(answer, { grantType: 'AUTHORIZATION_CODE' });
      const machine = dealings<OAuth2Parameters>(answer, { grantType: 'CLIENT_CREDENTIALS' });
      const query = new URLSearchParams({ code: 'code-1', state: 'state-1' });
      const former = { accessToken: 'former', refreshToken: 'former refresh' };
      for (const obtained of [
        await understood(() => oauth2Flow.complete(people, { state: 'state-1' }, query)),
        await understood(() => oauth2Flow.refresh(people, former)),
        await understood(() => oauth2Flow.obtain(machine)),
      ]) {
        if (obtained === undefined) continue;
        checkTokens(obtained);
        // RFC 6749 appendix A.12: it has to stand in a header.
        expect(obtained.credentials.accessToken).toMatch(/^[ -~]+$/);
      }
      const isRevoked = await understood(() => oauth2Flow.revoke(people, former));
      expect(isRevoked).toBe(answer.status < 300);
    }),
  600_000,
);

test('OAuth 2: what comes back with a person', () => {
  const parameter = fc.constantFrom(
    'code',
    'state',
    'iss',
    'error',
    'error_description',
    'error_uri',
    'response',
    '__proto__',
  );
  const queries = fc.array(fc.tuple(parameter, fc.oneof(nasty, fc.constantFrom('state-1', 'https://issuer.example'))), {
    maxLength: 6,
  });
  const issuers = fc.constantFrom(null, 'https://issuer.example');
  const answer = { status: 200, headers: [], body: Buffer.from(good) };
  return fuzz(
    'returns of people that were not understood',
    [1_000, 15_000],
    fc.tuple(queries, issuers),
    async ([given, issuer]) => {
      const more = { grantType: 'AUTHORIZATION_CODE', issuer, issuerPromised: issuer !== null };
      const query = new URLSearchParams(given);
      const obtained = await understood(() =>
        oauth2Flow.complete(dealings<OAuth2Parameters>(answer, more), { state: 'state-1' }, query),
      );
      if (obtained) expect([query.getAll('state'), query.getAll('code').length]).toEqual([['state-1'], 1]);
    },
  );
}, 600_000);

test(
  'OAuth 1: temporary credentials, token credentials, revocation',
  () =>
    fuzz('OAuth 1 answers that were not understood', [500, 20_000], answers, async (answer) => {
      const given = dealings<OAuth1Parameters>(answer, { signatureMethod: 'HMAC_SHA1' });
      const begun = await understood(() => oauth1Flow.begin(given, 'state-1'));
      if (begun) expect(new URL(begun.authorizationUrl).origin).toBe('https://provider.example');
      const memory = { token: 'temporary', tokenSecret: 'temporary secret' };
      const query = new URLSearchParams({ oauth_token: 'temporary', oauth_verifier: 'v' });
      const obtained = await understood(() => oauth1Flow.complete(given, memory, query));
      if (obtained) {
        checkTokens(obtained);
        expect(obtained.credentials.token).not.toBe('');
        // What was given must be fit to sign with.
        await understood(() => oauth1Flow.revoke(given, obtained.credentials));
      }
    }),
  600_000,
);

/** As large as an answer may be, of a kind that a careless pattern or parser takes minutes, or the whole stack, for. */
const huge = 1024 * 1024;
const filled = (piece: string, before = '', after = '') => {
  const times = Math.floor((huge - before.length - after.length) / piece.length);
  return `${before}${piece.repeat(times)}${after}`;
};
const large: Record<string, string> = {
  'a page of titles that do not end': filled('<title'),
  'a page of titles and spaces': filled('<title ', '<html>'),
  'lists in lists': filled('['),
  'objects in objects': filled('{"a":'),
  'lists in an error': filled('[', '{"error":', ''),
  'lists, closed': `{"access_token":${'['.repeat(huge / 4)}${']'.repeat(huge / 4)}}`,
  'a form of a thousand names': filled('access_token=a&'),
  'a form without an equals sign': filled('a'),
  'nothing but spaces': filled(' ', '', 'x'),
  'nothing but equals signs': filled('='),
  'nothing but percent signs': filled('%', 'access_token='),
  'byte order marks': filled('\ufeff'),
  'a long description': filled('a', '{"error":"no","error_description":"', '"}'),
  'a description of control characters': filled('\\u0001', '{"error":"no","error_description":"', '"}'),
  'a description of our secret': filled(SECRET, '{"error":"no","error_description":"', '"}'),
  'a scope of commas': filled(',', '{"access_token":"a","scope":"', '"}'),
  'a scope of spaces': filled(' ', '{"access_token":"a","scope":"', '"}'),
  'a scope of many': filled('a ', '{"access_token":"a","scope":"', '"}'),
  'a long token': filled('a', '{"access_token":"', '"}'),
  'a token life of many digits': filled('9', '{"access_token":"a","expires_in":"', '"}'),
  'a token life of dots': filled('.1', '{"access_token":"a","expires_in":"1', '"}'),
  'a temporary token': filled('a', 'oauth_token_secret=s&oauth_callback_confirmed=true&oauth_token='),
};
test.each(Object.entries(large))(
  'a mebibyte that is %s takes no time',
  async (_name, text) => {
    for (const status of [200, 400]) {
      const answer = { status, headers: [], body: Buffer.from(text) };
      const machine = dealings<OAuth2Parameters>(answer, { grantType: 'CLIENT_CREDENTIALS' });
      const obtained = await understood(() => oauth2Flow.obtain(machine));
      if (obtained) checkTokens(obtained);
      await understood(() =>
        oauth1Flow.begin(dealings<OAuth1Parameters>(answer, { signatureMethod: 'HMAC_SHA1' }), 's'),
      );
    }
  },
  60_000,
);
