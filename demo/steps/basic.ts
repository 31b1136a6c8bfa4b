/** Basic: a user name and a password (RFC 7617). */
import { MASK, type StaticStep } from '../step';

const [username, password] = ['alice', 'correct horse battery staple'];

export const basic: StaticStep = {
  title: 'Basic',
  about: 'a user name and a password',
  authConfig: {
    basic: { username: { name: 'User name', key: 'username' }, password: { name: 'Password', key: 'password' } },
  },
  credentials: { basic: { username, password } },
  method: 'GET',
  path: '/basic/profile',
  check({ headers: { authorization = '' } }) {
    const [, encoded = ''] = /^Basic (\S+)$/.exec(authorization) ?? [];
    const isRight = Buffer.from(encoded, 'base64').toString() === `${username}:${password}`;
    return { who: isRight ? username : undefined, seen: [`Authorization: Basic ${encoded && MASK}`] };
  },
};
