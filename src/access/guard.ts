/** Closes what an oversight would leave open: root fields that do not say who may use them, and streams whose caller's key ended. */
import type { GraphQLField, GraphQLSchema } from 'graphql';
import { mapStream } from '../events/stream';
import type { Context } from './context';

/** Throws when a root field says nothing about who may use it; guards the subscriptions of `schema`, and gives it back. */
export function guardRootFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      if (!field.extensions.allow) throw new Error(`${type}.${field.name} does not say who may use it: add @Allow.`);
    }
  }
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) guardStream(field);
  return schema;
}

/** Before each event the key is checked again: it may have been revoked, or have expired, since the subscription began. */
function guardStream(field: GraphQLField<unknown, Context>): void {
  const { subscribe } = field;
  if (!subscribe) throw new Error(`The subscription ${field.name} has no source of its own.`);
  field.subscribe = async (root, args, context, info) => {
    const events = (await subscribe(root, args, context, info)) as AsyncIterable<unknown>;
    return mapStream(events[Symbol.asyncIterator](), async (told) => {
      await context.authenticate();
      return { told };
    });
  };
}
