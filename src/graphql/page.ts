/** Pages: the Relay-shaped lists of the API, their arguments and their cursors. */
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { topLevelError } from '../errors';
import { kindOf } from './node';

export const PAGE_DEFAULT = 20;
export const PAGE_LIMIT = 100;

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many from the start (or after \`after\`): 1 to ${PAGE_LIMIT}, default ${PAGE_DEFAULT}.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'The cursor after which the page begins.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many from the end (or before \`before\`): 1 to ${PAGE_LIMIT}.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'The cursor before which the page ends.' })
  before?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field({ description: 'Whether more follow.' })
  hasNextPage!: boolean;

  @Field({ description: 'Whether some come before.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor of the first item; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last item; null on an empty page.' })
  endCursor!: string | null;
}

export interface Page<Item> {
  nodes: Item[];
  edges: { cursor: string; node: Item }[];
  pageInfo: PageInfo;
  /** Counted only when asked for. */
  totalCount: () => Promise<number>;
}

/** The classes of a page of `Item`s, named `<name>Page` and `<name>Edge`. */
export function pageTypeOf<Item extends object>(Item: ClassType<Item>, name: string): ClassType<Page<Item>> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `One ${name} with its place in a list.` })
  class Edge {
    @Field({ description: 'The place; opaque.' })
    cursor!: string;

    @Field(() => Item, { description: 'What stands there.' })
    node!: Item;
  }

  @ObjectType(`${name}Page`, { simpleResolvers: true, description: `A part of a list of ${name}s, oldest first.` })
  class PageOfItems {
    @Field(() => [Edge], { description: 'The items with their cursors.' })
    edges!: Edge[];

    @Field(() => [Item], { description: 'The items.' })
    nodes!: Item[];

    @Field(() => PageInfo, { description: 'Where this page stands in the list.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many there are in the whole list, whatever the page.' })
    totalCount!: () => Promise<number>;
  }
  return PageOfItems as unknown as ClassType<Page<Item>>;
}

/** A page request, checked. `forward`: from the start; `beyond`: the id after (or before) which the page lies. */
export interface PageRequest {
  readonly forward: boolean;
  readonly size: number;
  readonly beyond: string | undefined;
}

/** Checks the arguments of a page; throws BAD_USER_INPUT that names the rule. */
export function pageRequest({ first, after, last, before }: PageArgs): PageRequest {
  const forward = last == null && before == null;
  if (!forward && (first != null || after != null))
    throw topLevelError(
      'BAD_USER_INPUT',
      'Page either forward with first and after, or backward with last and before.',
    );
  const size = (forward ? first : last) ?? PAGE_DEFAULT;
  if (size < 1 || size > PAGE_LIMIT)
    throw topLevelError('BAD_USER_INPUT', `${forward ? 'first' : 'last'} is 1 to ${PAGE_LIMIT}, not ${size}.`);
  return { forward, size, beyond: fromCursor((forward ? after : before) ?? undefined) };
}

export const toCursor = (id: string): string => Buffer.from(id).toString('base64url');

function fromCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!kindOf(id) || toCursor(id) !== cursor)
    throw topLevelError('BAD_USER_INPUT', 'That is not a cursor of this list: give one that a page answered.');
  return id;
}
