/** PKCE (RFC 7636): the example of appendix B to the letter, and what a verifier has to be. */
import { createHash } from 'node:crypto';
import { begin } from '../../src/auth-types/oauth2/authorization';
import { OAuth2GrantType } from '../../src/auth-types/oauth2/parameters';
import type { OAuth2Dealings } from '../../src/auth-types/oauth2/token-endpoint';

const dealings = {
  setup: {
    config: {
      grantType: OAuth2GrantType.AUTHORIZATION_CODE_WITH_PKCE,
      clientId: 'acme',
      authorizationUrl: 'https://provider.example.com/authorize',
      authorizationParameters: [],
      scopeDelimiter: ' ',
    },
    secrets: {},
  },
  scopes: [],
  variables: {},
  redirectUri: 'https://grapnel.example.com/callback',
} as unknown as OAuth2Dealings;

const begun = async () => {
  const { authorizationUrl, memory } = await begin(dealings, 'the-state');
  return { verifier: memory.codeVerifier ?? '', sent: new URL(authorizationUrl).searchParams };
};

test('the example of appendix B', async () => {
  const octets = [
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91,
    88, 5, 88, 83, 132, 141, 121,
  ];
  const spy = jest.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    (array as Uint8Array).set(octets);
    return array;
  });
  const { verifier, sent } = await begun();
  spy.mockRestore();
  expect(verifier).toBe('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
  expect(sent.get('code_challenge')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
  expect(sent.get('code_challenge_method')).toBe('S256');
});

test('every flow has a verifier of its own, of 256 bits in unreserved characters, and sends its hash only', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, begun));
  expect(new Set(all.map(({ verifier }) => verifier)).size).toBe(50);
  for (const { verifier, sent } of all) {
    expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(sent.get('code_challenge')).toBe(createHash('sha256').update(verifier).digest('base64url'));
    expect(sent.toString()).not.toContain(verifier);
  }
});
