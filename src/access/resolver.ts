/** The root fields of workspaces, keys and session tokens. */
import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { PageArgs } from '../graphql/page';
import { outcome } from '../graphql/user-errors';
import { Allow } from './allow';
import { ApiKeyPage } from './api-key';
import type { ApiKeys } from './api-keys';
import { Role } from './caller';
import type { Context } from './context';
import { ApiKeyCreateInput, SessionTokenCreateInput, WorkspaceCreateInput, WorkspaceUpdateInput } from './inputs';
import {
  ApiKeyCreatePayload,
  ApiKeyRevokePayload,
  SessionTokenCreatePayload,
  Viewer,
  WorkspaceCreatePayload,
  WorkspaceUpdatePayload,
} from './payloads';
import type { SessionTokens } from './session-tokens';
import type { Workspaces } from './workspaces';

@Resolver()
export class AccessResolver {
  constructor(
    private readonly workspaces: Workspaces,
    private readonly apiKeys: ApiKeys,
    private readonly sessionTokens: SessionTokens,
  ) {}

  @Query(() => Viewer, { description: 'Who the key of this request stands for. Needs VIEWER.' })
  @Allow(Role.VIEWER)
  async viewer(@Ctx() { caller }: Context) {
    return { role: caller.role, workspace: await this.workspaces.own(caller) };
  }

  @Query(() => ApiKeyPage, {
    name: 'apiKeys',
    description: 'The keys of the workspace, without their secrets. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  apiKeyList(@Ctx() { caller }: Context, @Args(() => PageArgs) args: PageArgs) {
    return this.apiKeys.list(caller, args);
  }

  @Mutation(() => ApiKeyCreatePayload, { description: 'Makes a key and tells its secret once. Needs ADMIN.' })
  @Allow(Role.ADMIN)
  apiKeyCreate(@Ctx() { caller }: Context, @Arg('input', { description: 'The key.' }) input: ApiKeyCreateInput) {
    return outcome(() => this.apiKeys.create(caller, input));
  }

  @Mutation(() => ApiKeyRevokePayload, {
    description: 'Ends a key, and the session tokens made with it, at once. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  apiKeyRevoke(@Ctx() { caller }: Context, @Arg('id', () => ID, { description: 'The key.' }) id: string) {
    return outcome(async () => ({ revokedId: await this.apiKeys.revoke(caller, id) }));
  }

  @Mutation(() => WorkspaceCreatePayload, { description: 'Makes a workspace with a first key. Needs OWNER.' })
  @Allow(Role.OWNER)
  workspaceCreate(
    @Ctx() { caller }: Context,
    @Arg('input', { description: 'The workspace.' }) input: WorkspaceCreateInput,
  ) {
    return outcome(() => this.workspaces.create(caller, input));
  }

  @Mutation(() => WorkspaceUpdatePayload, {
    description: 'Changes the workspace that the key belongs to. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  workspaceUpdate(
    @Ctx() { caller }: Context,
    @Arg('input', { description: 'What to change.' }) input: WorkspaceUpdateInput,
  ) {
    return outcome(async () => ({ workspace: await this.workspaces.update(caller, input) }));
  }

  @Mutation(() => SessionTokenCreatePayload, {
    description:
      'Makes a short-lived token for a browser that authorizes and watches one connection. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  sessionTokenCreate(
    @Ctx() { caller }: Context,
    @Arg('input', { description: 'The token.' }) input: SessionTokenCreateInput,
  ) {
    return outcome(() => this.sessionTokens.create(caller, input));
  }
}
