/** The flow of OAuth 1 (RFC 5849 section 2): temporary credentials, the person's consent, token credentials. */
import { percentEncode } from '../rules/percent-encoding';
import type { Dealings, Memory, Obtained, ProviderFlow } from './flow';
import type { OAuth1Parameters } from './oauth1-parameters';
import { signOAuth1 } from './oauth1-signature';
import { FailureKind, ProviderFailure, words } from './provider-failure';
import type { Credentials } from './setup';

type OAuth1Dealings = Dealings<OAuth1Parameters>;

interface TokenPair {
  readonly token: string;
  readonly tokenSecret: string;
}

/** RFC 5849 section 2.1. The state travels in the callback URI: the protocol has no place of its own for it. */
async function begin(dealings: OAuth1Dealings, state: string): Promise<{ authorizationUrl: string; memory: Memory }> {
  const { requestTokenUrl, authorizationUrl } = dealings.setup.config;
  const callback = `${dealings.redirectUri}?state=${encodeURIComponent(state)}`;
  const { answer, pair } = await ask(dealings, requestTokenUrl, { oauth_callback: callback });
  if (answer.get('oauth_callback_confirmed') !== 'true')
    throw new ProviderFailure(
      FailureKind.BROKEN,
      'The provider did not confirm the callback (RFC 5849 section 2.1): it may speak OAuth 1.0 without the later fix.',
    );
  const url = authorizationUrl ?? '';
  return {
    authorizationUrl: `${url}${url.includes('?') ? '&' : '?'}oauth_token=${encodeURIComponent(pair.token)}`,
    memory: { token: pair.token, tokenSecret: pair.tokenSecret },
  };
}

/** RFC 5849 sections 2.2 and 2.3. */
async function complete(dealings: OAuth1Dealings, memory: Memory, query: URLSearchParams): Promise<Obtained> {
  const problem = query.get('oauth_problem');
  const hidden = spellings(dealings.hidden ?? []);
  if (query.has('denied') || problem !== null) {
    const isDenied = problem === null || /^(user|permission|access)_(refused|denied|rejected)$/.test(problem);
    throw new ProviderFailure(
      isDenied ? FailureKind.DENIED : FailureKind.REFUSED,
      isDenied ? 'The request was declined at the provider.' : 'The provider reports a problem in place of consent.',
      {
        providerError: words(problem ?? 'denied', hidden),
        providerErrorDescription: words(query.get('oauth_problem_advice'), hidden),
      },
    );
  }
  const verifier = query.get('oauth_verifier');
  if (query.get('oauth_token') !== memory.token || !verifier)
    throw new ProviderFailure(
      FailureKind.BROKEN,
      'The provider sent the person back without the verifier, or for another request.',
    );
  const { pair } = await ask(
    dealings,
    dealings.setup.config.tokenUrl,
    { oauth_verifier: verifier },
    memory as unknown as TokenPair,
  );
  return { credentials: { ...pair }, grantedScopes: [], expiresAt: null, isRefreshable: false };
}

/** There is no standard for it: a signed POST, as those providers want it that have a place for it. */
async function revoke(dealings: OAuth1Dealings, credentials: Credentials): Promise<boolean | null> {
  const { revokeTokenUrl } = dealings.setup.config;
  if (revokeTokenUrl == null) return null;
  const { status } = await send(dealings, revokeTokenUrl, {}, credentials as unknown as TokenPair);
  return status >= 200 && status < 300;
}

async function send(dealings: OAuth1Dealings, url: string, extra: Record<string, string>, pair?: TokenPair) {
  const { setup, moment } = dealings;
  const authorization = signOAuth1({
    method: 'POST',
    url: new URL(url),
    form: undefined,
    consumerKey: setup.config.consumerKey ?? '',
    consumerSecret: setup.secrets.consumerSecret?.value ?? '',
    token: pair?.token,
    tokenSecret: pair?.tokenSecret,
    signatureMethod: setup.config.signatureMethod,
    moment,
    extra,
  });
  return dealings.send({ method: 'POST', url, headers: [['authorization', authorization]] });
}

/** Asks for a token and its secret. */
async function ask(
  dealings: OAuth1Dealings,
  url: string | null | undefined,
  extra: Record<string, string>,
  pair?: TokenPair,
) {
  const { status, headers, body } = await send(dealings, url ?? '', extra, pair);
  const text = Buffer.from(body).toString('utf8').trim();
  const answer = new URLSearchParams(text);
  const token = answer.get('oauth_token');
  const tokenSecret = answer.get('oauth_token_secret');
  const isError = status < 200 || status >= 300;
  const problem = answer.get('oauth_problem');
  const challenge = headers.find(([name]) => name.toLowerCase() === 'www-authenticate')?.[1];
  const secrets = spellings([
    dealings.setup.secrets.consumerSecret?.value,
    ...(dealings.hidden ?? []),
    ...Object.values({ ...extra, ...pair }),
  ]);
  // Words that come with a token secret are not kept at all: nobody knows how else it is spelled in them.
  const said = tokenSecret === null ? text || challenge : undefined;
  const details = {
    httpStatus: status,
    providerError: words(problem ?? (isError ? said : undefined), secrets),
    providerErrorDescription: words(answer.get('oauth_problem_advice'), secrets),
  };
  if (status >= 500 || status === 429)
    throw new ProviderFailure(
      FailureKind.UNAVAILABLE,
      `The provider answered ${status}: it is in trouble, or asks for patience.`,
      details,
    );
  if (isError || problem !== null)
    throw new ProviderFailure(FailureKind.REFUSED, 'The provider refused to give a token.', details);
  if (!token || tokenSecret === null)
    throw new ProviderFailure(FailureKind.BROKEN, 'The answer of the provider holds no token and secret.', details);
  return { answer, pair: { token, tokenSecret } };
}

/** Secrets as our header spells them, which for PLAINTEXT is encoded twice, and as a form does, should the provider repeat them. */
function spellings(secrets: readonly (string | undefined)[]): string[] {
  return secrets.flatMap((secret) => {
    if (!secret) return [];
    const encoded = percentEncode(secret);
    return [secret, encoded, percentEncode(encoded), encoded.replaceAll('%20', '+')];
  });
}

export const oauth1Flow = { begin, complete, revoke } satisfies ProviderFlow<OAuth1Parameters>;
