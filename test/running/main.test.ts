/** The command as a process: what it prints, how it refuses to start, and how it stops. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSilent } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsHelp, version } from '../../src/config';
import { INVOKE } from '../support/invoke';
import { endAll, type MainProcess, runMain } from '../support/main-process';
import { startPeerApi } from '../support/peer-api';
import { askerOf, dataOf, OWNER_KEY } from '../support/server';
import { connected } from '../support/story';

jest.setTimeout(20_000);

let folder: string;
let taken: Server;
let takenPort: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grapnel-main-'));
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  takenPort = (taken.address() as AddressInfo).port;
});
afterAll(async () => {
  await endAll();
  await new Promise((resolve) => taken.close(resolve));
  rmSync(folder, { recursive: true });
});

const dataDir = (name: string) => ({ DATA_DIR: join(folder, name) });
const generated = /Owner's API key +(gk_[\w-]+)/;
const listening = async (main: MainProcess) => (await main.said(/GraphQL +(http:\S+)/))[1] as string;

/** What a process said that ended by itself. */
async function outcomeOf(main: MainProcess) {
  const code = await main.ended;
  return { code, stdout: main.stdout(), stderr: main.stderr() };
}

test('--help tells every setting, --version the version; an unknown argument is refused', async () => {
  const [help, number, unknown] = await Promise.all(
    [['--help'], ['--version'], ['--port', '80']].map((args) => outcomeOf(runMain(args, { PORT: 'wrong' }))),
  );
  expect(help).toEqual({ code: 0, stdout: expect.stringContaining(settingsHelp()), stderr: '' });
  expect(number).toEqual({ code: 0, stdout: `${version()}\n`, stderr: '' });
  expect(unknown).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('--port') });
  expect(unknown?.stderr).toContain('--help');
});

describe('does not start, with the exit code 1 and the reason on standard error,', () => {
  test('when settings are wrong: all of them are named, and no secret', async () => {
    const wrong = {
      PORT: 'x',
      LOG_LEVEL: 'x',
      OUTBOUND_ALLOW: '*,a/b',
      ENCRYPTION_KEYS: 's3cret',
      BOOTSTRAP_API_KEY: 's3cret',
    };
    const { code, stdout, stderr } = await outcomeOf(runMain([], { ...wrong, ...dataDir('wrong') }));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.match(/^ {2}- [A-Z_]+/gm)?.map((line) => line.slice(4))).toEqual([
      'PORT',
      'ENCRYPTION_KEYS',
      'BOOTSTRAP_API_KEY',
      'OUTBOUND_ALLOW',
      'OUTBOUND_ALLOW',
      'LOG_LEVEL',
    ]);
    expect(stderr).not.toContain('s3cret');
  });

  test('when the database does not answer, without its password', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const url = `postgres://user:s3cret@localhost:${port}/name`;
    const { code, stderr } = await outcomeOf(runMain([], { DATABASE_URL: url, ...dataDir('postgres') }));
    expect(code).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).not.toContain('s3cret');
  });
});

test('when the port is in use it does not start, and makes no key that nobody is told', async () => {
  const { code, stdout, stderr } = await outcomeOf(runMain([], { PORT: `${takenPort}`, ...dataDir('first') }));
  expect(code).toBe(1);
  expect(stderr).toContain(`${takenPort}`);
  expect(stderr).toContain('PORT');
  expect(stdout).not.toMatch(generated);

  // The first start that succeeds makes the key and tells it once; SIGINT stops it; the second start is silent.
  const first = runMain([], dataDir('first'));
  const endpoint = await listening(first);
  const key = (await first.said(generated))[1] as string;
  expect((await dataOf(askerOf(endpoint, key)('{ viewer { role } }'))).viewer).toEqual({ role: 'OWNER' });
  expect(first.stdout().split(key)).toHaveLength(2);
  first.signal('SIGINT');
  expect([await first.ended, first.stderr()]).toEqual([0, '']);

  const second = runMain([], dataDir('first'));
  const again = askerOf(await listening(second), key);
  expect((await dataOf(again('{ viewer { role } }'))).viewer).toEqual({ role: 'OWNER' });
  second.signal('SIGTERM');
  expect([await second.ended, second.stderr()]).toEqual([0, '']);
  expect(second.stdout()).not.toMatch(/gk_|API key/);
});

test('a signal that comes while it starts stops it as soon as it has; the key that was made is told', async () => {
  const main = runMain([], dataDir('early'));
  await main.said(/Generated encryption keys/);
  main.signal('SIGTERM');
  expect([await main.ended, main.stderr()]).toEqual([0, '']);
  expect(main.stdout()).toMatch(generated);
  expect(main.stdout()).toMatch(/"msg":"Stopped"/);
});

test('a signal stops a command that waits for a database which does not answer', async () => {
  const silent = createSilent().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const main = runMain(['migrate'], { DATABASE_URL: `postgres://127.0.0.1:${port}/none`, ...dataDir('silent') });
  const [socket] = await once(silent, 'connection');
  main.signal('SIGTERM');
  expect([await main.ended, main.stderr()]).toEqual([1, 'grapnel: stopped by SIGTERM.\n']);
  socket.destroy();
  silent.close();
});

test('SIGTERM lets the call under way finish; a second one does not hurt', async () => {
  const peer = await startPeerApi();
  const main = runMain([], { ...dataDir('stopping'), BOOTSTRAP_API_KEY: OWNER_KEY, OUTBOUND_ALLOW: '127.0.0.1' });
  const endpoint = await listening(main);
  const ask = askerOf(endpoint, OWNER_KEY);
  const id = await connected(ask, 'basic', peer.host);
  const held = new Promise<() => void>((hold) => {
    peer.answer((_, response) => hold(() => void response.end('done')));
  });
  const call = ask(INVOKE, { input: { connection: { id }, url: peer.url, method: 'GET' } });
  const release = await held;
  main.signal('SIGTERM');
  await main.said(/"Stopping"/);
  const takesConnections = () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    );
  while (await takesConnections());
  main.signal('SIGTERM');
  main.signal('SIGINT');
  release();
  expect((await dataOf(call)).invokeUrl.response.body).toBe('done');
  expect([await main.ended, main.stderr()]).toEqual([0, '']);
  const messages = main.stdout().match(/"msg":"(Stopping|Stopped)"/g);
  expect(messages).toEqual(['"msg":"Stopping"', '"msg":"Stopped"']);
  await peer.close();
});
