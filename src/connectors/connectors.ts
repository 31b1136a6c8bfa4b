/** What can be done with connectors as a whole: make, change, copy, delete, find, list. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { AuditAction } from '../audit/action';
import { changesOf, record } from '../audit/trail';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { newId } from '../graphql/node';
import type { Page, PageArgs } from '../graphql/page';
import type { ConnectorRef } from '../graphql/reference';
import { problemsOf } from '../rules/rule';
import { given } from '../storage/changes';
import type { Store } from '../storage/store';
import { normalized } from './connection-field';
import { asSubject, Connector, ConnectorStage } from './connector';
import type { ConnectorCloneInput, ConnectorCreateInput, ConnectorFilter, ConnectorUpdateInput } from './inputs';
import { linkNameColumns, linkNameProblems, nameColumns, newLinkName } from './link-names';
import { listConnectors } from './list';
import { Logo } from './logo';
import { findConnector, getConnector } from './lookup';
import { Scope } from './scope';
import type { Setups } from './setups';
import { draftProblems } from './stage';
import { undeclaredVariables } from './url-variables';

/** How many connections a connector has; the connections themselves stand above this room. */
export type CountConnections = (manager: EntityManager, connectorId: string) => Promise<number>;

export class Connectors {
  constructor(
    private readonly store: Store,
    private readonly setups: Setups,
    private readonly countConnections: CountConnections,
    private readonly now: () => Date,
  ) {}

  find(caller: Caller, ref: ConnectorRef): Promise<Connector | null> {
    return findConnector(this.store.read, caller, ref);
  }

  list(caller: Caller, filter: ConnectorFilter, args: PageArgs): Promise<Page<Connector>> {
    return listConnectors(this.store.read, caller, filter, args);
  }

  countOf(connectorId: string): Promise<number> {
    return this.countConnections(this.store.read, connectorId);
  }

  async create(caller: Caller, input: ConnectorCreateInput): Promise<Connector> {
    const problems = problemsOf(input);
    return this.store.write(async (tx) => {
      const { workspaceId } = caller;
      const linkName = await newLinkName(tx, workspaceId, input, problems);
      const now = this.now();
      const connector = tx.create(Connector, {
        id: newId('Connector'),
        workspaceId,
        ...nameColumns(input.name),
        ...linkNameColumns(linkName),
        description: input.description ?? null,
        stage: ConnectorStage.DRAFT,
        authType: null,
        config: null,
        secrets: null,
        allowedHosts: input.allowedHosts,
        connectionFields: normalized(input.connectionFields),
        createdAt: now,
        updatedAt: now,
      });
      await tx.insert(Connector, connector);
      await record(tx, caller, now, {
        action: AuditAction.CONNECTOR_CREATED,
        subject: asSubject(connector),
        details: { linkName, allowedHosts: connector.allowedHosts.join(', ') || null },
      });
      return connector;
    });
  }

  async update(caller: Caller, id: string, input: ConnectorUpdateInput): Promise<Connector> {
    return this.store.write(async (tx) => {
      const problems = problemsOf(input);
      const connector = await getConnector(tx, caller, { id });
      const { name, linkName, description, allowedHosts } = input;
      const connectionFields = input.connectionFields && normalized(input.connectionFields);
      if (linkName != null && linkName !== connector.linkName) problems.push(...draftProblems(connector, 'linkName'));
      if (connectionFields && !same(connectionFields, connector.connectionFields))
        problems.push(
          ...draftProblems(connector, 'connectionFields'),
          ...fieldsInUse({ ...connector, connectionFields }),
        );
      refuseAny([...problems, ...(await linkNameProblems(tx, connector.workspaceId, linkName, id))]);
      const changes = given({
        ...(name !== undefined && nameColumns(name)),
        ...(linkName !== undefined && linkNameColumns(linkName)),
        description,
        allowedHosts,
        connectionFields,
      });
      if (!changes) return connector;
      await tx.update(Connector, { id }, { ...changes, updatedAt: this.now() });
      const changed = await tx.findOneByOrFail(Connector, { id });
      await record(tx, caller, this.now(), {
        action: AuditAction.CONNECTOR_UPDATED,
        subject: asSubject(changed),
        details: {
          ...changesOf(connector, changed, ['name', 'linkName', 'description', 'allowedHosts', 'connectionFields']),
          // Where credentials may go is what a misuse would change first.
          allowedHosts: allowedHosts?.join(', '),
        },
      });
      return changed;
    });
  }

  /** A DRAFT copy with the configuration, the secrets, the scopes and the logo, but without connections. */
  async clone(caller: Caller, id: string, input: ConnectorCloneInput): Promise<Connector> {
    const problems = problemsOf(input);
    return this.store.write(async (tx) => {
      const original = await getConnector(tx, caller, { id });
      const linkName = await newLinkName(tx, original.workspaceId, input, problems);
      const now = this.now();
      const copy = tx.create(Connector, {
        ...original,
        id: newId('Connector'),
        ...nameColumns(input.name),
        ...linkNameColumns(linkName),
        stage: ConnectorStage.DRAFT,
        createdAt: now,
        updatedAt: now,
      });
      if (original.authType !== null) Object.assign(copy, this.setups.seal(this.setups.open(original), copy));
      await tx.insert(Connector, copy);
      for (const scope of await tx.find(Scope, { where: { connectorId: id }, order: { id: 'ASC' } }))
        await tx.insert(Scope, { ...scope, id: newId('Scope'), connectorId: copy.id });
      const logo = await tx.findOneBy(Logo, { connectorId: id });
      if (logo) await tx.insert(Logo, { ...logo, connectorId: copy.id });
      const details = { original: id, linkName };
      await record(tx, caller, now, { action: AuditAction.CONNECTOR_CLONED, subject: asSubject(copy), details });
      return copy;
    });
  }

  async delete(caller: Caller, id: string): Promise<string> {
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      const count = await this.countConnections(tx, id);
      if (count > 0)
        throw new Refused({
          code: UserErrorCode.IN_USE,
          path: ['id'],
          message: `The connector has ${count} connection${count === 1 ? '' : 's'}: delete them first.`,
        });
      await tx.delete(Scope, { connectorId: id });
      await tx.delete(Logo, { connectorId: id });
      await tx.delete(Connector, { id });
      const subject = asSubject(connector);
      await record(tx, caller, this.now(), { action: AuditAction.CONNECTOR_DELETED, subject });
      return id;
    });
  }
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** The connection fields that the configuration uses but that would be gone. */
function fieldsInUse(connector: Connector): Problem[] {
  const gone = new Set(undeclaredVariables(connector).map(({ variable }) => variable));
  return [...gone].map((variable) => ({
    code: UserErrorCode.IN_USE,
    path: ['connectionFields'],
    message: `The connection field ${variable} stands in the configuration of the authentication and cannot be removed.`,
  }));
}
