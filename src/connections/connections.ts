/** What can be done with connections: make, change, revoke, delete, find, list. */
import { Brackets, type EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { SessionToken } from '../access/session-token';
import { Connector } from '../connectors/connector';
import { getConnector } from '../connectors/lookup';
import { Scope } from '../connectors/scope';
import { requireReady } from '../connectors/stage';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { ConnectionEventKind, type EventBus } from '../events/bus';
import { newId } from '../graphql/node';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import type { ConnectionRef } from '../graphql/reference';
import { deriveLinkName, linkNameKey } from '../rules/link-name';
import { problemsOf } from '../rules/rule';
import { given } from '../storage/changes';
import { containing, readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import type { Vault } from '../storage/vault';
import { Connection } from './connection';
import { Grant } from './grant';
import type { Grants } from './grants';
import { ConnectionStatus, HealthRemedy, verdicts } from './health';
import type { ConnectionCreateInput, ConnectionFilter, ConnectionUpdateInput } from './inputs';
import { findConnection, getConnection, userProblems } from './lookup';
import { namesOf, openVariables, sealVariables, variableProblems } from './variables';

const needingAttention = [HealthRemedy.REAUTHORIZE, HealthRemedy.FIX_CONFIGURATION];

export class Connections {
  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
    private readonly grants: Grants,
    private readonly events: EventBus,
    private readonly now: () => Date,
  ) {}

  find(caller: Caller, ref: ConnectionRef): Promise<Connection | null> {
    return findConnection(this.store.read, caller, ref);
  }

  /** A connection, and what is wrong with `userId` for it. Throws `Refused` NOT_FOUND. */
  async forUser(caller: Caller, ref: ConnectionRef, userId: string | null | undefined) {
    const connection = await getConnection(this.store.read, caller, ref, ['connection']);
    return { connection, problems: userProblems(caller, connection, userId) };
  }

  list({ workspaceId }: Caller, filter: ConnectionFilter, args: PageArgs): Promise<Page<Connection>> {
    const query = this.store.read.createQueryBuilder(Connection, 'item').where({ workspaceId });
    if (filter.connectorId != null) query.andWhere({ connectorId: filter.connectorId });
    if (filter.status != null) query.andWhere({ status: filter.status });
    if (filter.needsAttention != null)
      query.andWhere(`item.remedy ${filter.needsAttention ? 'IN' : 'NOT IN'} (:...needingAttention)`, {
        needingAttention,
      });
    if (filter.search) {
      const text = containing(filter.search);
      query.andWhere(
        new Brackets((either) =>
          either
            .where("item.nameKey LIKE :text ESCAPE '\\'", { text })
            .orWhere("item.linkNameKey LIKE :text ESCAPE '\\'", { text }),
        ),
      );
    }
    return readPage(query, pageRequest(args));
  }

  async create(caller: Caller, input: ConnectionCreateInput): Promise<Connection> {
    const problems = problemsOf(input);
    const connection = await this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, input.connector, ['connector']);
      requireReady(connector);
      const scopes = await scopeIdsOf(tx, connector, input.scopeIds);
      problems.push(...scopes.problems, ...variableProblems(connector, input.variables));
      const { workspaceId } = caller;
      if (input.linkName != null && (await isTaken(tx, workspaceId, input.linkName))) problems.push(linkNameTaken);
      refuseAny(problems);
      const linkName = input.linkName ?? (await deriveLinkName(input.name, (key) => isTaken(tx, workspaceId, key)));
      const id = newId('Connection');
      const values = Object.fromEntries(input.variables.map(({ name, value }) => [name, value]));
      const now = this.now();
      const made = tx.create(Connection, {
        id,
        workspaceId,
        connectorId: connector.id,
        ...named(input.name, linkName),
        authorizationLevel: input.authorizationLevel,
        scopeIds: scopes.ids,
        ...sealVariables(values, connector, { id, workspaceId }, this.vault),
        status: ConnectionStatus.UNAUTHORIZED,
        ...verdicts.unauthorized,
        since: now,
        lastSuccessAt: null,
        lastErrorAt: null,
        expiresAt: null,
        nextRefreshAt: null,
        createdAt: now,
        updatedAt: now,
      });
      await tx.insert(Connection, made);
      return made;
    });
    this.events.happened(ConnectionEventKind.CREATED, connection, null, this.now());
    return connection;
  }

  async update(caller: Caller, id: string, input: ConnectionUpdateInput): Promise<Connection> {
    const problems = problemsOf(input);
    const connection = await this.store.write(async (tx) => {
      const former = await getConnection(tx, caller, { id });
      const connector = await tx.findOneByOrFail(Connector, { id: former.connectorId });
      const { name, linkName, variables } = input;
      const scopes = input.scopeIds ? await scopeIdsOf(tx, connector, input.scopeIds) : undefined;
      problems.push(
        ...(scopes?.problems ?? []),
        ...(variables ? variableProblems(connector, variables, namesOf(former)) : []),
      );
      if (linkName != null && (await isTaken(tx, former.workspaceId, linkName, id))) problems.push(linkNameTaken);
      refuseAny(problems);
      const values = variables && {
        ...openVariables(former, this.vault),
        ...Object.fromEntries(variables.map((variable) => [variable.name, variable.value])),
      };
      const changes = given({
        ...(name !== undefined && { name, nameKey: name.toLowerCase() }),
        ...(linkName !== undefined && { linkName, linkNameKey: linkNameKey(linkName) }),
        scopeIds: scopes?.ids,
        ...(values && sealVariables(values, connector, former, this.vault)),
      });
      if (changes) await tx.update(Connection, { id }, { ...changes, updatedAt: this.now() });
      return tx.findOneByOrFail(Connection, { id });
    });
    this.events.happened(ConnectionEventKind.UPDATED, connection, null, this.now());
    return connection;
  }

  /** Forgets the credentials of one user, or, without `userId`, of everybody. Gives the grants as they were, too. */
  async revoke(
    caller: Caller,
    id: string,
    userId: string | null | undefined,
  ): Promise<{ connection: Connection; former: Grant[] }> {
    const { connection, former } = await this.store.write(async (tx) => {
      const found = await getConnection(tx, caller, { id });
      const all = await tx.findBy(Grant, { connectionId: found.id, ...(userId != null && { userKey: userId }) });
      const grants = all.filter((grant) => grant.status !== ConnectionStatus.REVOKED);
      if (grants.length === 0)
        throw new Refused({
          code: UserErrorCode.NOT_AUTHORIZED,
          path: userId == null ? ['id'] : ['userId'],
          message: 'There is no grant to revoke.',
        });
      await this.grants.revoke(tx, grants, this.now());
      return { connection: await tx.findOneByOrFail(Connection, { id }), former: grants };
    });
    this.events.happened(ConnectionEventKind.REVOKED, connection, userId ?? null, this.now());
    return { connection, former };
  }

  /** Deletes a connection with all that belongs to it. Gives its grants as they were. */
  async delete(caller: Caller, id: string): Promise<{ deletedId: string; former: Grant[] }> {
    const { connection, former } = await this.store.write(async (tx) => {
      const found = await getConnection(tx, caller, { id });
      const grants = await tx.findBy(Grant, { connectionId: id });
      await tx.delete(SessionToken, { connectionId: id });
      await tx.delete(Connection, { id });
      return { connection: found, former: grants };
    });
    this.events.happened(ConnectionEventKind.DELETED, connection, null, this.now());
    return { deletedId: connection.id, former };
  }
}

