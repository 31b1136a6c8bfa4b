/** A small schema and its callers, for the tests of the transports. */
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLError,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { topLevelError } from '../../src/errors';
import type { PresentedCredentials, RequestContext, TransportOptions } from '../../src/http/transport';
import { Telemetry } from '../../src/telemetry';

/** Must never be seen by a caller. */
export const SECRET = 'hunter2-s3cr3t';
export const GOOD = 'Bearer good-key';

const refuse = (value: unknown): never => {
  throw new GraphQLError(`Value is not a valid moment: ${value}`);
};
const Moment = new GraphQLScalarType({
  name: 'Moment',
  parseValue: refuse,
  parseLiteral: (node) => refuse('value' in node ? node.value : node.kind),
});

const refuseOwn = (): never => {
  throw topLevelError('BAD_USER_INPUT', 'A size is at most 9.');
};
const Size = new GraphQLScalarType({ name: 'Size', parseValue: refuseOwn, parseLiteral: refuseOwn });

const Color = new GraphQLEnumType({ name: 'Color', values: { RED: {}, GREEN: {} } });
const Choice = new GraphQLInputObjectType({
  name: 'Choice',
  isOneOf: true,
  fields: { id: { type: GraphQLString }, linkName: { type: GraphQLString } },
});
const Filter = new GraphQLInputObjectType({
  name: 'Filter',
  fields: {
    stars: { type: GraphQLInt },
    ratio: { type: GraphQLBoolean },
    color: { type: Color },
    name: { type: new GraphQLNonNull(GraphQLString) },
    since: { type: Moment },
    size: { type: Size },
    choice: { type: Choice },
  },
});

const Thing: GraphQLObjectType = new GraphQLObjectType({
  name: 'Thing',
  fields: () => ({ name: { type: GraphQLString }, self: { type: Thing, resolve: () => ({ name: 'thing' }) } }),
});

/** A promise and what settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** What the resolvers have seen and what the tests hold back. */
export class Toy {
  increments = 0;
  readonly entries: { fields: Record<string, unknown>; message: string }[] = [];
  readonly presented: PresentedCredentials[] = [];
  readonly keys = new Set([GOOD]);
  /** Awaited by the field `slow`; `entered` tells that it is being resolved. */
  gate = deferred<void>();
  entered = deferred<void>();
  /** Settled when a source stream of the subscription `held` was ended. */
  heldEnded = deferred<void>();
  /** Thrown by `contextOf` when set. */
  trouble: Error | undefined;
  readonly schema = this.createSchema();

  readonly log = {
    error: (fields: object, message: string) => void this.entries.push({ fields: { ...fields }, message }),
    warn: (fields: object, message: string) => void this.entries.push({ fields: { ...fields }, message }),
  };

  readonly contextOf = async (credentials: PresentedCredentials): Promise<RequestContext> => {
    this.presented.push(credentials);
    await Promise.resolve();
    if (this.trouble) throw this.trouble;
    if (!this.keys.has(credentials.authorization ?? ''))
      throw topLevelError('UNAUTHENTICATED', 'Send your key as `Authorization: Bearer <key>`.');
    return { requestId: credentials.requestId, key: credentials.authorization };
  };

  readonly operations = new Telemetry();

  options(more: Partial<TransportOptions> = {}): TransportOptions {
    return {
      schema: this.schema,
      contextOf: this.contextOf,
      log: this.log,
      origins: [],
      operations: this.operations,
      ...more,
    };
  }

  private createSchema(): GraphQLSchema {
    const fail = (): never => {
      throw new Error(`connection refused for password=${SECRET}`);
    };
    return new GraphQLSchema({
      query: new GraphQLObjectType({
        name: 'Query',
        fields: {
          hello: { type: GraphQLString, resolve: () => 'world' },
          echo: {
            type: GraphQLString,
            args: { text: { type: new GraphQLNonNull(GraphQLString), defaultValue: 'nothing' } },
            resolve: (_root, { text }: { text: string }) => text,
          },
          find: { type: GraphQLString, args: { filter: { type: Filter } }, resolve: () => 'found' },
          key: { type: GraphQLString, resolve: (_root, _args, { key }: RequestContext) => key },
          thing: { type: Thing, resolve: () => ({ name: 'thing' }) },
          failing: { type: GraphQLString, resolve: fail },
          needed: { type: new GraphQLNonNull(GraphQLString), resolve: () => null },
          forged: {
            type: GraphQLString,
            resolve: () => {
              throw new GraphQLError(SECRET, { extensions: { code: 'BAD_USER_INPUT', stack: SECRET } });
            },
          },
          forbidden: {
            type: GraphQLString,
            resolve: () => {
              throw topLevelError('FORBIDDEN', 'Viewers may not do this.');
            },
          },
          slow: {
            type: GraphQLString,
            resolve: async () => {
              this.entered.resolve();
              await this.gate.promise;
              return 'at last';
            },
          },
        },
      }),
      mutation: new GraphQLObjectType({
        name: 'Mutation',
        fields: { increment: { type: GraphQLInt, resolve: () => ++this.increments } },
      }),
      subscription: new GraphQLObjectType({
        name: 'Subscription',
        fields: {
          countTo: {
            type: GraphQLInt,
            args: { last: { type: new GraphQLNonNull(GraphQLInt) } },
            async *subscribe(_root: unknown, { last }: { last: number }) {
              for (let countTo = 1; countTo <= last; countTo++) yield { countTo };
            },
          },
          held: {
            type: GraphQLString,
            subscribe: () => this.held(),
          },
          failingStream: {
            type: GraphQLInt,
            async *subscribe() {
              yield { failingStream: 1 };
              fail();
            },
          },
          failingStart: { type: GraphQLInt, subscribe: fail },
          failingEvent: {
            type: GraphQLInt,
            async *subscribe() {
              yield { failingEvent: fail };
            },
          },
          noStream: { type: GraphQLInt, subscribe: () => ({ noStream: SECRET }) },
        },
      }),
    });
  }

  /** One event, then none until it is ended. */
  private held(): AsyncIterableIterator<{ held: string }> {
    const events = [{ held: 'open' }];
    const end = deferred<IteratorResult<{ held: string }>>();
    return {
      next: () => {
        const value = events.shift();
        return value ? Promise.resolve({ value, done: false }) : end.promise;
      },
      return: () => {
        this.heldEnded.resolve();
        end.resolve({ value: undefined, done: true });
        return end.promise;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
