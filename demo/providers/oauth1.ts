/** OAuth 1 at the provider of the demo (RFC 5849): temporary credentials, consent, token credentials, every request signed. */
import { consentPage, newSecret, type Provider, Refusal, sendBack } from '../provider';
import type { Received, Reply } from '../step';
import { isSigned, oauthParameters } from './oauth1-signature';

export const consumer = { key: 'grapnel-demo', secret: 'consumer-secret-of-the-demo' };

interface Temporary {
  readonly secret: string;
  /** Where to send the person back to: the address that was made known, with a query perhaps. */
  readonly callback: string;
  verifier?: string;
}

export class OAuth1Provider implements Provider {
  readonly folder = '/oauth1';
  private redirectUri = '';
  private readonly temporary = new Map<string, Temporary>();
  /** The secret of each token. */
  private readonly tokens = new Map<string, string>();
  private readonly usedNonces = new Set<string>();

  register(redirectUri: string): void {
    this.redirectUri = redirectUri;
  }

  answer(path: string, received: Received): Reply {
    if (path === '/request-token') return this.requestToken(received);
    if (path === '/authorize') return this.authorize(received);
    if (path === '/access-token') return this.accessToken(received);
    throw new Refusal('not_found', 404);
  }

  /** Whether a request to the API is signed with a token that was given. */
  isGood(received: Received): boolean {
    const secret = this.tokens.get(oauthParameters(received).get('oauth_token') ?? '');
    return secret !== undefined && this.isFromConsumer(received, secret);
  }

  /** Section 2.1. */
  private requestToken(received: Received): Reply {
    const callback = oauthParameters(received).get('oauth_callback') ?? '';
    if (callback.split('?', 1)[0] !== this.redirectUri || !this.isFromConsumer(received, ''))
      throw new Refusal('refused', 401);
    const [token, secret] = [newSecret('temporary'), newSecret('temporary-secret')];
    this.temporary.set(token, { secret, callback });
    return form({ oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: 'true' });
  }

  /** Section 2.2. */
  private authorize({ method, url }: Received): Reply {
    const token = url.searchParams.get('oauth_token') ?? '';
    const temporary = this.temporary.get(token);
    if (!temporary) throw new Refusal('unknown_token');
    if (method === 'GET') return consentPage('May Grapnel print your photos?');
    temporary.verifier = newSecret('verifier');
    return sendBack(temporary.callback, { oauth_token: token, oauth_verifier: temporary.verifier });
  }

  /** Section 2.3. */
  private accessToken(received: Received): Reply {
    const parameters = oauthParameters(received);
    const token = parameters.get('oauth_token') ?? '';
    const { secret, verifier } = this.temporary.get(token) ?? {};
    const isRight = secret !== undefined && verifier !== undefined && parameters.get('oauth_verifier') === verifier;
    if (!isRight || !this.isFromConsumer(received, secret)) throw new Refusal('refused', 401);
    this.temporary.delete(token);
    const [given, itsSecret] = [newSecret('token'), newSecret('token-secret')];
    this.tokens.set(given, itsSecret);
    return form({ oauth_token: given, oauth_token_secret: itsSecret });
  }

  private isFromConsumer(received: Received, tokenSecret: string): boolean {
    const parameters = oauthParameters(received);
    const nonce = `${parameters.get('oauth_timestamp')} ${parameters.get('oauth_nonce')}`;
    if (parameters.get('oauth_consumer_key') !== consumer.key || this.usedNonces.has(nonce)) return false;
    this.usedNonces.add(nonce);
    return isSigned(received, consumer.secret, tokenSecret);
  }
}

const form = (fields: Record<string, string>): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-store' },
  text: `${new URLSearchParams(fields)}`,
});
