/** OAuth 2: a person consents at the provider, and a token that has ended is renewed without anybody noticing (RFC 6749). */
import { client, OAuth2Provider } from '../providers/oauth2';
import { type ConsentStep, MASK } from '../step';

const provider = new OAuth2Provider();

export const oauth2: ConsentStep = {
  title: 'OAuth 2',
  about: 'a person consents at the provider; its tokens are renewed silently',
  provider,
  authConfigAt: (url) => ({
    oauth2: {
      grantType: 'AUTHORIZATION_CODE_WITH_PKCE',
      clientId: client.id,
      clientSecret: client.secret,
      authorizationUrl: `${url}/oauth2/authorize`,
      tokenUrl: `${url}/oauth2/token`,
    },
  }),
  method: 'GET',
  path: '/files',
  check({ headers: { authorization = '' } }) {
    const [, token = ''] = /^Bearer (\S+)$/.exec(authorization) ?? [];
    const seen = [`Authorization: ${authorization.replace(/(?<=^Bearer )\S+$/, MASK)}`];
    return { who: provider.isGood(token) ? 'erin' : undefined, seen };
  },
};
