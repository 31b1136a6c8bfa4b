/** OAuth 1: a person consents at the provider, and every request is signed with what it gave (RFC 5849). */
import { consumer, OAuth1Provider } from '../providers/oauth1';
import { oauthParameters } from '../providers/oauth1-signature';
import { type ConsentStep, MASK } from '../step';

const provider = new OAuth1Provider();
const secret = /^oauth_(token|signature|nonce)$/;

export const oauth1: ConsentStep = {
  title: 'OAuth 1',
  about: 'a person consents at the provider; every request is signed',
  provider,
  authConfigAt: (url) => ({
    oauth1: {
      consumerKey: consumer.key,
      consumerSecret: consumer.secret,
      requestTokenUrl: `${url}/oauth1/request-token`,
      authorizationUrl: `${url}/oauth1/authorize`,
      tokenUrl: `${url}/oauth1/access-token`,
    },
  }),
  method: 'GET',
  path: '/photos?album=R%C3%B8ros%20%26%20Oslo',
  check(received) {
    const parameters = oauthParameters(received);
    const shown = [...parameters].map(([name, value]) => `${name}=${secret.test(name) ? MASK : value}`);
    return {
      who: provider.isGood(received) ? 'frank' : undefined,
      seen: [`Authorization: OAuth ${shown.slice(0, 3).join(', ')},`, `  ${shown.slice(3).join(', ')}`],
    };
  },
};
