/** What can be done with connections: make, change, revoke, delete, find, list. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { AuditAction } from '../audit/action';
import { changesOf, record } from '../audit/trail';
import { Connector } from '../connectors/connector';
import { getConnector } from '../connectors/lookup';
import { requireReady } from '../connectors/stage';
import { alsoRefusing, type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import type { EventBus } from '../events/bus';
import { ConnectionEventKind } from '../events/happening';
import { newId } from '../graphql/node';
import type { Page, PageArgs } from '../graphql/page';
import type { ConnectionRef, ConnectorRef } from '../graphql/reference';
import { deriveLinkName, linkNameKey } from '../rules/link-name';
import { problemsOf } from '../rules/rule';
import { isKeepable } from '../rules/text';
import { given } from '../storage/changes';
import type { Store } from '../storage/store';
import type { Vault } from '../storage/vault';
import { asSubject, Connection } from './connection';
import { Grant } from './grant';
import type { Grants } from './grants';
import { ConnectionStatus } from './health';
import type { ConnectionCreateInput, ConnectionFilter, ConnectionUpdateInput } from './inputs';
import { listConnections } from './list';
import { type ConnectionRead, getConnection, prepareConnectionRead, userProblems } from './lookup';
import { scopeSubset } from './scope-subset';
import { namesOf, openVariables, sealVariables, variableProblems } from './variables';
import { summarize } from './verdicts';

export class Connections {
  private readonly read: ConnectionRead<object>;

  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
    private readonly grants: Grants,
    private readonly events: EventBus,
    private readonly now: () => Date,
  ) {
    this.read = prepareConnectionRead(store, {});
  }

  async find(caller: Caller, ref: ConnectionRef): Promise<Connection | null> {
    return (await this.read(caller, ref))?.connection ?? null;
  }

  list(caller: Caller, filter: ConnectionFilter, args: PageArgs): Promise<Page<Connection>> {
    return listConnections(this.store.read, caller, filter, args);
  }

  /** A connection, and what is wrong with `userId` for it. Throws `Refused` NOT_FOUND. */
  async forUser(manager: EntityManager, caller: Caller, ref: ConnectionRef, userId: string | null | undefined) {
    const connection = await getConnection(manager, caller, ref, ['connection']);
    return { connection, problems: userProblems(caller, connection, userId) };
  }

  async create(caller: Caller, input: ConnectionCreateInput): Promise<Connection> {
    return this.store.write(async (tx) => {
      const problems = problemsOf(input);
      const connector = await alsoRefusing(problems, () => readyConnector(tx, caller, input.connector));
      const scopes = await scopeSubset(tx, connector.id, input.scopeIds);
      problems.push(...scopes.problems, ...variableProblems(connector, input.variables));
      const { workspaceId } = caller;
      if (input.linkName != null && (await isTaken(tx, workspaceId, input.linkName))) problems.push(linkNameTaken);
      refuseAny(problems);
      const linkName = input.linkName ?? (await deriveLinkName(input.name, (key) => isTaken(tx, workspaceId, key)));
      const id = newId('Connection');
      const now = this.now();
      const made = tx.create(Connection, {
        id,
        workspaceId,
        connectorId: connector.id,
        ...nameColumns(input.name),
        ...linkNameColumns(linkName),
        authorizationLevel: input.authorizationLevel,
        scopeIds: scopes.ids,
        ...sealVariables(valuesOf(input.variables), connector, { id, workspaceId }, this.vault),
        ...summarize([]),
        since: now,
        lastSuccessAt: null,
        lastErrorAt: null,
        expiresAt: null,
        nextRefreshAt: null,
        createdAt: now,
        updatedAt: now,
      });
      await tx.insert(Connection, made);
      await this.events.happened(tx, ConnectionEventKind.CREATED, made, null, now);
      const { authorizationLevel } = made;
      await record(tx, caller, now, {
        action: AuditAction.CONNECTION_CREATED,
        subject: asSubject(made),
        details: { connector: connector.id, linkName, authorizationLevel },
      });
      return made;
    });
  }

  async update(caller: Caller, id: string, input: ConnectionUpdateInput): Promise<Connection> {
    return this.store.write(async (tx) => {
      const former = await getConnection(tx, caller, { id });
      const connector = await tx.findOneByOrFail(Connector, { id: former.connectorId });
      const { name, linkName, variables } = input;
      const problems = problemsOf(input);
      const scopes = input.scopeIds && (await scopeSubset(tx, connector.id, input.scopeIds));
      if (scopes) problems.push(...scopes.problems);
      if (variables) problems.push(...variableProblems(connector, variables, namesOf(former)));
      if (linkName != null && (await isTaken(tx, former.workspaceId, linkName, id))) problems.push(linkNameTaken);
      refuseAny(problems);
      const values = variables && { ...openVariables(former, this.vault), ...valuesOf(variables) };
      const changes = given({
        ...(name !== undefined && nameColumns(name)),
        ...(linkName !== undefined && linkNameColumns(linkName)),
        scopeIds: scopes?.ids,
        ...(values && sealVariables(values, connector, former, this.vault)),
      });
      if (!changes) return former;
      const now = this.now();
      await tx.update(Connection, { id }, { ...changes, updatedAt: now });
      const changed = await tx.findOneByOrFail(Connection, { id });
      await this.events.happened(tx, ConnectionEventKind.UPDATED, changed, null, now);
      await record(tx, caller, now, {
        action: AuditAction.CONNECTION_UPDATED,
        subject: asSubject(changed),
        details: {
          ...changesOf(former, changed, ['name', 'linkName', 'scopeIds']),
          variables: variables?.map((variable) => variable.name).join(', ') || null,
        },
      });
      return changed;
    });
  }

  /**
   * Forgets the credentials of one user, or, without `userId`, of everybody, and does `alongside` in the same transaction. Gives the
   * grants as they were, too.
   */
  async revoke(
    caller: Caller,
    id: string,
    userId: string | null | undefined,
    alongside: (tx: EntityManager) => Promise<void>,
  ): Promise<{ connection: Connection; former: Grant[] }> {
    return this.store.write(async (tx) => {
      const found = await getConnection(tx, caller, { id });
      if (userId != null) refuseAny(userProblems(caller, found, userId));
      const all = await tx.findBy(Grant, { connectionId: id, ...(userId != null && { userKey: userId }) });
      const grants = all.filter((grant) => grant.status !== ConnectionStatus.REVOKED);
      if (grants.length === 0)
        throw new Refused({
          code: UserErrorCode.NOT_AUTHORIZED,
          path: userId == null ? ['id'] : ['userId'],
          message: 'There is no grant to revoke.',
        });
      const now = this.now();
      await this.grants.revoke(tx, id, grants, now);
      await this.events.happened(tx, ConnectionEventKind.REVOKED, found, userId ?? null, now);
      await record(tx, caller, now, {
        action: AuditAction.CONNECTION_REVOKED,
        subject: asSubject(found),
        details: { userId, grants: grants.length },
      });
      await alongside(tx);
      return { connection: await tx.findOneByOrFail(Connection, { id }), former: grants };
    });
  }

  /** Deletes a connection; its grants, flows and session tokens go with its row. Gives its grants as they were. */
  async delete(caller: Caller, id: string): Promise<{ deletedId: string; former: Grant[] }> {
    return this.store.write(async (tx) => {
      const found = await getConnection(tx, caller, { id });
      const grants = await tx.findBy(Grant, { connectionId: id });
      await tx.delete(Connection, { id });
      const now = this.now();
      await this.events.happened(tx, ConnectionEventKind.DELETED, found, null, now);
      await record(tx, caller, now, {
        action: AuditAction.CONNECTION_DELETED,
        subject: asSubject(found),
        details: { connector: found.connectorId, grants: grants.length },
      });
      return { deletedId: id, former: grants };
    });
  }
}

