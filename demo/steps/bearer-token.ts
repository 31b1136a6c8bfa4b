/** Bearer token: a token that a person brings along (RFC 6750 section 2.1). */
import { MASK, type StaticStep } from '../step';

const token = 'token-of-carol-93b07a';

export const bearerToken: StaticStep = {
  title: 'Bearer token',
  about: 'a token that a person brings along',
  authConfig: { bearerToken: { parameterName: 'Personal access token', tokenPrefix: 'Bearer' } },
  credentials: { bearerToken: { token } },
  method: 'POST',
  path: '/bearer-token/notes',
  body: { text: { content: 'Buy rope.' } },
  check({ headers: { authorization = '' } }) {
    const isRight = authorization === `Bearer ${token}`;
    return {
      who: isRight ? 'carol' : undefined,
      seen: [`Authorization: ${authorization.replace(/(?<=^Bearer )\S+$/, MASK)}`],
    };
  },
};
