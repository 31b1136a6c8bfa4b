/** Inputs of which exactly one field is given: GraphQL's `@oneOf`, which type-graphql cannot say by itself. */
import { type GraphQLSchema, isInputObjectType } from 'graphql';
import { Extensions } from 'type-graphql';

/** Marks an `@InputType` as `@oneOf`; all its fields must be nullable and without default. */
export const OneOf = (): ClassDecorator & PropertyDecorator & MethodDecorator => Extensions({ oneOf: true });

/** Makes the marked inputs of a built schema `@oneOf`, so that validation, coercion and printing see them so. */
export function applyOneOf(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type) && type.extensions.oneOf === true) type.isOneOf = true;
  }
  return schema;
}
