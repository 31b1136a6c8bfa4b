/** The root fields of connectors. */
import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import type { Context } from '../access/context';
import { AuthConfigInput } from '../auth-types/inputs';
import { PageArgs } from '../graphql/page';
import { ConnectorRef } from '../graphql/reference';
import { outcome } from '../graphql/user-errors';
import type { AuthConfigs } from './auth-configs';
import { Connector, ConnectorPage } from './connector';
import type { Connectors } from './connectors';
import { LOGO_MAX_BYTES } from './image';
import { ConnectorCloneInput, ConnectorCreateInput, ConnectorFilter, ConnectorUpdateInput } from './inputs';
import type { Logos } from './logos';
import { ConnectorDeletePayload, ConnectorPayload } from './payloads';

const TheConnector = () => Arg('id', () => ID, { description: 'The connector.' });

@Resolver()
export class ConnectorResolver {
  constructor(
    private readonly connectors: Connectors,
    private readonly authConfigs: AuthConfigs,
    private readonly logos: Logos,
  ) {}

  @Query(() => Connector, { nullable: true, description: 'A connector; null when there is none. Needs INTEGRATOR.' })
  @Allow(Role.INTEGRATOR)
  connector(@Ctx() { caller }: Context, @Arg('by', { description: 'Which one.' }) by: ConnectorRef) {
    return this.connectors.find(caller, by);
  }

  @Query(() => ConnectorPage, { name: 'connectors', description: 'The connectors of the workspace. Needs INTEGRATOR.' })
  @Allow(Role.INTEGRATOR)
  list(
    @Ctx() { caller }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => ConnectorFilter, { nullable: true, description: 'Which ones; left out: all.' })
    filter?: ConnectorFilter | null,
  ) {
    return this.connectors.list(caller, filter ?? {}, page);
  }

  @Mutation(() => ConnectorPayload, { description: 'Makes a connector in the stage DRAFT. Needs ADMIN.' })
  @Allow(Role.ADMIN)
  connectorCreate(
    @Ctx() { caller }: Context,
    @Arg('input', { description: 'The connector.' }) input: ConnectorCreateInput,
  ) {
    return outcome(async () => ({ connector: await this.connectors.create(caller, input) }));
  }

  @Mutation(() => ConnectorPayload, { description: 'Changes the general section of a connector. Needs ADMIN.' })
  @Allow(Role.ADMIN)
  connectorUpdate(
    @Ctx() { caller }: Context,
    @TheConnector() id: string,
    @Arg('input', { description: 'What to change.' }) input: ConnectorUpdateInput,
  ) {
    return outcome(async () => ({ connector: await this.connectors.update(caller, id, input) }));
  }

  @Mutation(() => ConnectorPayload, {
    description:
      'Configures the authentication of a DRAFT, in place of the former configuration. It may be incomplete: see `readiness`. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  connectorSetAuthConfig(
    @Ctx() { caller }: Context,
    @TheConnector() id: string,
    @Arg('authConfig', { description: 'The authentication.' }) authConfig: AuthConfigInput,
    @Arg('discardExisting', () => Boolean, {
      nullable: true,
      description:
        'Must be true when this changes the auth type: the former configuration and the scopes are lost then.',
    })
    discardExisting?: boolean | null,
  ) {
    return outcome(async () => ({
      connector: await this.authConfigs.set(caller, id, authConfig, discardExisting === true),
    }));
  }

  @Mutation(() => ConnectorPayload, {
    description: 'Marks a connector READY for good. Refused as long as `readiness` misses something. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  connectorMarkReady(@Ctx() { caller }: Context, @TheConnector() id: string) {
    return outcome(async () => ({ connector: await this.authConfigs.markReady(caller, id) }));
  }

  @Mutation(() => ConnectorPayload, {
    description:
      'Replaces the client secret, or consumer secret, in every stage; nothing else changes. Refused where the auth type has none. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  connectorRotateClientSecret(
    @Ctx() { caller }: Context,
    @TheConnector() id: string,
    @Arg('secret', { description: 'The new secret: ASCII without !, single spaces inside.' }) secret: string,
  ) {
    return outcome(async () => ({ connector: await this.authConfigs.rotateSecret(caller, id, secret) }));
  }

  @Mutation(() => ConnectorPayload, {
    description: `Gives a connector a logo: PNG or JPEG, less than ${LOGO_MAX_BYTES} bytes, nothing after the end of the image. Needs ADMIN.`,
  })
  @Allow(Role.ADMIN)
  connectorSetLogo(
    @Ctx() { caller }: Context,
    @TheConnector() id: string,
    @Arg('imageBase64', { description: 'The bytes of the image in base64 (RFC 4648 section 4).' }) imageBase64: string,
  ) {
    return outcome(async () => ({ connector: await this.logos.set(caller, id, imageBase64) }));
  }

  @Mutation(() => ConnectorPayload, {
    description:
      'Copies a connector into a DRAFT: configuration, secrets, scopes and logo come along, connections do not. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  connectorClone(
    @Ctx() { caller }: Context,
    @TheConnector() id: string,
    @Arg('input', { description: 'What the copy is called.' }) input: ConnectorCloneInput,
  ) {
    return outcome(async () => ({ connector: await this.connectors.clone(caller, id, input) }));
  }

  @Mutation(() => ConnectorDeletePayload, {
    description: 'Deletes a connector for good. Refused while it has connections. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  connectorDelete(@Ctx() { caller }: Context, @TheConnector() id: string) {
    return outcome(async () => ({ deletedId: await this.connectors.delete(caller, id) }));
  }
}
