/** What can be done with workspaces: make one, read and change one's own. */
import { refuseAny } from '../errors';
import { newId } from '../graphql/node';
import { problemsOf } from '../rules/rule';
import { given } from '../storage/changes';
import type { Store } from '../storage/store';
import { type Caller, Role } from './caller';
import type { WorkspaceCreateInput, WorkspaceUpdateInput } from './inputs';
import { insertKey } from './new-key';
import { Workspace } from './workspace';

export class Workspaces {
  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
  ) {}

  own({ workspaceId }: Caller): Promise<Workspace> {
    return this.store.read.findOneByOrFail(Workspace, { id: workspaceId });
  }

  async create(input: WorkspaceCreateInput): Promise<{ workspace: Workspace; adminKey: string }> {
    refuseAny(problemsOf(input));
    const { name } = input;
    const now = this.now();
    return this.store.write(async (tx) => {
      const workspace = tx.create(Workspace, { id: newId('Workspace'), name, returnToUrls: [], createdAt: now });
      await tx.insert(Workspace, workspace);
      const firstKey = { workspaceId: workspace.id, name: 'First key', role: Role.ADMIN };
      const { secret: adminKey } = await insertKey(tx, firstKey, now);
      return { workspace, adminKey };
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
