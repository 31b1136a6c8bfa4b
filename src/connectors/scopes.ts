/** What can be done with the scopes of a connector: add, change, delete, search. */
import { In } from 'typeorm';
import type { Caller } from '../access/caller';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { newId } from '../graphql/node';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { problemsOf } from '../rules/rule';
import { given } from '../storage/changes';
import { containing, readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import type { CountConnections } from './connectors';
import { getConnector } from './lookup';
import { SCOPES_LIMIT, Scope, type ScopeInput, type ScopeUpdateInput, searchKeyOf } from './scope';

export class Scopes {
  constructor(
    private readonly store: Store,
    private readonly countConnections: CountConnections,
  ) {}

  list(connectorId: string, search: string | null | undefined, args: PageArgs): Promise<Page<Scope>> {
    const query = this.store.read.createQueryBuilder(Scope, 'item').where({ connectorId });
    if (search) query.andWhere("item.searchKey LIKE :text ESCAPE '\\'", { text: containing(search) });
    return readPage(query, pageRequest(args));
  }

  count(connectorId: string): Promise<number> {
    return this.store.read.countBy(Scope, { connectorId });
  }

  /** Adds all of `inputs` or none. */
  async add(caller: Caller, connectorId: string, inputs: readonly ScopeInput[]): Promise<Scope[]> {
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id: connectorId }, ['connectorId']);
      const existing = await tx.findBy(Scope, { connectorId });
      const actual = existing.length + inputs.length;
      const tooMany: Problem = {
        code: UserErrorCode.LIMIT_REACHED,
        path: ['scopes'],
        message: `A connector has at most ${SCOPES_LIMIT} scopes; there would be ${actual}.`,
        facts: { limit: SCOPES_LIMIT, actual },
      };
      refuseAny([
        ...inputs.flatMap((input, index) => problemsOf(input, ['scopes', `${index}`])),
        ...inputs.flatMap((input, index) => {
          const others = [...existing, ...inputs.slice(0, index)];
          return others.some(({ value }) => value === input.value) ? [valueTaken(['scopes', `${index}`, 'value'])] : [];
        }),
        ...(actual > SCOPES_LIMIT ? [tooMany] : []),
      ]);
      const scopes = inputs.map(({ name, value }) =>
        tx.create(Scope, {
          id: newId('Scope'),
          workspaceId: connector.workspaceId,
          connectorId,
          name,
          value,
          searchKey: searchKeyOf({ name, value }),
        }),
      );
      for (const scope of scopes) await tx.insert(Scope, scope);
      return scopes;
    });
  }

  async update({ workspaceId }: Caller, id: string, input: ScopeUpdateInput): Promise<Scope> {
    return this.store.write(async (tx) => {
      const scope = await tx.findOneBy(Scope, { id, workspaceId });
      if (!scope) throw new Refused(noSuchScope(['id']));
      await this.requireNoConnections(tx, scope, 'id');
      const problems = problemsOf(input);
      const { name, value } = input;
      const others = value == null ? [] : await tx.findBy(Scope, { connectorId: scope.connectorId, value });
      if (others.some((other) => other.id !== id)) problems.push(valueTaken(['value']));
      refuseAny(problems);
      const changed = tx.create(Scope, { ...scope, ...given({ name, value }) });
      changed.searchKey = searchKeyOf(changed);
      await tx.update(Scope, { id }, { name: changed.name, value: changed.value, searchKey: changed.searchKey });
      return changed;
    });
  }

  /** Deletes all of `ids` or none. */
  async delete({ workspaceId }: Caller, ids: readonly string[]): Promise<string[]> {
    return this.store.write(async (tx) => {
      const scopes = await tx.findBy(Scope, { workspaceId, id: In([...ids]) });
      refuseAny(
        ids.flatMap((id, index) => (scopes.some((scope) => scope.id === id) ? [] : [noSuchScope(['ids', `${index}`])])),
      );
      for (const scope of scopes) await this.requireNoConnections(tx, scope, 'ids');
      await tx.delete(Scope, { id: In([...ids]) });
      return [...new Set(ids)];
    });
  }

  private async requireNoConnections(tx: Store['read'], { connectorId }: Scope, argument: string): Promise<void> {
    if ((await this.countConnections(tx, connectorId)) === 0) return;
    throw new Refused({
      code: UserErrorCode.IN_USE,
      path: [argument],
      message:
        'The connector has connections, so that its scopes cannot be edited or deleted; adding some is possible.',
    });
  }
}

const valueTaken = (path: string[]): Problem => ({
  code: UserErrorCode.ALREADY_EXISTS,
  path,
  message: 'Another scope of the connector has this value.',
});

const noSuchScope = (path: string[]): Problem => ({
  code: UserErrorCode.NOT_FOUND,
  path,
  message: 'There is no such scope.',
});
