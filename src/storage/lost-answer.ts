/** Whether a transaction on Postgres was committed whose connection broke before COMMIT was answered. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';

/**
 * How long the database is asked, in milliseconds: longer than it keeps a transaction whose client is silent
 * (idle_in_transaction_session_timeout), so that one that COMMIT never reached has ended by then. And how often.
 */
const PATIENCE = 25_000;
const ASK_AGAIN = 50;

/** What a transaction is known by when its connection is gone. */
export interface Begun {
  readonly xid: string;
  /** When the server that it runs on was started, and when it began: seconds by the clock of that server. */
  readonly server: string;
  readonly at: string;
}

const SERVER = 'extract(epoch FROM pg_postmaster_start_time())::text';

interface Standing {
  readonly status: 'in progress' | 'committed' | 'aborted' | null;
  readonly isSameRun: boolean;
}

/** Begins a transaction, and asks what it is known by in the same round trip. */
export async function begin(runner: QueryRunner): Promise<Begun> {
  // Several statements have several results, which the query of TypeORM cannot give.
  const client: { query(sql: string): Promise<{ rows: Begun[] }[]> } = await runner.connect();
  const [, known] = await client.query(
    `BEGIN ISOLATION LEVEL SERIALIZABLE;
     SELECT pg_current_xact_id()::text AS xid, ${SERVER} AS server, extract(epoch FROM now())::text AS at`,
  );
  return known?.rows[0] as Begun;
}

/** Asks until it is certain. Throws when that cannot be found out; `reason`: what broke the connection. */
export async function wasCommitted(source: DataSource, begun: Begun, reason: unknown): Promise<boolean> {
  const giveUpAt = performance.now() + PATIENCE;
  for (;;) {
    // The database may be on its way up again; and connections of the pool may have broken without our knowing so far.
    const standing = await standingOf(source, begun).catch(() => undefined);
    if (standing?.status === 'aborted') return false;
    if (standing?.status === 'committed' && standing.isSameRun) return true;
    if (standing?.status === 'committed' || performance.now() > giveUpAt) throw new Uncertain(reason);
    await delay(ASK_AGAIN);
  }
}

/**
 * After a crash, or on a standby that took over, Postgres may give the number of a transaction that was lost to another one, whose
 * status it then tells. So `committed` counts only if the same server has run through: it was not started since, nor recovered, which
 * ends with a checkpoint. The time of that is in whole seconds. What was committed keeps its number: `aborted` always counts.
 */
async function standingOf(source: DataSource, { xid, server, at }: Begun): Promise<Standing | undefined> {
  const [standing]: Standing[] = await source.query(
    `SELECT pg_xact_status($1::xid8) AS status,
       ${SERVER} = $2 AND extract(epoch FROM checkpoint_time) < floor($3::numeric) AS "isSameRun"
     FROM pg_control_checkpoint()`,
    [xid, server, at],
  );
  return standing;
}

class Uncertain extends Error {
  constructor(cause: unknown) {
    super(
      'The connection to the database broke while it committed, and it cannot be found out whether it did: look before this is done again.',
      { cause },
    );
  }
}
