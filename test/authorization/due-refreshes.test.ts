/** Refreshes that fall due: a provider that does not answer holds up none of the others, and is asked by ever fewer at once. */

import { connectedAt } from '../flows/grants';
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { type Clock, clockAt } from '../support/clock';
import { dataOf, startTestServer, type TestServer } from '../support/server';

let clock: Clock;
let server: TestServer;
let slow: TokenServer;
let quick: TokenServer;

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  [slow, quick] = await Promise.all([startTokenServer(), startTokenServer()]);
  server = await startTestServer({ now: clock.now });
});
afterAll(async () => {
  await Promise.all([slow.close(), quick.close()]);
  await server.remove();
});

/** Read at once: the health of a connection and of its grant could be of two moments. */
async function expiryOf(id: string): Promise<string> {
  const query = 'query ($id: ID!) { connection(by: { id: $id }) { health { expiresAt } } }';
  return (await dataOf(server.ask(query, { id }))).connection.health.expiresAt;
}

test('the tokens of one provider are renewed while another one keeps all who ask waiting', async () => {
  const waiting = [];
  for (let count = 0; count < 5; count += 1) waiting.push(await connectedAt(server.ask, slow));
  const served = await connectedAt(server.ask, quick);
  const release: (() => void)[] = [];
  const allWait = new Promise<void>((resolve) => {
    slow.answer({
      renewal: (_asked, _response, usual) => {
        release.push(usual);
        if (release.length === waiting.length) resolve();
      },
    });
  });
  const renewed = new Promise<void>((resolve) => {
    quick.answer({
      renewal: (_asked, _response, usual) => {
        usual();
        resolve();
      },
    });
  });
  clock.pass(3600);
  await Promise.all([allWait, renewed]);
  while ((await expiryOf(served)) !== clock.in(3600));
  expect(slow.renewals()).toHaveLength(5);
  slow.answer();
  for (const letGo of release) letGo();
  for (const id of waiting) while ((await expiryOf(id)) !== clock.in(3600));
  expect([slow.renewals().length, quick.renewals().length]).toEqual([5, 1]);
}, 60_000);
