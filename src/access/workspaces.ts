/** What can be done with workspaces: make one, read and change one's own. */
import type { EntityManager } from 'typeorm';
import { AuditAction, AuditSubjectKind } from '../audit/action';
import { type Actor, asStranger } from '../audit/actor';
import { changesOf, type Deed, openLog, record } from '../audit/trail';
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

  async create(caller: Caller, input: WorkspaceCreateInput): Promise<{ workspace: Workspace; adminKey: string }> {
    refuseAny(problemsOf(input));
    const { name } = input;
    const now = this.now();
    return this.store.write(async (tx) => {
      // The new workspace is not told which key of another one made it.
      const actor = asStranger(caller.actor);
      const workspace = await insertWorkspace(tx, actor, name, now);
      const firstKey = { name: 'First key', role: Role.ADMIN };
      const { secret: adminKey } = await insertKey(tx, { workspaceId: workspace.id, actor }, firstKey, now);
      await record(tx, caller, now, workspaceCreated(workspace));
      return { workspace, adminKey };
    });
  }

  async update(caller: Caller, input: WorkspaceUpdateInput): Promise<Workspace> {
    refuseAny(problemsOf(input));
    return this.store.write(async (tx) => {
      const { workspaceId: id } = caller;
      const changes = given({ name: input.name, returnToUrls: input.returnToUrls });
      const before = await tx.findOneByOrFail(Workspace, { id });
      if (!changes) return before;
      await tx.update(Workspace, { id }, changes);
      const after = await tx.findOneByOrFail(Workspace, { id });
      await record(tx, caller, this.now(), {
        action: AuditAction.WORKSPACE_UPDATED,
        subject: subjectOf(after),
        details: changesOf(before, after, ['name', 'returnToUrls']),
      });
      return after;
    });
  }
}

/** Keeps a new workspace with an audit log of its own, in a transaction of the caller's. */
export async function insertWorkspace(tx: EntityManager, actor: Actor, name: string, now: Date): Promise<Workspace> {
  const workspace = tx.create(Workspace, { id: newId('Workspace'), name, returnToUrls: [], createdAt: now });
  await tx.insert(Workspace, workspace);
  await openLog(tx, workspace.id);
  await record(tx, { workspaceId: workspace.id, actor }, now, workspaceCreated(workspace));
  return workspace;
}

const workspaceCreated = (workspace: Workspace): Deed => ({
  action: AuditAction.WORKSPACE_CREATED,
  subject: subjectOf(workspace),
});

const subjectOf = ({ id, name }: Workspace) => ({ kind: AuditSubjectKind.WORKSPACE, id, name });