/** The connector that `ref` names. Throws `Refused` when there is none, or it takes no connections. */
async function readyConnector(tx: EntityManager, caller: Caller, ref: ConnectorRef): Promise<Connector> {
  const connector = await getConnector(tx, caller, ref, ['connector']);
  requireReady(connector);
  return connector;
}

const nameColumns = (name: string) => ({ name, nameKey: name.toLowerCase() });
const linkNameColumns = (linkName: string) => ({ linkName, linkNameKey: linkNameKey(linkName) });
const valuesOf = (variables: ConnectionCreateInput['variables']) =>
  Object.fromEntries(variables.map(({ name, value }) => [name, value]));

const linkNameTaken: Problem = {
  code: UserErrorCode.ALREADY_EXISTS,
  path: ['linkName'],
  message: 'Another connection has this link name; case does not matter.',
};

async function isTaken(tx: EntityManager, workspaceId: string, linkName: string, exceptId?: string): Promise<boolean> {
  if (!isKeepable(linkName)) return false;
  const other = await tx.findOneBy(Connection, { workspaceId, linkNameKey: linkNameKey(linkName) });
  return other !== null && other.id !== exceptId;
}

/** How many connections a connector has. */
export const countConnections = (manager: EntityManager, connectorId: string): Promise<number> =>
  manager.countBy(Connection, { connectorId });