const named = (name: string, linkName: string) => ({
  name,
  nameKey: name.toLowerCase(),
  linkName,
  linkNameKey: linkNameKey(linkName),
});

const linkNameTaken: Problem = {
  code: UserErrorCode.ALREADY_EXISTS,
  path: ['linkName'],
  message: 'Another connection has this link name; case does not matter.',
};

async function isTaken(tx: EntityManager, workspaceId: string, linkName: string, exceptId?: string): Promise<boolean> {
  const other = await tx.findOneBy(Connection, { workspaceId, linkNameKey: linkNameKey(linkName) });
  return other !== null && other.id !== exceptId;
}

/** The scopes asked for, each once: those given, or all of the connector; and which of them are not the connector's. */
async function scopeIdsOf(
  tx: EntityManager,
  { id: connectorId }: Connector,
  given: readonly string[] | null | undefined,
) {
  const scopes = await tx.find(Scope, { select: { id: true }, where: { connectorId }, order: { id: 'ASC' } });
  const known = scopes.map(({ id }) => id);
  const ids = given ? [...new Set(given)] : known;
  const problems = ids.flatMap((id, index): Problem[] =>
    known.includes(id)
      ? []
      : [
          {
            code: UserErrorCode.NOT_FOUND,
            path: ['scopeIds', `${index}`],
            message: 'The connector has no such scope.',
          },
        ],
  );
  return { ids, problems };
}

/** How many connections a connector has. */
export const countConnections = (manager: EntityManager, connectorId: string): Promise<number> =>
  manager.countBy(Connection, { connectorId });
