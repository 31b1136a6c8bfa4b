/** One refresh, whoever asks: a thousand calls at once on an expired token, spread over four processes, round after round. */

import { stateOf } from '../flows/grants';
import { expire } from '../flows/processes';
import { invoke } from '../support/oauth';
import { type Certified, startCertified } from './certified';
import { type Cluster, startCluster } from './cluster';

const ROUNDS = Number(process.env.CLUSTER_ROUNDS ?? 100);
const CALLS = 1000;

let cluster: Cluster;
let certified: Certified;

beforeAll(async () => {
  [cluster, certified] = await Promise.all([startCluster(4), startCertified()]);
});
afterAll(async () => {
  await cluster.close();
  await certified.close();
});

test(`in each of ${ROUNDS} rounds of ${CALLS} calls the provider is asked once, and no refresh token is used twice`, async () => {
  const { oidc, api } = certified;
  const id = await certified.connected(cluster.ask);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await expire(cluster.dataDir, id);
    const asking = cluster.members.flatMap(({ ask }) =>
      Array.from({ length: CALLS / 4 }, () => invoke(ask, id, api.url)),
    );
    expect(new Set(await Promise.all(asking))).toEqual(new Set([200]));
    expect(oidc.asked).toHaveLength(1 + round);
  }
  const used = oidc.asked.slice(1).map(({ form }) => form.get('refresh_token'));
  expect(new Set(used).size).toBe(ROUNDS);
  expect(await stateOf(cluster.ask, id)).toBe('CONNECTED OK NONE');
}, 900_000);
