/** The root fields that call third-party APIs. */
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import type { Context } from '../access/context';
import { CallsOut } from '../graphql/calls-out';
import { outcome } from '../graphql/user-errors';
import { InvokeUrlInput } from './inputs';
import type { Invocations } from './invocations';
import { InvokePreviewPayload, InvokeUrlPayload } from './payloads';

@Resolver()
export class InvokeResolver {
  constructor(private readonly invocations: Invocations) {}

  @Mutation(() => InvokeUrlPayload, {
    description:
      'Sends one request to a third-party API with the credentials of a connection: build, sign, send. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  @CallsOut()
  invokeUrl(@Ctx() { caller }: Context, @Arg('input', { description: 'The request.' }) input: InvokeUrlInput) {
    return outcome(async () => ({ response: await this.invocations.invoke(caller, input) }));
  }

  @Query(() => InvokePreviewPayload, {
    description:
      'Shows the request that invokeUrl would send, signed with *** in place of every secret; nothing is sent, so that what only sending tells (REQUIRE_HTTPS, private addresses) is not told. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  invokePreview(@Ctx() { caller }: Context, @Arg('input', { description: 'The request.' }) input: InvokeUrlInput) {
    return outcome(async () => ({ request: await this.invocations.preview(caller, input) }));
  }
}
