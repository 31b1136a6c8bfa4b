/** One refresh of one grant by whoever holds its lease: the provider is asked, and what it answers is saved before it is used. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { AuditAction } from '../audit/action';
import type { Author } from '../audit/actor';
import { record } from '../audit/trail';
import { FailureKind, ProviderFailure } from '../auth-types/provider-failure';
import { asSubject, Connection } from '../connections/connection';
import { connectionOf, Grant, userIdOf } from '../connections/grant';
import type { Authorized, Changed, Grants } from '../connections/grants';
import { ConnectionStatus, HealthState } from '../connections/health';
import { retryTime } from '../connections/refresh-times';
import { isNews } from '../connections/verdicts';
import { Connector } from '../connectors/connector';
import { type Problem, UserErrorCode } from '../errors';
import type { EventBus } from '../events/bus';
import { ConnectionEventKind } from '../events/happening';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import type { Telemetry } from '../telemetry';
import { authorizedBy } from './flow-store';
import type { Providers } from './provider';
import { isDead, refreshProblem, verdictOnFailure } from './refresh-failures';
import { turnstile } from './turnstile';

/** How long to wait before each further try to save, in milliseconds. */
const SAVE_AGAIN = [50, 200, 1000, 3000];
/** How long to wait before each try after those, of which there are as many as it takes, in milliseconds. */
const GO_ON_SAVING = 1000;

/** How a refresh ended. */
export interface Outcome {
  /** The grant as it is then; `null`: it is no more. */
  readonly grant: Grant | null;
  /** Why its credentials were not renewed. */
  readonly problem?: Problem;
  /** Resolves when the new credentials are saved, which the database would not take so far. */
  readonly unsaved?: Promise<unknown>;
}

interface Answer {
  readonly authorized: Authorized;
  /** Gives back what was obtained. */
  readonly giveBack: () => Promise<unknown>;
}

/** The grant before and after the answer was saved. */
interface Saved {
  readonly before: Grant | null;
  readonly after: Grant | null;
}

export class Renewals {
  /** Many leases are committed together, and with each a request begins. */
  private readonly toAsk = turnstile();
  private readonly read;

  constructor(
    private readonly store: Store,
    private readonly grants: Grants,
    private readonly providers: Providers,
    private readonly events: EventBus,
    private readonly now: () => Date,
    private readonly log: Log,
    private readonly telemetry: Telemetry,
  ) {
    this.read = store.prepare(
      { connection: Connection, connector: Connector },
      'FROM connection JOIN connector ON connector.id = connection."connectorId" WHERE connection.id = ?',
    );
  }

  /** Rejects only when a failure could not be saved; the lease then ends by itself. `askedBy`: left out where it fell due. */
  run(leased: Grant, askedBy?: Author): Promise<Outcome> {
    return this.telemetry.refresh(() => this.renew(leased, askedBy));
  }

  private async renew(leased: Grant, askedBy?: Author): Promise<Outcome> {
    const answer = await this.ask(leased).catch((error: unknown) => this.failureOf(error, leased));
    const save = () => this.store.write((tx) => this.save(tx, leased, answer, askedBy));
    const saved = await this.persistently(leased, save).catch((error: unknown) => {
      if (answer instanceof ProviderFailure) throw error;
    });
    if (saved) return this.saved(leased, answer, saved);
    const unsaved = this.untilSaved(leased, save).then((late) => this.saved(leased, answer, late));
    return { grant: leased, problem: notSaved, unsaved };
  }

  /** What is to be done once the answer is saved. */
  private async saved(leased: Grant, answer: Answer | ProviderFailure, saved: Saved): Promise<Outcome> {
    const { before, after } = saved;
    this.telemetry.metrics.refresh(answer instanceof ProviderFailure ? answer.kind : 'RENEWED');
    if (answer instanceof ProviderFailure) return this.failed(leased, answer, saved);
    // Revoked while the provider answered: nobody knows of the new credentials but us, so nobody else can give them back.
    if (before === null || before.credentials === null) await this.giveBack(leased, answer);
    return { grant: after };
  }

  private async ask(leased: Grant): Promise<Answer> {
    await this.toAsk();
    const { connection, connector } = (await this.read(leased.connectionId)) ?? {};
    if (!connection || !connector) throw new Error('A grant must belong to a connection, and that to a connector.');
    const { flow, dealings } = await this.providers.with(this.store.read, connection, connector);
    if (!flow?.refresh) throw new Error('An auth type whose credentials fall due for a refresh must know how.');
    const obtained = await flow.refresh(dealings, this.grants.open(leased) ?? {});
    // RFC 6749 sections 5.1 and 6: a provider that does not say which scopes it grants grants those it did before.
    const grantedScopes = obtained.grantedScopes ?? leased.grantedScopes;
    return {
      authorized: authorizedBy({ ...obtained, grantedScopes }, dealings.scopes),
      giveBack: async () => flow.revoke?.(dealings, obtained.credentials),
    };
  }

