/** Texts of a quarter million characters, and texts with a NUL, in every argument that takes a text: answered soon, and as a user error. */
import fc from 'fast-check';
import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { tell } from '../../support/trust';
import { CHAPTER, fuzz, growthOf } from './fuzzing';
import { ids, operationOf, post, roots } from './graphql';

/** Every place in the arguments of a root field where a text is taken, as variables that have `text` there. */
function* texts(type: GraphQLInputType, text: unknown, id: string, level = 0): Generator<unknown> {
  if (isNonNullType(type)) yield* texts(type.ofType, text, id, level);
  else if (isListType(type)) for (const item of texts(type.ofType, text, id, level)) yield [item];
  else if (isInputObjectType(type) && level < 5) {
    const fields = Object.values(type.getFields());
    const rest = Object.fromEntries(
      type.isOneOf
        ? []
        : fields.flatMap((field) => (isNonNullType(field.type) ? [[field.name, filler(field.type, id)]] : [])),
    );
    for (const field of fields)
      for (const value of texts(field.type, text, id, level + 1)) yield { ...rest, [field.name]: value };
  } else if (!isInputObjectType(type) && ['String', 'ID', 'JSON', 'HttpMethod'].includes(type.name)) yield text;
}

/** Something that fits where something has to be. `id`: of what exists. */
function filler(type: GraphQLInputType, id: string): unknown {
  if (isNonNullType(type)) return filler(type.ofType, id);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter((field) => isNonNullType(field.type));
    return Object.fromEntries(needed.map((field) => [field.name, filler(field.type, id)]));
  }
  return { Int: 1, Float: 1, Boolean: true, ID: id }[type.name] ?? 'a';
}

const everyText = (text: string) =>
  roots.flatMap((root) => {
    const id = /^(connection|invoke|session)/.test(root[1].name) ? ids.connection : ids.connector;
    return root[1].args.flatMap((arg) =>
      [...texts(arg.type, text, id)].map((value) => {
        const others = Object.fromEntries(root[1].args.map((one) => [one.name, filler(one.type, id)]));
        return { query: operationOf(root), variables: { ...others, [arg.name]: value } };
      }),
    );
  });

const pieces = [
  'a',
  ' ',
  '{',
  '{a}',
  '%',
  '%41',
  '.',
  '/',
  '\\',
  '<',
  '(',
  '😀',
  '\ud800',
  '_',
  'é',
  '\t',
  '1',
  ':',
  '*.',
  '[',
];
test('a text of a quarter million characters in every place that takes one', async () => {
  let [tried, longest, at] = [0, 0, ''];
  const growth = await growthOf('huge texts in every argument', async () => {
    const cases = fc.constantFrom(...pieces.map((piece) => piece.repeat(250_000 / piece.length)));
    const places = fc.nat({ max: everyText('').length - 1 });
    const chosen = fc.tuple(cases, places);
    await fuzz(
      'huge texts that were answered by an error of ours, or late',
      [50, 2_500],
      chosen,
      async ([text, place]) => {
        const call = everyText(text)[place]!;
        const started = performance.now();
        await post(JSON.stringify(call));
        const took = performance.now() - started;
        tried += 1;
        if (took > longest) [longest, at] = [took, call.query];
        if (took > 15_000) throw new Error(`It took ${Math.round(took)} ms.`);
      },
    );
  });
  tell(CHAPTER, `longest time for a huge text, of ${tried}`, `${Math.round(longest)} ms (${at.slice(0, 60)})`);
  expect(growth).toBeLessThan(700);
}, 900_000);

test('a search for more than any name can have finds nothing, on every list', async () => {
  const search = JSON.stringify('a'.repeat(100_000));
  const query = `{
    connectors(filter: { search: ${search} }) { totalCount }
    connections(filter: { search: ${search} }) { totalCount }
    connector(by: { linkName: "real" }) { scopes(search: ${search}) { totalCount } }
  }`;
  const nothing = { totalCount: 0 };
  const data = { connectors: nothing, connections: nothing, connector: { scopes: nothing } };
  expect(await post(JSON.stringify({ query }))).toEqual({ data });
});

test('a NUL in every place that takes a text', () => {
  const calls = [...everyText('\0'), ...everyText('a\0b')];
  expect(calls.length).toBeGreaterThan(200);
  return fuzz('NULs that were answered by an error of ours', [100, 1_500], fc.constantFrom(...calls), (call) =>
    post(JSON.stringify(call)),
  );
}, 900_000);
