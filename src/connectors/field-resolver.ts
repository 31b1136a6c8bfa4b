/** The fields of a connector that are computed, or are not for everyone who sees a connection of it. */
import { Arg, Args, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import { authTypeNamed } from '../auth-types';
import { AuthConfigUnion } from '../auth-types/inputs';
import { PageArgs } from '../graphql/page';
import type { Links } from '../links';
import { AuthorizationForm, formOf } from './authorization-form';
import { Connector } from './connector';
import type { Connectors } from './connectors';
import { ConnectorLogo } from './logo';
import type { Logos } from './logos';
import { Readiness, readinessOf } from './readiness';
import { ScopePage } from './scope';
import type { Scopes } from './scopes';
import type { Setups } from './setups';

@Resolver(() => Connector)
export class ConnectorFieldResolver {
  constructor(
    private readonly connectors: Connectors,
    private readonly scopeService: Scopes,
    private readonly logos: Logos,
    private readonly setups: Setups,
    private readonly links: Links,
  ) {}

  @FieldResolver(() => AuthConfigUnion, {
    nullable: true,
    description: 'Its authentication; null as long as nothing is configured. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  authConfig(@Root() connector: Connector) {
    return this.setups.answer(connector);
  }

  @FieldResolver(() => [String], { description: 'Where credentials may be sent. Needs INTEGRATOR.' })
  @Allow(Role.INTEGRATOR)
  allowedHosts(@Root() { allowedHosts }: Connector) {
    return allowedHosts;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What the provider sends people back to: register it there. Null where nobody is sent to a provider. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  redirectUri(@Root() { id, authType, config }: Connector) {
    const redirects = authType !== null && authTypeNamed(authType).redirects?.(config ?? {});
    return redirects ? this.links.redirectUri(id) : null;
  }

  @FieldResolver(() => Readiness, {
    description: 'What it still needs before it can be marked Ready. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  async readiness(@Root() connector: Connector) {
    return readinessOf(connector, this.setups, await this.scopeService.count(connector.id));
  }

  @FieldResolver(() => AuthorizationForm, { description: 'What people are asked for when they connect an account.' })
  authorizationForm(@Root() connector: Connector) {
    return formOf(connector);
  }

  @FieldResolver(() => ScopePage, { description: 'Its scopes.' })
  scopes(
    @Root() { id }: Connector,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Those whose name or value contains this, whatever its case.',
    })
    search?: string | null,
  ) {
    return this.scopeService.list(id, search, page);
  }

  @FieldResolver(() => ConnectorLogo, { nullable: true, description: 'Its logo.' })
  logo(@Root() { id }: Connector) {
    return this.logos.describe(id);
  }

  @FieldResolver(() => Int, { description: 'How many connections use it. Needs INTEGRATOR.' })
  @Allow(Role.INTEGRATOR)
  connectionCount(@Root() { id }: Connector) {
    return this.connectors.countOf(id);
  }
}
