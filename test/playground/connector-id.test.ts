/** The playground's one piece of magic: the id of the created connector stands in for the placeholder of the story. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'graphql';
import {
  FIND_CONNECTOR,
  forgetConnectorId,
  type IdStore,
  isConnectorMissing,
  PLACEHOLDER,
  parseAnswer,
  withConnectorId,
} from '../../playground/connector-id';

const story = resolve(__dirname, '../../examples/story');

function emptyStore(): IdStore {
  const values = new Map<string, string>();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
  };
}

const created = (id: string) => JSON.stringify({ data: { connectorCreate: { connector: { id }, userErrors: [] } } });

test('the id of the last connector answered is put in, however deep the placeholder stands', () => {
  const store = emptyStore();
  parseAnswer(created('cnr_1'), store);
  expect(parseAnswer(created('cnr_2'), store)).toEqual({
    data: { connectorCreate: { connector: { id: 'cnr_2' }, userErrors: [] } },
  });
  expect(withConnectorId({ id: PLACEHOLDER, input: [{ id: PLACEHOLDER }], keep: null }, store)).toEqual({
    id: 'cnr_2',
    input: [{ id: 'cnr_2' }],
    keep: null,
  });
});

test('a refused creation does not make it forget', () => {
  const store = emptyStore();
  parseAnswer(created('cnr_1'), store);
  parseAnswer('{"data":{"connectorCreate":{"connector":null,"userErrors":[{"code":"ALREADY_EXISTS"}]}}}', store);
  expect(withConnectorId({ id: PLACEHOLDER }, store)).toEqual({ id: 'cnr_1' });
});

test('variables without exactly the placeholder stay as they are', () => {
  const store = emptyStore();
  const variables = { id: `${PLACEHOLDER} `, name: 'id of the connector' };
  expect(isConnectorMissing(variables, store)).toBe(false);
  expect(withConnectorId(variables, store)).toEqual(variables);
  expect(withConnectorId(undefined, store)).toEqual({});
});

test('an unknown id is looked for, and without one the step says what to do first', () => {
  const store = emptyStore();
  expect(isConnectorMissing({ id: PLACEHOLDER }, store)).toBe(true);
  expect(() => withConnectorId({ id: PLACEHOLDER }, store)).toThrow('run step 2 first');
  parseAnswer(JSON.stringify({ data: { connector: { id: 'cnr_7' } } }), store);
  expect(isConnectorMissing({ id: PLACEHOLDER }, store)).toBe(false);
  forgetConnectorId(store);
  expect(isConnectorMissing({ id: PLACEHOLDER }, store)).toBe(true);
});

test('the story: eight steps, one operation each, with exactly the variables it declares', () => {
  const steps = readdirSync(story).filter((name) => name.endsWith('.graphql'));
  expect(steps).toHaveLength(8);
  for (const [index, name] of steps.entries()) {
    const text = readFileSync(join(story, name), 'utf8');
    expect(text).toMatch(new RegExp(`^# Step ${index + 1} of 8: `));
    const [operation, ...others] = parse(text).definitions;
    if (operation?.kind !== 'OperationDefinition') throw new Error(`${name} does not begin with an operation.`);
    expect(others).toEqual([]);
    const declared = operation.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
    const file = readdirSync(story).find((other) => other === name.replace(/graphql$/, 'json'));
    const given = file === undefined ? {} : JSON.parse(readFileSync(join(story, file), 'utf8'));
    expect([name, Object.keys(given)]).toEqual([name, declared]);
  }
});

test('the story: the steps with an id leave it to the playground, and the connector it looks for is the one of step 2', () => {
  const variables = (name: string) => JSON.parse(readFileSync(join(story, name), 'utf8'));
  expect(variables('03-configure.json').id).toBe(PLACEHOLDER);
  expect(variables('04-mark-ready.json').id).toBe(PLACEHOLDER);
  expect(FIND_CONNECTOR).toContain(`linkName: "${variables('02-create-connector.json').input.linkName}"`);
});
