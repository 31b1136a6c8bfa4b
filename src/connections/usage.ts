/** Facts of use: what each call says about the grant it used. News is written at once, plain success in batches. */
import { ConnectionEventKind, type EventBus } from '../events/bus';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { Connection } from './connection';
import { Grant, userIdOf } from './grant';
import type { Grants } from './grants';
import { ConnectionStatus, HealthState, healthy, isNews, type Verdict, verdicts } from './health';

/** How long plain facts wait to be written together, in milliseconds. */
const BATCH_DELAY = 1000;

interface Facts {
  readonly grantId: string;
  readonly connectionId: string;
  readonly lastSuccessAt?: Date;
  readonly lastErrorAt?: Date;
}

export type Times = Pick<Connection, 'lastSuccessAt' | 'lastErrorAt'>;

export class Usage {
  private pending = new Map<string, Facts>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Store,
    private readonly grants: Grants,
    private readonly events: EventBus,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {}

  /** Notes how a call with `grant`, as it was read for the call, went: `undefined` means well. */
  async note(grant: Grant, trouble: Verdict | undefined): Promise<void> {
    const time = { [trouble ? 'lastErrorAt' : 'lastSuccessAt']: this.now() };
    // A new object each time, so that a batch on its way to the database does not change, and does not hide what came since.
    this.pending.set(grant.id, {
      grantId: grant.id,
      connectionId: grant.connectionId,
      ...this.pending.get(grant.id),
      ...time,
    });
    this.timer ??= setTimeout(() => void this.flush(), BATCH_DELAY).unref();
    const verdict = trouble ?? healthy(grant, verdicts.answered);
    if (isToBeJudged(grant, verdict)) await this.judge(grant, verdict);
  }

  /** The times of a connection or a grant, with those that are not written yet. */
  upToDate(times: Times, of: { grantId: string } | { connectionId: string }): Times {
    const facts =
      'grantId' in of
        ? [this.pending.get(of.grantId)]
        : [...this.pending.values()].filter(({ connectionId }) => connectionId === of.connectionId);
    return {
      lastSuccessAt: latest(times.lastSuccessAt, ...facts.map((fact) => fact?.lastSuccessAt)),
      lastErrorAt: latest(times.lastErrorAt, ...facts.map((fact) => fact?.lastErrorAt)),
    };
  }

  /** Writes what waits; also to be called before the store closes. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = [...this.pending.values()];
    if (batch.length === 0) return;
    try {
      await this.store.write(async (tx) => {
        for (const { grantId, connectionId, ...times } of batch) {
          await tx.update(Grant, { id: grantId }, times);
          await tx.update(Connection, { id: connectionId }, times);
        }
      });
      for (const facts of batch) if (this.pending.get(facts.grantId) === facts) this.pending.delete(facts.grantId);
    } catch (err) {
      this.log.error({ err }, 'Facts of use could not be written; they are tried again with the next call.');
    }
  }

  private async judge(seen: Grant, verdict: Verdict): Promise<void> {
    const isToBeTold = await this.store.write(async (tx) => {
      const grant = await tx.findOneBy(Grant, { id: seen.id });
      // Revoked, renewed or authorized anew since the call began: what the call saw is no longer about this grant.
      if (grant?.status !== ConnectionStatus.CONNECTED || grant.credentials !== seen.credentials) return false;
      if (!isToBeJudged(grant, verdict)) return false;
      await this.grants.judge(tx, grant, verdict, this.now());
      return isNews(grant, { ...verdict, status: grant.status });
    });
    if (!isToBeTold) return;
    const kind = verdict.state === HealthState.OK ? ConnectionEventKind.RECOVERED : ConnectionEventKind.TROUBLED;
    this.events.happened(kind, { id: seen.connectionId, workspaceId: seen.workspaceId }, userIdOf(seen), this.now());
  }
}

/** No call says anything about the next refresh, so that trouble with that stays told; and of two ways to be well the former stays. */
function isToBeJudged(grant: Grant, verdict: Verdict): boolean {
  if (grant.refreshFailures > 0) return false;
  if (verdict.state === HealthState.OK) return grant.state !== HealthState.OK;
  return grant.state !== verdict.state || grant.remedy !== verdict.remedy || grant.reason !== verdict.reason;
}

function latest(...moments: readonly (Date | null | undefined)[]): Date | null {
  const known = moments.flatMap((moment) => (moment ? [moment.getTime()] : []));
  return known.length > 0 ? new Date(Math.max(...known)) : null;
}
