/** Several processes that start at once on an empty database: all come up, and what is made at a first start is made once. */
import { dataSources } from '../../ormconfig';
import { rowsOf } from '../support/database';
import { type Cluster, startCluster } from './cluster';

const { migrations: known } = dataSources({ databaseUrl: undefined, dataDir: '.' }).writer.options;
const migrations = (known as unknown[]).length;
let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

/** How many rows there are of what a first start makes. */
async function countsOf(dataDir: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['workspace', 'api_key', 'encryption_key', 'audit_head', 'audit_event', 'migrations']) {
    const rows = await rowsOf(dataDir, `SELECT 1 FROM ${table}`);
    counts[table] = rows.length;
  }
  return counts;
}

test.each([
  ['with the keys that they are given', {}, 0],
  // Those that are generated stand in the folder that they share.
  ['without any', { BOOTSTRAP_API_KEY: '' }, 1],
  ['without any, once more', { BOOTSTRAP_API_KEY: '' }, 1],
])(
  'four, %s',
  async (_name, environment: Record<string, string>, generated) => {
    cluster = await startCluster(4, environment);
    expect(cluster.members).toHaveLength(4);
    for (const { url, process } of cluster.members) {
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      expect(process.stdout()).not.toMatch(/"level":(50|60)/);
    }
    const told = cluster.members.filter(({ process }) => process.stdout().includes("Owner's API key"));
    expect(told).toHaveLength(generated);
    expect(await countsOf(cluster.dataDir)).toEqual({
      ...{ workspace: 1, api_key: 1, encryption_key: 1 },
      ...{ audit_head: 1, audit_event: 2, migrations },
    });
  },
  60_000,
);
