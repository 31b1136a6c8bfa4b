/** The client of graphql-sse (server-sent events) runs every operation. */
import { createClient } from 'graphql-sse';
import { OWNER_KEY } from '../support/server';
import { VIEWER } from './story';
import { runsEverything } from './streaming';

const story = runsEverything('graphql-sse', ({ url }) =>
  createClient({ url, headers: { authorization: `Bearer ${OWNER_KEY}` } }),
);

test('graphql-sse: a wrong key', async () => {
  const stranger = createClient({ url: story().url, headers: { authorization: 'Bearer wrong' }, retryAttempts: 0 });
  await expect(stranger.iterate({ query: VIEWER }).next()).rejects.toMatchObject({ response: { status: 401 } });
  stranger.dispose();
});
