/** What can be done with API keys: make, list, revoke, and the owner's first one. */
import { type EntityManager, LessThan } from 'typeorm';
import { Refused, refuseAny, UserErrorCode } from '../errors';
import { newId } from '../graphql/node';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { problemsOf } from '../rules/rule';
import { readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import { ApiKey, hashOf, newSecret } from './api-key';
import { type Caller, mayAll, Role } from './caller';
import type { ApiKeyCreateInput } from './inputs';
import { SessionToken } from './session-token';
import { Workspace } from './workspace';

export class ApiKeys {
  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
  ) {}

  list(caller: Caller, args: PageArgs): Promise<Page<ApiKey>> {
    const query = this.store.read.createQueryBuilder(ApiKey, 'item').where({ workspaceId: caller.workspaceId });
    return readPage(query, pageRequest(args));
  }

  async create(caller: Caller, input: ApiKeyCreateInput): Promise<{ apiKey: ApiKey; secret: string }> {
    const problems = problemsOf(input);
    if (!mayAll(caller.role ?? Role.VIEWER, input.role))
      problems.push({
        code: UserErrorCode.NOT_ACCEPTED,
        path: ['role'],
        message: `A key of the role ${caller.role} cannot make one of the role ${input.role}.`,
      });
    if (input.expiresAt && input.expiresAt <= this.now())
      problems.push({
        code: UserErrorCode.OUT_OF_RANGE,
        path: ['expiresAt'],
        message: 'The end of a key lies in the future.',
      });
    refuseAny(problems);
    return this.store.write((tx) => this.insert(tx, { ...input, workspaceId: caller.workspaceId }));
  }

  /** Makes a key with a new secret, in a transaction of the caller's. */
  async insert(
    tx: EntityManager,
    { workspaceId, name, role, expiresAt }: Pick<ApiKey, 'workspaceId' | 'name' | 'role'> & { expiresAt?: Date | null },
  ): Promise<{ apiKey: ApiKey; secret: string }> {
    const secret = newSecret('gk');
    return {
      apiKey: await this.insertWithSecret(tx, secret, { workspaceId, name, role, expiresAt, bootstrap: false }),
      secret,
    };
  }

  async revoke(caller: Caller, id: string): Promise<string> {
    return this.store.write(async (tx) => {
      const key = await tx.findOneBy(ApiKey, { id, workspaceId: caller.workspaceId });
      if (!key) throw new Refused({ code: UserErrorCode.NOT_FOUND, path: ['id'], message: 'There is no such key.' });
      if (!mayAll(caller.role ?? Role.VIEWER, key.role))
        throw new Refused({
          code: UserErrorCode.NOT_ACCEPTED,
          path: ['id'],
          message: `A key of the role ${caller.role} cannot revoke one of the role ${key.role}.`,
        });
      if (key.id === caller.keyId)
        throw new Refused({
          code: UserErrorCode.IN_USE,
          path: ['id'],
          message: 'A key cannot revoke itself: use another one, so that nobody is locked out.',
        });
      await tx.delete(SessionToken, { keyId: id });
      await tx.delete(ApiKey, { id });
      return id;
    });
  }

  /**
   * Sees to it that there is an owner. With `given` (BOOTSTRAP_API_KEY), that is the owner's key, in place of the one given
   * before; without, one is generated if there is no key at all, and its secret returned to be told once.
   */
  async bootstrap(given: string | undefined): Promise<string | undefined> {
    return this.store.write(async (tx) => {
      const [owner] = await tx.find(ApiKey, { where: { role: Role.OWNER }, order: { id: 'ASC' }, take: 1 });
      if (!given && owner) return undefined;
      if (given && (await tx.existsBy(ApiKey, { hash: hashOf(given) }))) return undefined;
      await tx.delete(ApiKey, { bootstrap: true });
      const secret = given ?? newSecret('gk');
      const workspaceId = owner?.workspaceId ?? (await this.firstWorkspace(tx));
      await this.insertWithSecret(tx, secret, {
        workspaceId,
        name: 'Owner',
        role: Role.OWNER,
        bootstrap: given !== undefined,
      });
      return given ? undefined : secret;
    });
  }

  /** Forgets session tokens that ended. */
  async forgetEnded(): Promise<void> {
    await this.store.write((tx) => tx.delete(SessionToken, { expiresAt: LessThan(this.now()) }));
  }

  private async firstWorkspace(tx: EntityManager): Promise<string> {
    const [first] = await tx.find(Workspace, { order: { id: 'ASC' }, take: 1 });
    if (first) return first.id;
    const id = newId('Workspace');
    await tx.insert(Workspace, { id, name: 'Default', returnToUrls: [], createdAt: this.now() });
    return id;
  }

  private async insertWithSecret(
    tx: EntityManager,
    secret: string,
    key: Pick<ApiKey, 'workspaceId' | 'name' | 'role' | 'bootstrap'> & { expiresAt?: Date | null },
  ): Promise<ApiKey> {
    const apiKey = tx.create(ApiKey, {
      ...key,
      id: newId('ApiKey'),
      hash: hashOf(secret),
      lastFour: secret.slice(-4),
      createdAt: this.now(),
      expiresAt: key.expiresAt ?? null,
      lastUsedAt: null,
    });
    await tx.insert(ApiKey, apiKey);
    return apiKey;
  }
}
