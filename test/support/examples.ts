/** The operations of `examples/`, in the order of their files, and a runner that gives each the ids that earlier answers held. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  separateOperations,
} from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { kindOf } from '../../src/graphql/node';
import { dataOf, OWNER_KEY, type TestServer } from './server';

const folder = join(__dirname, '../../examples');

/** An operation together with the fragments of its file. */
export interface Example {
  readonly file: string;
  readonly name: string;
  readonly operation: OperationDefinitionNode;
  readonly document: DocumentNode;
}

/** The operations in the `.graphql` files of a folder under `examples/`. */
export function examplesIn(subfolder: string): Example[] {
  return namesIn(subfolder, '.graphql').flatMap((file) => {
    const parts = separateOperations(parse(readFileSync(join(folder, file), 'utf8')));
    return Object.entries(parts).map(([name, document]) => {
      const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
      return { file, name, operation: operation as OperationDefinitionNode, document };
    });
  });
}

/** The variables beside a step of the story, as text; none: `{}`. */
export function variablesBeside({ file }: Example): string {
  const beside = file.replace(/\.graphql$/, '.json');
  return namesIn('story', '.json').includes(beside) ? readFileSync(join(folder, beside), 'utf8') : '{}';
}

const namesIn = (subfolder: string, ending: string): string[] =>
  readdirSync(join(folder, subfolder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => `${subfolder}/${name}`);

/** Runs a query or mutation as the owner, with `inPlaceOf` (host → host and port on loopback) in its text; gives its data. */
export function runner(server: TestServer, inPlaceOf: Record<string, string>) {
  const replaced = (text: string) =>
    Object.entries(inPlaceOf).reduce(
      (all, [host, loopback]) => all.replaceAll(`https://${host}`, `http://${loopback}`).replaceAll(host, loopback),
      text,
    );
  /** The last id of each kind that an answer held, by the name of the variable that asks for it. */
  const known: Record<string, string> = {};

  async function run({ operation, document }: Example, variables = '{}') {
    const data = await dataOf(server.ask(replaced(print(document)), { ...known, ...JSON.parse(replaced(variables)) }));
    JSON.stringify(data, (name, value) => {
      const kind = name === 'id' && typeof value === 'string' ? kindOf(value) : undefined;
      if (kind) known[variableOf(kind)] = value;
      return value;
    });
    expect(Object.keys(data)).toEqual(
      operation.selectionSet.selections.map((selection) => 'name' in selection && selection.name.value),
    );
    return data;
  }

  /** The first event of a subscription; `stir` is done again and again until it comes. */
  async function firstEvent({ document }: Example, stir: () => Promise<unknown>) {
    const client = createClient({
      url: `${server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${OWNER_KEY}` },
    });
    const events = client.iterate({ query: print(document), variables: known });
    let first: unknown;
    const came = events.next().then(({ value }) => {
      first = value;
    });
    while (first === undefined) await Promise.race([came, stir()]);
    await client.dispose();
    return first as { data: Record<string, unknown>; errors?: unknown };
  }

  return { run, firstEvent };
}

const variableOf = (kind: string) =>
  `${kind === 'AuthorizationFlow' ? 'flow' : kind[0]?.toLowerCase() + kind.slice(1)}Id`;

export const isSubscription = ({ operation }: Example): boolean =>
  operation.operation === OperationTypeNode.SUBSCRIPTION;
