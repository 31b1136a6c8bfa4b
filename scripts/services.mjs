// Postgres and Redis for tests and benchmarks: those that run on this machine, or else ones that are started here and end with us.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Whether a Postgres answers at `url`. */
async function answersSql(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether a Redis answers on `port` of this machine. */
const answersPing = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(3000, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(`${data}`.startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Asks `isReady` until it says so; throws when the process ends before. */
async function whenReady(name, child, isReady) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} was started but ended at once.`);
    if (await isReady()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The folder of Postgres' server programs, which Debian keeps out of the PATH. */
function postgresPrograms() {
  const inPath = spawnSync('sh', ['-c', 'dirname "$(command -v initdb)"'], { encoding: 'utf8' }).stdout.trim();
  if (inPath && inPath !== '.') return inPath;
  try {
    const versions = readdirSync('/usr/lib/postgresql').sort((one, other) => Number(other) - Number(one));
    return versions.length > 0 ? `/usr/lib/postgresql/${versions[0]}/bin` : undefined;
  } catch {
    return undefined;
  }
}

/** Starts a Postgres of our own on a free port; gives its URL and what ends it. Throws when there is nothing to start. */
export async function startPostgres() {
  const programs = postgresPrograms();
  if (!programs) throw new Error('Postgres neither runs nor is installed (Debian: postgresql).');
  const folder = mkdtempSync(join(tmpdir(), 'grapnel-postgres-'));
  // Postgres refuses to run as root.
  const isRoot = userInfo().uid === 0;
  const as = (args) => (isRoot ? ['runuser', ['-u', 'postgres', '--', ...args]] : [args[0], args.slice(1)]);
  if (isRoot) {
    const uid = Number(spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' }).stdout);
    chownSync(folder, uid, uid);
  }
  const [init, initArgs] = as([`${programs}/initdb`, '-D', folder, '-A', 'trust', '-U', 'grapnel', '-E', 'UTF8']);
  const made = spawnSync(init, initArgs, { cwd: '/', encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const url = `postgres://grapnel@127.0.0.1:${port}/postgres`;
  let child;
  async function start() {
    const [run, runArgs] = as([`${programs}/postgres`, '-D', folder, '-p', `${port}`, '-h', '127.0.0.1', '-k', '']);
    child = spawn(run, runArgs, { cwd: '/', stdio: 'ignore' });
    await whenReady('Postgres', child, () => answersSql(url));
  }
  /** Fast shutdown: transactions are rolled back, connections cut. */
  async function stop() {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const [control, controlArgs] = as([`${programs}/pg_ctl`, '-D', folder, '-m', 'fast', '-w', 'stop']);
    spawnSync(control, controlArgs, { cwd: '/' });
    await ended;
  }
  await start();
  return {
    url,
    start,
    stop,
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a Redis of our own on a free port; gives its URL and what ends it. Throws when there is nothing to start. */
export async function startRedis() {
  if (spawnSync('redis-server', ['--version']).status !== 0)
    throw new Error('Redis neither runs nor is installed (Debian: redis-server).');
  const port = await freePort();
  let child;
  async function start() {
    const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    child = spawn('redis-server', settings, { cwd: tmpdir(), stdio: 'ignore' });
    await whenReady('Redis', child, () => answersPing(port));
  }
  async function stop() {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    freeze: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    close: stop,
  };
}

/** The Postgres and the Redis to use: those the environment names, those that run here, or new ones. Throws when there are none. */
export async function services() {
  const closers = [];
  const found = async (name, given, usual, start) => {
    for (const url of [given, ...usual])
      if (url && (await (name === 'Postgres' ? answersSql(url) : answersPing(Number(new URL(url).port || 6379)))))
        return url;
    if (given) throw new Error(`${name} does not answer at the address that the environment names.`);
    const started = await start();
    closers.push(() => started.close());
    return started.url;
  };
  const user = userInfo().username;
  const databaseUrl = await found(
    'Postgres',
    process.env.TEST_DATABASE_URL,
    [`postgres://${user}@127.0.0.1:5432/postgres`, 'postgres://postgres@127.0.0.1:5432/postgres'],
    startPostgres,
  );
  const redisUrl = await found('Redis', process.env.TEST_REDIS_URL, ['redis://127.0.0.1:6379'], startRedis);
  return {
    databaseUrl,
    redisUrl,
    async close() {
      for (const close of closers) await close();
    },
  };
}
