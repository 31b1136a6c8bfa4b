/** Lists in variables, wherever they are: in lists, in items of lists, in inputs of inputs, and where one item stands for a list. */
import { buildSchema, getOperationAST, parse } from 'graphql';
import { listProblem } from '../../src/http/input-limits';

const schema = buildSchema(`
  input Leaf { tags: [String!] }
  input Branch { leaves: [Leaf!] branch: Branch table: [[Int]] }
  type Query { look(branch: Branch, branches: [Branch!], table: [[Int]]): Boolean }
`);
const document = parse('query ($branch: Branch, $branches: [Branch!], $table: [[Int]]) { __typename }');

/** What is told of variables, but for the limit. */
function told(variables: Record<string, unknown>): string | undefined {
  const problem = listProblem(schema, getOperationAST(document)!, variables);
  return problem?.message.replace('A list in the variables has at most 1000 items; ', '');
}

const many = (count: number) => Array(count).fill('x');
const fits = many(1000);
const long = many(1001);

test.each<[string, (list: string[]) => Record<string, unknown>]>([
  ['branches', (list) => ({ branches: list.map(() => ({})) })],
  ['table', (list) => ({ table: list.map(() => [1]) })],
  ['table[1]', (list) => ({ table: [[1], list] })],
  ['branch.leaves[2].tags', (list) => ({ branch: { leaves: [{}, { tags: [] }, { tags: list }] } })],
  ['branches[1].leaves[0].tags', (list) => ({ branches: [{}, { leaves: [{ tags: list }] }] })],
  ['branch.branch.branch.table[0]', (list) => ({ branch: { branch: { branch: { table: [list] } } } })],
  // GraphQL takes one item for a list of one.
  ['branches.leaves.tags', (list) => ({ branches: { leaves: { tags: list } } })],
])('%s', (path, variables) => {
  expect(told(variables(fits))).toBeUndefined();
  expect(told(variables(long))).toBe(`the one at "${path}" has more.`);
});

test('what is no list, null, left out or of no type of ours is left to GraphQL', () => {
  expect(told({ branch: null, branches: [null], table: 'x', other: long })).toBeUndefined();
  expect(told({})).toBeUndefined();
});
