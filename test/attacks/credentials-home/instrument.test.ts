/** That there is something to be heard: an attacker who is allowed gets the credentials, and they are found in every disguise. */
import { invoke } from '../../support/invoke';
import { canaries, canariesIn, connect, disguises, kinds, spoils, startWorld } from './world';

test('a canary is found in every disguise', () => {
  for (const [name, secret] of Object.entries(canaries)) {
    for (const disguise of disguises(secret)) expect(canariesIn(Buffer.from(`a${disguise}b`))).toContain(name);
    const basic = Buffer.from(`somebody:${secret}:more`).toString('base64');
    expect(canariesIn(Buffer.from(`Authorization: Basic ${basic}`))).toContain(name);
  }
  expect(canariesIn(Buffer.from('nothing of that kind'))).toEqual([]);
});

jest.setTimeout(60_000);

test('whoever is an allowed host hears them, in clear and over TLS', async () => {
  const world = await startWorld();
  for (const kind of kinds) {
    const { id } = await connect(world, kind, [`localhost:${world.port}`]);
    const before = spoils(world).connections;
    for (const scheme of ['http', 'https'])
      expect((await invoke(world.ask, id, { url: `${scheme}://localhost:${world.port}/x` })).response?.status).toBe(
        200,
      );
    expect([kind.name, spoils(world).connections]).toEqual([kind.name, before + 2]);
  }
  const sent = [
    'username',
    'password',
    'apiKey',
    'bearer',
    'accessKey',
    'sessionToken',
    'consumerSecret',
    'access_token',
    'oauth_token',
    'oauth_token_secret',
  ];
  expect(canariesIn(Buffer.concat(world.heard())).sort()).toEqual([...sent].sort());
  expect(canariesIn(Buffer.concat(world.deciphered)).sort()).toEqual([...sent].sort());
  await world.close();
});
