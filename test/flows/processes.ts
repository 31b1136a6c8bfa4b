/** Server processes on one data folder, for the tests of what several of them, or one that is killed, do to a refresh. */
import { change, databaseSettings } from '../support/database';
import { endAll, type MainProcess, runMain } from '../support/main-process';
import { type Ask, askerOf, OWNER_KEY } from '../support/server';

export { endAll };

export interface ServerProcess {
  readonly ask: Ask;
  /** Kills it where it stands, and resolves when it is gone. */
  kill(): Promise<unknown>;
}

/** Starts a server process that may call 127.0.0.1, and waits until it listens. */
export async function startProcess(dataDir: string): Promise<ServerProcess> {
  const main: MainProcess = runMain([], {
    ...(await databaseSettings(dataDir)),
    DATA_DIR: dataDir,
    BOOTSTRAP_API_KEY: OWNER_KEY,
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'error',
  });
  const [, endpoint = ''] = await main.said(/GraphQL +(http:\S+)/);
  return {
    ask: askerOf(endpoint, OWNER_KEY),
    kill() {
      main.signal('SIGKILL');
      return main.ended;
    },
  };
}

/** Lets the credentials of a connection be as old as if they had expired a second ago. */
export async function expire(dataDir: string, id: string): Promise<void> {
  const past = Date.now() - 1000;
  const times = 'SET "expiresAt" = ?, "nextRefreshAt" = ?';
  await change(dataDir, `UPDATE connection_grant ${times} WHERE "connectionId" = ?`, past, past, id);
  await change(dataDir, `UPDATE connection ${times} WHERE id = ?`, past, past, id);
}

/** Lets the lease on the refresh of a connection be as if it had run out a second ago. */
export const endLease = (dataDir: string, id: string): Promise<void> => lease(dataDir, id, Date.now() - 1000);

/** Lets some process hold the lease on the refresh of a connection until `moment` (milliseconds since 1970). */
export async function lease(dataDir: string, id: string, moment: number): Promise<void> {
  await change(dataDir, 'UPDATE connection_grant SET "leaseUntil" = ? WHERE "connectionId" = ?', moment, id);
}
