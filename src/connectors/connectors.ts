/** What can be done with connectors as a whole: make, change, copy, delete, find, list. */
import { Brackets, type EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { newId } from '../graphql/node';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import type { ConnectorRef } from '../graphql/reference';
import { deriveLinkName, linkNameKey } from '../rules/link-name';
import { problemsOf } from '../rules/rule';
import { given } from '../storage/changes';
import { containing, readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import { undeclaredVariables } from './auth-configs';
import { Connector, ConnectorStage } from './connector';
import type { ConnectorCloneInput, ConnectorCreateInput, ConnectorFilter, ConnectorUpdateInput } from './inputs';
import { Logo } from './logo';
import { findConnector, getConnector } from './lookup';
import { Scope } from './scope';
import type { Setups } from './setups';
import { requireDraft } from './stage';

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

  list({ workspaceId }: Caller, filter: ConnectorFilter, args: PageArgs): Promise<Page<Connector>> {
    const query = this.store.read.createQueryBuilder(Connector, 'item').where({ workspaceId });
    if (filter.stage != null) query.andWhere({ stage: filter.stage });
    if (filter.authType != null) query.andWhere({ authType: filter.authType });
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

  countOf(connectorId: string): Promise<number> {
    return this.countConnections(this.store.read, connectorId);
  }

  async create({ workspaceId }: Caller, input: ConnectorCreateInput): Promise<Connector> {
    const problems = problemsOf(input);
    return this.store.write(async (tx) => {
      const linkName = await freeLinkName(tx, workspaceId, input, problems);
      const connector = tx.create(Connector, {
        ...this.named(input.name, linkName),
        id: newId('Connector'),
        workspaceId,
        description: input.description ?? null,
        stage: ConnectorStage.DRAFT,
        authType: null,
        config: null,
        secrets: null,
        allowedHosts: input.allowedHosts,
        connectionFields: input.connectionFields,
        createdAt: this.now(),
        updatedAt: this.now(),
      });
      await tx.insert(Connector, connector);
      return connector;
    });
  }

  async update(caller: Caller, id: string, input: ConnectorUpdateInput): Promise<Connector> {
    const problems = problemsOf(input);
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      const { name, linkName, description, allowedHosts, connectionFields } = input;
      if (linkName !== undefined && linkName !== connector.linkName) requireDraft(connector, 'linkName');
      if (connectionFields !== undefined && !same(connectionFields, connector.connectionFields)) {
        requireDraft(connector, 'connectionFields');
        problems.push(...fieldsInUse({ ...connector, connectionFields }));
      }
      if (linkName != null && (await isTaken(tx, connector.workspaceId, linkName, id))) problems.push(linkNameTaken);
      refuseAny(problems);
      const changes = given({
        ...(name !== undefined && { name, nameKey: name.toLowerCase() }),
        ...(linkName !== undefined && { linkName, linkNameKey: linkNameKey(linkName) }),
        description,
        allowedHosts,
        connectionFields,
      });
      if (changes) await tx.update(Connector, { id }, { ...changes, updatedAt: this.now() });
      return tx.findOneByOrFail(Connector, { id });
    });
  }

  /** A DRAFT copy with the configuration, the secrets, the scopes and the logo, but without connections. */
  async clone(caller: Caller, id: string, input: ConnectorCloneInput): Promise<Connector> {
    const problems = problemsOf(input);
    return this.store.write(async (tx) => {
      const original = await getConnector(tx, caller, { id });
      const linkName = await freeLinkName(tx, original.workspaceId, input, problems);
      const copy = tx.create(Connector, {
        ...original,
        ...this.named(input.name, linkName),
        id: newId('Connector'),
        stage: ConnectorStage.DRAFT,
        createdAt: this.now(),
        updatedAt: this.now(),
      });
      if (original.authType !== null) Object.assign(copy, this.setups.seal(this.setups.open(original), copy));
      await tx.insert(Connector, copy);
      for (const scope of await tx.findBy(Scope, { connectorId: id }))
        await tx.insert(Scope, { ...scope, id: newId('Scope'), connectorId: copy.id });
      const logo = await tx.findOneBy(Logo, { connectorId: id });
      if (logo) await tx.insert(Logo, { ...logo, connectorId: copy.id });
      return copy;
    });
  }

  async delete(caller: Caller, id: string): Promise<string> {
    return this.store.write(async (tx) => {
      await getConnector(tx, caller, { id });
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
      return id;
    });
  }

  private named(name: string, linkName: string) {
    return { name, nameKey: name.toLowerCase(), linkName, linkNameKey: linkNameKey(linkName) };
  }
}

const linkNameTaken: Problem = {
  code: UserErrorCode.ALREADY_EXISTS,
  path: ['linkName'],
  message: 'Another connector has this link name; case does not matter.',
};

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

async function isTaken(tx: EntityManager, workspaceId: string, linkName: string, exceptId?: string): Promise<boolean> {
  const other = await tx.findOneBy(Connector, { workspaceId, linkNameKey: linkNameKey(linkName) });
  return other !== null && other.id !== exceptId;
}

/** The link name that was given, or one derived from the name. Throws `Refused` with `problems` and whether it is taken. */
async function freeLinkName(
  tx: EntityManager,
  workspaceId: string,
  { name, linkName }: { name: string; linkName?: string | null },
  problems: Problem[],
): Promise<string> {
  if (linkName != null && (await isTaken(tx, workspaceId, linkName))) problems.push(linkNameTaken);
  refuseAny(problems);
  return linkName ?? deriveLinkName(name, (key) => isTaken(tx, workspaceId, key));
}

/** The connection fields that URLs of the configuration use but that would be gone. */
function fieldsInUse(connector: Connector): Problem[] {
  return undeclaredVariables(connector).map(({ variable }) => ({
    code: UserErrorCode.IN_USE,
    path: ['connectionFields'],
    message: `The connection field ${variable} stands in a URL of the configuration and cannot be removed.`,
  }));
}
