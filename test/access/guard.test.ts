/** A root field that says nothing about who may use it keeps the server from starting. */
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import type { Context } from '../../src/access/context';
import { guardRootFields } from '../../src/access/guard';
import { topLevelError } from '../../src/errors';
import { Mailbox } from '../../src/events/mailbox';
import { graphqlSchema } from '../../src/schema';

const open = { type: GraphQLString };
const allowed = { ...open, extensions: { allow: {} } };
const type = (name: string, fields: object) => new GraphQLObjectType({ name, fields: { allowed, ...fields } });

test.each([
  ['Query', { query: type('Query', { open }) }],
  ['Mutation', { query: type('Query', {}), mutation: type('Mutation', { open }) }],
  [
    'Subscription',
    {
      query: type('Query', {}),
      subscription: new GraphQLObjectType({
        name: 'Subscription',
        fields: { open: { ...open, subscribe: jest.fn() } },
      }),
    },
  ],
])('a field of %s without @Allow is refused by its name', (root, config) => {
  expect(() => guardRootFields(new GraphQLSchema(config))).toThrow(`${root}.open does not say who may use it`);
});

test('the schema of the server passes, with a rule for every root field', () => {
  const roots = ['Query', 'Mutation', 'Subscription'].flatMap((name) =>
    Object.values((graphqlSchema().getType(name) as GraphQLObjectType).getFields()),
  );
  expect(roots.length).toBeGreaterThan(30);
  expect(roots.filter(({ extensions }) => !extensions.allow).map(({ name }) => name)).toEqual([]);
});

describe('a subscription', () => {
  let source: Mailbox<string>;
  const ended = jest.fn();
  const authenticate = jest.fn<Promise<never>, []>();

  async function begin() {
    source = new Mailbox<string>(ended);
    const subscription = new GraphQLObjectType<unknown, Context>({
      name: 'Subscription',
      fields: { allowed: { ...allowed, subscribe: async () => source } },
    });
    const schema = guardRootFields(new GraphQLSchema({ query: type('Query', {}), subscription }));
    const { subscribe } = schema.getSubscriptionType()!.getFields().allowed!;
    const events = await subscribe!({}, {}, { authenticate } as unknown as Context, {} as never);
    return (events as AsyncIterable<string>)[Symbol.asyncIterator]();
  }

  beforeEach(() => jest.resetAllMocks());

  test('asks who the caller is before each event, and not before there is one', async () => {
    const events = await begin();
    expect(authenticate).toHaveBeenCalledTimes(0);
    source.send('one');
    source.send('two');
    expect(await events.next()).toEqual({ value: 'one', done: false });
    expect(authenticate).toHaveBeenCalledTimes(1);
    expect(await events.next()).toEqual({ value: 'two', done: false });
    expect(authenticate).toHaveBeenCalledTimes(2);
  });

  test('ends, and its source with it, when the key is good no more', async () => {
    const events = await begin();
    authenticate.mockRejectedValue(topLevelError('UNAUTHENTICATED', 'No.'));
    source.send('secret');
    await expect(events.next()).rejects.toThrow('No.');
    expect(ended).toHaveBeenCalledTimes(1);
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });

  test('ends its source when the client goes away', async () => {
    const events = await begin();
    const waiting = events.next();
    await events.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(ended).toHaveBeenCalledTimes(1);
  });
});