  /** An error of our own is a failure like any other, so that it is told, backs off, and gives the lease back. */
  private failureOf(error: unknown, { id: grantId }: Grant): ProviderFailure {
    if (error instanceof ProviderFailure) return error;
    this.log.error({ err: error, grantId }, 'A refresh failed inside this server.');
    return new ProviderFailure(FailureKind.REFUSED, 'Something went wrong inside this server; its log says what.');
  }

  private async save(
    tx: EntityManager,
    leased: Grant,
    answer: Answer | ProviderFailure,
    askedBy: Author | undefined,
  ): Promise<Saved> {
    const before = await tx.findOneBy(Grant, { id: leased.id });
    // Authorized anew, revoked, deleted or renewed by somebody else meanwhile: the answer is about credentials of the past. Even if
    // the lease ran out, new ones are kept as long as those they come from are still there: the provider may have spent them.
    const isOurs = before?.generation === leased.generation;
    if (!before || !isOurs) return { before, after: before };
    if (answer instanceof ProviderFailure && before.fence !== leased.fence) return { before, after: before };
    const { grant: after, connection } = await this.keep(tx, before, answer);
    if (askedBy && !(answer instanceof ProviderFailure)) {
      const details = { userId: userIdOf(after) };
      const deed = { action: AuditAction.CONNECTION_REFRESHED, subject: asSubject(connection), details };
      await record(tx, askedBy, this.now(), deed);
    }
    await this.announce(tx, before, after);
    return { before, after };
  }

  private keep(tx: EntityManager, grant: Grant, answer: Answer | ProviderFailure): Promise<Changed> {
    return answer instanceof ProviderFailure
      ? this.keepFailure(tx, grant, answer)
      : this.grants.renew(tx, grant, answer.authorized, this.now());
  }

  /** A failure takes nothing away: the credentials stay, and unless the provider says that they are dead, they are tried again. */
  private async keepFailure(tx: EntityManager, grant: Grant, failure: ProviderFailure): Promise<Changed> {
    const now = this.now();
    const refreshFailures = grant.refreshFailures + 1;
    const nextRefreshAt = isDead(failure) ? null : retryTime(now, refreshFailures, Math.random(), failure.retryAfter);
    const status = nextRefreshAt ? grant.status : ConnectionStatus.NEEDS_ATTENTION;
    const known = { status, leaseUntil: null, refreshFailures, nextRefreshAt, lastErrorAt: now };
    return this.grants.judge(tx, grant, verdictOnFailure(failure, nextRefreshAt), now, known);
  }

  private failed({ id: grantId, generation }: Grant, failure: ProviderFailure, { after }: Saved): Outcome {
    const { kind, httpStatus, providerError, providerErrorDescription } = failure;
    const facts = { grantId, kind, httpStatus, providerError, providerErrorDescription };
    this.log.warn({ ...facts, nextTryAt: after?.nextRefreshAt }, 'The credentials of a grant could not be refreshed.');
    const isCurrent = after?.generation === generation;
    return { grant: after, ...(after && isCurrent && { problem: refreshProblem(after, failure) }) };
  }

  /** What the provider gave exists nowhere else, and what it replaces may be spent: it must not be lost to a moment's trouble. */
  private async persistently<T>({ id: grantId }: Grant, save: () => Promise<T>): Promise<T> {
    for (const pause of SAVE_AGAIN) {
      try {
        return await save();
      } catch (err) {
        this.log.warn({ err, grantId }, 'The answer to a refresh could not be saved; it is tried again.');
        await delay(pause);
      }
    }
    return save();
  }

  /** Until the process ends: by then the credentials are lost, so that the next refresh shows that the grant is to be authorized anew. */
  private async untilSaved<T>({ id: grantId }: Grant, save: () => Promise<T>): Promise<T> {
    for (;;) {
      await delay(GO_ON_SAVING);
      try {
        return await save();
      } catch (err) {
        this.log.error(
          { err, grantId },
          'Credentials that were renewed exist in this process only: they cannot be saved.',
        );
      }
    }
  }

  private async giveBack({ id: grantId }: Grant, { giveBack }: Answer): Promise<void> {
    await giveBack().catch((err: unknown) => this.log.warn({ err, grantId }, 'Credentials could not be given back.'));
  }

  private async announce(tx: EntityManager, before: Grant, after: Grant): Promise<void> {
    if (!isNews(before, after)) return;
    const kind = after.state === HealthState.OK ? ConnectionEventKind.RECOVERED : ConnectionEventKind.TROUBLED;
    await this.events.happened(tx, kind, connectionOf(after), userIdOf(after), this.now());
  }
}

const notSaved: Problem = {
  code: UserErrorCode.PROVIDER_ERROR,
  path: ['connection'],
  message:
    'The credentials were renewed, but cannot be saved for the moment; until they are, they are not used. Call again later.',
};
