/** Builds the GraphQL schema, once for each process; `schema.graphql` at the top of the repository is its print. */
import 'reflect-metadata';
import { createPubSub } from '@graphql-yoga/subscription';
import type { GraphQLSchema } from 'graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { buildSchemaSync, type ContainerGetter } from 'type-graphql';
import { checkAllowed } from './access/allow';
import { ApiKey } from './access/api-key';
import { AuditResolver } from './access/audit-resolver';
import type { Context } from './access/context';
import { guardRootFields } from './access/guard';
import { AccessResolver } from './access/resolver';
import { AuthorizationResolver } from './authorization/resolver';
import { ConnectionEventsResolver } from './connections/events-resolver';
import { ConnectionFieldResolver } from './connections/field-resolver';
import { GrantFieldResolver } from './connections/grant-resolver';
import { ConnectionResolver } from './connections/resolver';
import { ConnectorFieldResolver } from './connectors/field-resolver';
import { ConnectorResolver } from './connectors/resolver';
import { ScopeResolver } from './connectors/scope-resolver';
import { applyOneOf } from './graphql/one-of';
import {
  ConflictError,
  LimitError,
  NotFoundError,
  ProviderError,
  StageError,
  ValidationError,
} from './graphql/user-errors';
import { InvokeResolver } from './invoke/resolver';
import { NodeResolver } from './node-resolver';

/** Which resolvers there are; each operation brings their instances along in its context. */
export const resolverClasses = [
  AccessResolver,
  AuditResolver,
  AuthorizationResolver,
  ConnectionEventsResolver,
  ConnectionFieldResolver,
  ConnectionResolver,
  ConnectorFieldResolver,
  ConnectorResolver,
  GrantFieldResolver,
  InvokeResolver,
  NodeResolver,
  ScopeResolver,
] as const;

const container: ContainerGetter<Context> = ({ context: { resolvers } }) => ({ get: (type) => resolvers.get(type) });

let built: GraphQLSchema | undefined;

/** type-graphql takes no descriptions of the root types. */
function describeRoots(schema: GraphQLSchema): GraphQLSchema {
  const descriptions = {
    Query: 'What can be read.',
    Mutation: 'What can be done. The answer is what became of it, or in `userErrors` why nothing was done.',
    Subscription: 'What can be watched.',
  };
  for (const [name, description] of Object.entries(descriptions)) {
    const type = schema.getType(name);
    if (type) type.description = description;
  }
  return schema;
}

export function graphqlSchema(): GraphQLSchema {
  built ??= describeRoots(
    guardRootFields(
      applyOneOf(
        buildSchemaSync({
          resolvers: resolverClasses,
          // Found through interfaces only.
          orphanedTypes: [ApiKey, ValidationError, StageError, LimitError, ConflictError, NotFoundError, ProviderError],
          container,
          authChecker: checkAllowed,
          // type-graphql wants one; our subscriptions bring their own sources.
          pubSub: createPubSub(),
          scalarsMap: [{ type: Date, scalar: GraphQLDateTimeISO }],
          // Services collect every broken rule of an input; type-graphql would throw at the first one.
          validate: false,
        }),
      ),
    ),
  );
  return built;
}

/** The schema as text, in an order that does not depend on the order of imports. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(graphqlSchema()))}\n`;
}
