/** OAuth 2 at the provider of the demo: codes bound by PKCE (RFC 7636), short-lived tokens, refresh tokens that are good once. */
import { createHash } from 'node:crypto';
import { consentPage, newSecret, type Provider, Refusal, sendBack } from '../provider';
import { json, type Received, type Reply } from '../step';

export const client = { id: 'grapnel-demo', secret: 'client-secret-of-the-demo' };

/** How long an access token lives, in seconds. */
const LIFETIME = 60;

export class OAuth2Provider implements Provider {
  readonly folder = '/oauth2';
  private redirectUri = '';
  /** The code challenge of each code that waits. */
  private readonly codes = new Map<string, string>();
  /** When each access token ends, in milliseconds. */
  private readonly ends = new Map<string, number>();
  private refreshToken = '';
  private refreshed = 0;

  register(redirectUri: string): void {
    this.redirectUri = redirectUri;
  }

  answer(path: string, { method, url, body }: Received): Reply {
    if (path === '/authorize') return this.authorize(method, url.searchParams);
    if (path === '/token' && method === 'POST') return this.token(new URLSearchParams(`${body}`));
    throw new Refusal('not_found', 404);
  }

  isGood(accessToken: string): boolean {
    return Date.now() < (this.ends.get(accessToken) ?? 0);
  }

  readonly expiry = {
    endTokens: () => this.ends.clear(),
    refreshes: () => this.refreshed,
  };

  /** RFC 6749 section 4.1.1, RFC 7636 section 4.3. */
  private authorize(method: string, asked: URLSearchParams): Reply {
    const isRight =
      asked.get('response_type') === 'code' &&
      asked.get('client_id') === client.id &&
      asked.get('redirect_uri') === this.redirectUri &&
      asked.get('code_challenge_method') === 'S256';
    if (!isRight) throw new Refusal('invalid_request');
    if (method === 'GET') return consentPage('May Grapnel read your files?');
    const code = newSecret('code');
    this.codes.set(code, asked.get('code_challenge') ?? '');
    return sendBack(this.redirectUri, { code, state: asked.get('state') ?? '' });
  }

  private token(asked: URLSearchParams): Reply {
    if (asked.get('client_id') !== client.id || asked.get('client_secret') !== client.secret)
      throw new Refusal('invalid_client', 401);
    const given = (name: string) => asked.get(name) ?? '';
    if (given('grant_type') === 'authorization_code') this.spendCode(given);
    else if (given('grant_type') === 'refresh_token') this.spendRefreshToken(given('refresh_token'));
    else throw new Refusal('unsupported_grant_type');
    const accessToken = newSecret('access');
    this.ends.set(accessToken, Date.now() + LIFETIME * 1000);
    this.refreshToken = newSecret('refresh');
    return json(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: LIFETIME,
      refresh_token: this.refreshToken,
    });
  }

  /** RFC 7636 section 4.6: whoever has the code needs the verifier, too. */
  private spendCode(given: (name: string) => string): void {
    const challenge = this.codes.get(given('code'));
    this.codes.delete(given('code'));
    const derived = createHash('sha256').update(given('code_verifier')).digest('base64url');
    if (derived !== challenge || given('redirect_uri') !== this.redirectUri) throw new Refusal('invalid_grant');
  }

  /** RFC 9700 section 4.14.2: one that is used twice was stolen, which ends all of them. */
  private spendRefreshToken(refreshToken: string): void {
    if (this.refreshToken === '' || refreshToken !== this.refreshToken) {
      this.refreshToken = '';
      this.ends.clear();
      throw new Refusal('invalid_grant');
    }
    this.refreshed += 1;
  }
}
