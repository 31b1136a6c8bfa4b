/** Facts of use: what each call says about the grant it used. News is written at once, plain facts in batches. */
import type { EventBus } from '../events/bus';
import { ConnectionEventKind } from '../events/happening';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { Connection } from './connection';
import { connectionOf, Grant, userIdOf } from './grant';
import type { Grants } from './grants';
import { ConnectionStatus, HealthState, type Verdict } from './health';
import { healthy, isNews, verdicts } from './verdicts';

/** How long plain facts wait to be written together, in milliseconds. */
const BATCH_DELAY = 1000;

type Times = Pick<Connection, 'lastSuccessAt' | 'lastErrorAt'>;

interface Facts {
  readonly type: typeof Grant | typeof Connection;
  readonly times: Partial<Times>;
}

export class Usage {
  /** What is not written yet, by the id of the grant or connection. */
  private readonly pending = new Map<string, Facts>();
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
    const times = { [trouble ? 'lastErrorAt' : 'lastSuccessAt']: this.now() };
    this.add(Grant, grant.id, times);
    this.add(Connection, grant.connectionId, times);
    this.timer ??= setTimeout(() => void this.flush(), BATCH_DELAY).unref();
    const verdict = trouble ?? healthy(grant, verdicts.recovered);
    if (isToBeJudged(grant, verdict)) await this.judge(grant, verdict);
  }

  /** The times of a connection or a grant, with those that are not written yet. */
  upToDate({ id, lastSuccessAt, lastErrorAt }: Times & { readonly id: string }): Times {
    return { lastSuccessAt, lastErrorAt, ...this.pending.get(id)?.times };
  }

  /** Writes what waits; also to be called before the store closes. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = [...this.pending];
    if (batch.length === 0) return;
    try {
      await this.store.write(async (tx) => {
        for (const [id, { type, times }] of batch) await tx.update(type, { id }, times);
      });
      for (const [id, facts] of batch) if (this.pending.get(id) === facts) this.pending.delete(id);
    } catch (err) {
      this.log.error({ err }, 'Facts of use could not be written; they are tried again with the next call.');
    }
  }

  /** Makes a new object each time, so that a batch on its way to the database neither changes nor hides what came since. */
  private add(type: Facts['type'], id: string, times: Partial<Times>): void {
    this.pending.set(id, { type, times: { ...this.pending.get(id)?.times, ...times } });
  }

  private async judge(seen: Grant, verdict: Verdict): Promise<void> {
    await this.store.write(async (tx) => {
      const grant = await tx.findOneBy(Grant, { id: seen.id });
      // Revoked, renewed or authorized anew since the call began: what the call saw is no longer about this grant.
      if (grant?.status !== ConnectionStatus.CONNECTED || grant.generation !== seen.generation) return;
      if (!isToBeJudged(grant, verdict)) return;
      const now = this.now();
      await this.grants.judge(tx, grant, verdict, now);
      if (!isNews(grant, { ...verdict, status: grant.status })) return;
      const kind = verdict.state === HealthState.OK ? ConnectionEventKind.RECOVERED : ConnectionEventKind.TROUBLED;
      await this.events.happened(tx, kind, connectionOf(grant), userIdOf(grant), now);
    });
  }
}

/** No call says anything about the next refresh, so that trouble with that stays told; and of two ways to be well the former stays. */
function isToBeJudged(grant: Grant, verdict: Verdict): boolean {
  if (grant.refreshFailures > 0) return false;
  if (verdict.state === HealthState.OK) return grant.state !== HealthState.OK;
  return grant.state !== verdict.state || grant.remedy !== verdict.remedy || grant.reason !== verdict.reason;
}
