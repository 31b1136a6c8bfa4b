/** A disk that is full, and a database that somebody else holds, during a refresh: no token is spent that is not saved in the end. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { call, connectedAt, refresh, rowOf, stateOf } from '../flows/grants';
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { amount, expectNone } from '../support/trust';
import { damages, type Lives, lives, type Victim } from './victim';

// A write waits 15 seconds for a database that is held, and the answer to a refresh is saved in five tries before callers are told.
jest.setTimeout(amount(60_000, 240_000));

let server: Lives;
let victim: Victim;
let provider: TokenServer;
let id: string;
/** Ends the trouble; calling it again does nothing. */
let end: () => void;

beforeAll(async () => {
  // So that a locked database is told at once; usually SQLite waits for some seconds before it gives up.
  server = await lives({ LOG_LEVEL: 'warn', FAULT_BUSY_TIMEOUT: '20' });
});
afterAll(() => server.end());
beforeEach(async () => {
  end = () => {};
  [victim, provider] = await Promise.all([server.start(), startTokenServer()]);
  id = await connectedAt(victim.ask, provider);
});
afterEach(async () => {
  // Also when the test failed: what is held would trouble the next one.
  end();
  await victim.kill();
  await provider.close();
});

/** What keeps a server from writing, and ends when it is called. */
type Trouble = () => () => void;

const troubles: [string, Trouble][] = [
  [
    'a full disk',
    () => {
      const limit = (bytes: string) => execFileSync('prlimit', ['--pid', `${victim.pid}`, `--fsize=${bytes}:`]);
      // The kernel refuses every further byte to the files of this process.
      limit('0');
      return () => void limit('unlimited');
    },
  ],
  [
    'a database that somebody else holds',
    () => {
      const other = new Database(join(server.dataDir, 'grapnel.sqlite'));
      other.exec('BEGIN EXCLUSIVE');
      return () => {
        if (other.open) other.exec('COMMIT');
        other.close();
      };
    },
  ],
];

const spent: string[] = [];
let tried = 0;

/** Fails the test, and counts, when a token was spent that is not saved. */
async function expectSaved(name: string, renewals: number): Promise<void> {
  tried += 1;
  const { status } = await call(victim.ask, id, provider);
  const state = await stateOf(victim.ask, id);
  const isSaved = provider.called.at(-1) === provider.latest() && status === 200 && state === 'CONNECTED OK NONE';
  if (!isSaved) spent.push(`${name}: ${status} ${state}`);
  expect(provider.renewals()).toHaveLength(renewals);
  // The next refresh is with the token that the last one brought: else the provider would end it all.
  expect(await refresh(victim.ask, id)).toMatchObject({ codes: [] });
  expect(damages(server.dataDir)).toEqual([]);
}

// A short run has the time for one of them.
describe.each(troubles.slice(0, amount(1, 2)))('%s', (name, begin) => {
  test('before the refresh: the provider is not asked, so that nothing is spent', async () => {
    end = begin();
    const { errors } = await victim.ask(`mutation { connectionRefresh(id: "${id}") { userErrors { code } } }`);
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
    expect(provider.renewals()).toEqual([]);
    end();
    await expectSaved(`${name}, before`, 0);
  });

  test('when the answer comes: it is kept, and saved as soon as that is possible', async () => {
    provider.answer({
      renewal: (_asked, _response, usual) => {
        end = begin();
        usual();
      },
    });
    const refreshed = refresh(victim.ask, id);
    await victim.said(/could not be saved; it is tried again/);
    end();
    provider.answer();
    expect(await refreshed).toMatchObject({ codes: [] });
    await expectSaved(`${name}, for a moment`, 1);
  });

  test('for longer than anybody waits: callers are told, nobody asks the provider again, and it is saved in the end', async () => {
    const { credentials } = await rowOf(server, id);
    provider.answer({
      renewal: (_asked, _response, usual) => {
        end = begin();
        usual();
      },
    });
    const told = await refresh(victim.ask, id);
    expect(told).toMatchObject({ codes: ['PROVIDER_ERROR'] });
    expect(told.message).toContain('cannot be saved');
    await victim.said(/exist in this process only/);
    expect(await refresh(victim.ask, id)).toEqual(told);
    expect(provider.renewals()).toHaveLength(1);
    provider.answer();
    end();
    while ((await rowOf(server, id)).credentials === credentials) await stateOf(victim.ask, id);
    await expectSaved(`${name}, for long`, 1);
  });
});

test('the sum of it', () => {
  expectNone(
    'Killed',
    'tokens spent and not saved, of refreshes with the disk full or the database locked',
    spent,
    tried,
    6,
  );
});
