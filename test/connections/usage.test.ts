/** When a connection, and each of its grants, was last used. */

import { callApi } from '../support/acts';
import { clockAt } from '../support/clock';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

const clock = clockAt('2026-03-01T10:00:00.000Z');
let peer: PeerApi;
beforeAll(async () => {
  peer = await startPeerApi();
});
afterAll(() => peer.close());

describe('when it was last used', () => {
  const started: TestServer[] = [];
  afterEach(async () => {
    await Promise.all(started.map((one) => one.close()));
    await started.pop()?.remove();
  });
  const start = async (dataDir?: string) => {
    const one = await startTestServer({ now: clock.now, dataDir });
    started.push(one);
    return one;
  };

  test('is told at once, and survives a restart', async () => {
    const first = await start();
    const id = await readyConnector(first.ask, { name: 'Kept', allowedHosts: [peer.host] }, staticConfigs.basic);
    const connection = await createConnection(first.ask, {
      connector: { id },
      name: 'Kept',
      authorizationLevel: 'LOGGED_IN_USER',
    });
    for (const userId of ['anna', 'bert']) await authorize(first.ask, connection, staticCredentials.basic, userId);
    const use = async (status: number, userId: string) => {
      clock.pass(60);
      expect(await callApi(first.ask, peer, connection, status, userId)).toBe(status);
      return clock.in(0);
    };
    const annasError = await use(401, 'anna');
    await use(200, 'anna');
    const bertsSuccess = await use(200, 'bert');
    // Anna comes first in every order but this: what the connection tells is the latest of all its users.
    const annasSuccess = await use(200, 'anna');
    const times = async (ask: Ask) => {
      const query = `query ($id: ID!) { connection(by: { id: $id }) {
        all: health { lastSuccessAt lastErrorAt }
        anna: grant(userId: "anna") { health { lastSuccessAt lastErrorAt } }
        bert: grant(userId: "bert") { health { lastSuccessAt lastErrorAt } }
      } }`;
      return (await dataOf(ask(query, { id: connection }))).connection;
    };
    const expected = {
      all: { lastSuccessAt: annasSuccess, lastErrorAt: annasError },
      anna: { health: { lastSuccessAt: annasSuccess, lastErrorAt: annasError } },
      bert: { health: { lastSuccessAt: bertsSuccess, lastErrorAt: null } },
    };
    expect(await times(first.ask)).toEqual(expected);
    await first.close();
    const second = await start(first.dataDir);
    expect(await times(second.ask)).toEqual(expected);
  });
});
