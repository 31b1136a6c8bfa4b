/** What can be done with workspaces: make one, read and change one's own. */
import { refuseAny } from '../errors';
import { newId } from '../graphql/node';
import { problemsOf } from '../rules/rule';
import { given } from '../storage/changes';
import type { Store } from '../storage/store';
import type { ApiKeys } from './api-keys';
import { type Caller, Role } from './caller';
import type { WorkspaceCreateInput, WorkspaceUpdateInput } from './inputs';
import { Workspace } from './workspace';

export class Workspaces {
  constructor(
    private readonly store: Store,
    private readonly apiKeys: ApiKeys,
    private readonly now: () => Date,
  ) {}

  own({ workspaceId }: Caller): Promise<Workspace> {
    return this.store.read.findOneByOrFail(Workspace, { id: workspaceId });
  }

  async create(input: WorkspaceCreateInput): Promise<{ workspace: Workspace; adminKey: string }> {
    refuseAny(problemsOf(input));
    return this.store.write(async (tx) => {
      const workspace = tx.create(Workspace, {
        id: newId('Workspace'),
        name: input.name,
        returnToUrls: [],
        createdAt: this.now(),
      });
      await tx.insert(Workspace, workspace);
      const { secret } = await this.apiKeys.insert(tx, {
        workspaceId: workspace.id,
        name: 'First key',
        role: Role.ADMIN,
      });
      return { workspace, adminKey: secret };
    });
  }

  async update({ workspaceId }: Caller, input: WorkspaceUpdateInput): Promise<Workspace> {
    refuseAny(problemsOf(input));
    return this.store.write(async (tx) => {
      const changes = given({ name: input.name, returnToUrls: input.returnToUrls });
      if (changes) await tx.update(Workspace, { id: workspaceId }, changes);
      return tx.findOneByOrFail(Workspace, { id: workspaceId });
    });
  }
}
