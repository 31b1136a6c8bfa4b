/** What can be done with the scopes of a connector: add, change, delete, search. */
import { type EntityManager, In } from 'typeorm';
import type { Caller } from '../access/caller';
import { AuditAction, AuditSubjectKind } from '../audit/action';
import { changesOf, type Deed, type Details, record } from '../audit/trail';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { newId } from '../graphql/node';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { problemsOf } from '../rules/rule';
import { isKeepable } from '../rules/text';
import { given } from '../storage/changes';
import { narrowTo, readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import type { CountConnections } from './connectors';
import { getConnector } from './lookup';
import { SCOPES_LIMIT, Scope, type ScopeInput, type ScopeUpdateInput, searchKeyOf } from './scope';

export class Scopes {
  constructor(
    private readonly store: Store,
    private readonly countConnections: CountConnections,
    private readonly now: () => Date,
  ) {}

  list(connectorId: string, search: string | null | undefined, args: PageArgs): Promise<Page<Scope>> {
    const query = this.store.read.createQueryBuilder(Scope, 'item').where({ connectorId });
    if (search) narrowTo(query, search, ['searchKey']);
    return readPage(query, pageRequest(args));
  }

  count(connectorId: string): Promise<number> {
    return this.store.read.countBy(Scope, { connectorId });
  }

  /** Adds all of `inputs` or none. */
  async add(caller: Caller, connectorId: string, inputs: readonly ScopeInput[]): Promise<Scope[]> {
    return this.store.write(async (tx) => {
      const { workspaceId } = await getConnector(tx, caller, { id: connectorId }, ['connectorId']);
      refuseAny(newScopesProblems(await tx.findBy(Scope, { connectorId }), inputs));
      const scopes = inputs.map(({ name, value }) =>
        tx.create(Scope, {
          id: newId('Scope'),
          workspaceId,
          connectorId,
          name,
          value,
          searchKey: searchKeyOf({ name, value }),
        }),
      );
      for (const scope of scopes) await tx.insert(Scope, scope);
      const deeds = scopes.map((scope) => deedOf(AuditAction.SCOPE_ADDED, scope, { value: scope.value }));
      await record(tx, caller, this.now(), ...deeds);
      return scopes;
    });
  }

  async update(caller: Caller, id: string, input: ScopeUpdateInput): Promise<Scope> {
    return this.store.write(async (tx) => {
      const { workspaceId } = caller;
      const scope = isKeepable(id) ? await tx.findOneBy(Scope, { id, workspaceId }) : null;
      if (!scope) throw new Refused(noSuchScope(['id']));
      const { name, value } = input;
      const namesake =
        value == null || !isKeepable(value)
          ? null
          : await tx.findOneBy(Scope, { connectorId: scope.connectorId, value });
      refuseAny([
        ...problemsOf(input),
        ...(await this.inUse(tx, [scope], 'id')),
        ...(namesake && namesake.id !== id ? [valueTaken(['value'])] : []),
      ]);
      const changed = tx.create(Scope, { ...scope, ...given({ name, value }) });
      changed.searchKey = searchKeyOf(changed);
      await tx.update(Scope, { id }, { name: changed.name, value: changed.value, searchKey: changed.searchKey });
      const details = { ...changesOf(scope, changed, ['name', 'value']), value: changed.value };
      await record(tx, caller, this.now(), deedOf(AuditAction.SCOPE_UPDATED, changed, details));
      return changed;
    });
  }

  /** Deletes all of `ids` or none. */
  async delete(caller: Caller, ids: readonly string[]): Promise<string[]> {
    if (ids.length > SCOPES_LIMIT) throw new Refused(tooManyAtOnce(ids.length));
    return this.store.write(async (tx) => {
      const { workspaceId } = caller;
      const scopes = await tx.findBy(Scope, { workspaceId, id: In(ids.filter(isKeepable)) });
      const unknown = ids.flatMap((id, index) =>
        scopes.some((scope) => scope.id === id) ? [] : [noSuchScope(['ids', `${index}`])],
      );
      refuseAny([...unknown, ...(await this.inUse(tx, scopes, 'ids'))]);
      await tx.delete(Scope, { id: In([...ids]) });
      const deeds = scopes.map((scope) => deedOf(AuditAction.SCOPE_DELETED, scope, { value: scope.value }));
      await record(tx, caller, this.now(), ...deeds);
      return [...new Set(ids)];
    });
  }

  /** What is wrong with editing or deleting `scopes`: whether a connector of theirs has connections. */
  private async inUse(tx: EntityManager, scopes: readonly Scope[], argument: string): Promise<Problem[]> {
    for (const connectorId of new Set(scopes.map((scope) => scope.connectorId)))
      if ((await this.countConnections(tx, connectorId)) > 0) return [locked([argument])];
    return [];
  }
}

const deedOf = (action: AuditAction, { id, name, connectorId }: Scope, details: Details): Deed => ({
  action,
  subject: { kind: AuditSubjectKind.SCOPE, id, name },
  details: { connector: connectorId, ...details },
});

/** What is wrong with adding `inputs` to the scopes that a connector has. */
function newScopesProblems(existing: readonly Scope[], inputs: readonly ScopeInput[]): Problem[] {
  const actual = existing.length + inputs.length;
  // What is beyond the limit is not looked at: how many there are has no bound.
  const looked = inputs.slice(0, SCOPES_LIMIT);
  return [
    ...looked.flatMap((input, index) => {
      const path = ['scopes', `${index}`];
      const taken = [...existing, ...looked.slice(0, index)].some(({ value }) => value === input.value);
      return [...problemsOf(input, path), ...(taken ? [valueTaken([...path, 'value'])] : [])];
    }),
    ...(actual > SCOPES_LIMIT ? [tooMany(actual)] : []),
  ];
}

const tooMany = (actual: number): Problem => ({
  code: UserErrorCode.LIMIT_REACHED,
  path: ['scopes'],
  message: `A connector has at most ${SCOPES_LIMIT} scopes; there would be ${actual}.`,
  facts: { limit: SCOPES_LIMIT, actual },
});

const tooManyAtOnce = (given: number): Problem => ({
  code: UserErrorCode.TOO_LONG,
  path: ['ids'],
  message: `At most ${SCOPES_LIMIT} scopes can be deleted at once, not ${given}.`,
});

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

const locked = (path: string[]): Problem => ({
  code: UserErrorCode.IN_USE,
  path,
  message: 'The connector has connections, so that its scopes cannot be edited or deleted; adding some is possible.',
});
