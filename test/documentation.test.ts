/** What README.md, CONTRIBUTING.md, SECURITY.md and docs/ claim is so: settings, limits, commands, links, the request and the auth type they show. */
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, validate } from 'graphql';
import { authTypes } from '../src/auth-types';
import { settingsHelp } from '../src/config';
import { maxCost } from '../src/http/cost';
import { maxTokens } from '../src/http/documents';
import { maxOperationsAtOnce } from '../src/http/graphql-ws';
import { maxHeaderBytes } from '../src/http/http-server';
import { maxListItems } from '../src/http/input-limits';
import { maxDepth, maxFields, maxRootFields } from '../src/http/selection-limits';
import { maxRequestBytes } from '../src/http/transport';
import { LIMITS } from '../src/invoke/limits';
import { graphqlSchema } from '../src/schema';
import { filesIn, root } from './support/sources';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');
const contributing = read('CONTRIBUTING.md');
const security = read('SECURITY.md');
const operations = read('docs/operations.md');
const scaling = read('docs/scaling.md');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** The names in code type that begin the rows of the table under a heading. */
const rowsUnder = (heading: string) =>
  [...(readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)`/gm)].map(
    ([, name]) => name,
  );

test('the README has the settings of --help, in the same order', () => {
  const help = [...settingsHelp().matchAll(/^ {2}(\w+)$/gm)].map(([, name]) => name);
  expect(help.length).toBeGreaterThan(5);
  expect(rowsUnder('Settings')).toEqual(help);
});

test('the README has every auth type and every role', () => {
  expect(rowsUnder('Six auth types').sort()).toEqual(authTypes.map(({ name }) => name).sort());
  expect(rowsUnder('Keys and roles')).toEqual(['VIEWER', 'INTEGRATOR', 'ADMIN', 'OWNER']);
});

test.each([
  `${maxRequestBytes / 1024 ** 2} MiB, ${maxTokens.toLocaleString('en')} tokens, ${maxFields.toLocaleString('en')} fields, ${maxDepth} levels`,
  `${maxRootFields} fields at its root, a cost of ${maxCost.toLocaleString('en')}, lists of ${maxListItems.toLocaleString('en')} items`,
  `${maxOperationsAtOnce} operations under way at once`,
  `its head of ${maxHeaderBytes / 1024} KiB`,
  `an invokeUrl request | ${LIMITS.bodyBytes / 1024 ** 2} MiB`,
  `${LIMITS.responseBytes.most / 1024 ** 2} MiB, ${LIMITS.responseBytes.usual / 1024 ** 2} MiB if you do not say`,
  `${LIMITS.timeoutMs.most / 1000} seconds, ${LIMITS.timeoutMs.usual / 1000} if you do not say`,
])('the README says the limit that holds: %s', (limit) => {
  expect(readme).toContain(limit);
});

test.each([
  ['README.md', readme],
  ['CONTRIBUTING.md', contributing],
  ['SECURITY.md', security],
  ['docs/operations.md', operations],
  ['docs/scaling.md', scaling],
])('%s names only commands and files that are there', (file, text) => {
  const commands = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short);
  expect(commands.filter((name) => !scripts[name ?? ''])).toEqual([]);
  const files = [...text.matchAll(/\]\(([^):#]+)(?:#[\w-]+)?\)/g)].map(([, path]) => join(dirname(file), path ?? ''));
  const named = [...text.matchAll(/`((?:test|src|examples|bench|deploy|\.ci)\/[\w./-]+)`/g)].map(
    ([, path]) => path ?? '',
  );
  const planned = ['src/auth-types/hmac.ts', 'test/auth-types/'];
  expect([...files, ...named].filter((path) => !planned.includes(path) && !existsSync(join(root, path)))).toEqual([]);
});

const sources = filesIn('src').map(read).join('\n');

/** The anchors of headings as GitHub makes them. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

test.each(['README.md', 'SECURITY.md', 'docs/operations.md', 'docs/scaling.md'])(
  '%s refers to headings that are there',
  (file) => {
    const links = [...read(file).matchAll(/\]\(([^):#]*)#([\w-]+)\)/g)];
    const dead = links.filter(
      ([, path, anchor = '']) => !anchorsOf(read(path ? join(dirname(file), path) : file)).includes(anchor),
    );
    expect(dead.map(([link]) => link)).toEqual([]);
  },
);

describe('the threat model', () => {
  const rows = [...security.matchAll(/^\| (\*\*.*) \|$/gm)].map(([, row = '']) => row.split(' | '));

  test('names for each threat a defence, with its file, and a test', () => {
    expect(rows.length).toBeGreaterThanOrEqual(15);
    for (const row of rows) {
      expect([row[0], row.length]).toEqual([row[0], 3]);
      expect(row[1]).toMatch(/`(src\/[\w./-]+|ormconfig\.ts|Dockerfile)`/);
      expect(row[2]?.replace(/`test\/[\w./-]+`/g, '')).toMatch(/^(, )*$/);
    }
  });
});

test('the operator is told of settings, metrics and root fields that exist', () => {
  const roots = read('schema.graphql');
  const settings = [...operations.matchAll(/\b([A-Z]+(?:_[A-Z]+)+)=?\b/g)].map(([, name = '']) => name);
  const codes = ['OWNER_ONLY', 'NO_ANSWER', 'TIMED_OUT', 'TLS_FAILED', 'TARGET_NOT_ALLOWED', 'NEEDS_ATTENTION'];
  const foreign = ['NODE_ENV', 'SQLITE_BUSY', 'AF_INET', 'AF_UNIX'];
  const known = [...settingsHelp().matchAll(/^ {2}(\w+)$/gm)].map(([, name]) => name);
  expect(settings.filter((name) => ![...known, ...codes, ...foreign].includes(name))).toEqual([]);
  const metrics = [...operations.matchAll(/\bgrapnel_\w+/g)].map(([name]) => name);
  expect(metrics.length).toBeGreaterThan(10);
  expect(metrics.filter((name) => !sources.includes(`'${name}'`))).toEqual([]);
  const fields = [...operations.matchAll(/`((?:apiKey|connector|audit)[A-Z]\w+)`/g)].map(([, name = '']) => name);
  expect(fields.length).toBeGreaterThan(2);
  expect(fields.filter((name) => !roots.includes(`  ${name}(`))).toEqual([]);
});

test('the operator is told what to do about messages that there are', () => {
  const table = operations.split('\n## When something is wrong\n')[1] ?? '';
  const said = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(
    ([, cell = '']) => cell.match(/(?<=`)[^`]+(?=`(,| |$))/g) ?? [],
  );
  expect(said.length).toBeGreaterThan(10);
  const ofSqlite = ['database is locked', 'SQLITE_BUSY', 'database or disk is full'];
  const parts = said.filter((message) => !ofSqlite.includes(message)).flatMap((message) => message.split('…'));
  expect(parts.filter((part) => !sources.includes(part.trim()))).toEqual([]);
});

test('the request that the README sends holds what the schema says', () => {
  const body = JSON.parse(/-d '(\{[\s\S]*?\})'/.exec(readme)?.[1] ?? '') as { query: string };
  expect(validate(graphqlSchema(), parse(body.query))).toEqual([]);
});

test('the operations that the README shows hold what the schema says', () => {
  const operations = [...readme.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  expect(operations.length).toBeGreaterThanOrEqual(4);
  expect(operations.flatMap((text) => validate(graphqlSchema(), parse(text)))).toEqual([]);
});

/** Runs `use` with what a piece of code in CONTRIBUTING.md exports, as if it stood in `src/auth-types/`; gives what it prints. */
function runRecipe(beginning: RegExp, use: string): unknown {
  const code = [...contributing.matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, text]) => text ?? '')
    .find((text) => beginning.test(text));
  // Loaded in a process of its own.
  const program = `
    require('reflect-metadata');
    const { transformSync } = require('@swc/core');
    const [, options] = Object.values(require('./jest.config.js').transform)[0];
    const Module = require('node:module');
    const filename = ${JSON.stringify(join(root, 'src/auth-types/recipe.ts'))};
    const recipe = Object.assign(new Module(filename), { filename, paths: module.paths });
    recipe._compile(transformSync(process.env.CODE, { ...options, filename, swcrc: false }).code, filename);
    (async ({ hmac, ticketFlow }) => console.log(JSON.stringify(await (${use})())))(recipe.exports);`;
  const output = execFileSync(process.execPath, ['-r', './test/support/swc-register.cjs', '-e', program], {
    cwd: root,
    env: { PATH: process.env.PATH, CODE: code },
  });
  return JSON.parse(`${output}`);
}

test('the auth type that CONTRIBUTING.md works out signs as it says', () => {
  const told = runRecipe(
    /^\/\*\* HMAC/,
    `async () => {
      const request = { method: 'GET', url: new URL('https://api.example.com/a?b=c'), headers: [], body: { kind: 'none' } };
      const setup = { config: { keyId: 'k1' }, secrets: {} };
      const { headers } = hmac.sign(request, setup, { secret: 'shared' }, { now: new Date(1700000000999) });
      return { headers, missing: hmac.missing({ config: {} }) };
    }`,
  );
  expect(told).toEqual({
    headers: [
      ['X-Key-Id', 'k1'],
      ['X-Timestamp', '1700000000'],
      ['X-Signature', createHmac('sha256', 'shared').update('GET\n/a?b=c\n1700000000\n').digest('hex')],
    ],
    missing: [expect.objectContaining({ code: 'REQUIRED', path: ['keyId'] })],
  });
});

test('the flow that CONTRIBUTING.md works out obtains a token as it says', () => {
  const told = runRecipe(
    /^\/\*\* Tickets/,
    `async () => {
      const sent = [];
      const config = { loginUrl: 'https://p.example/login?a=b', exchangeUrl: 'https://p.example/exchange' };
      const dealings = {
        setup: { config, secrets: {} },
        redirectUri: 'https://g.example/callback/c1',
        moment: { now: new Date(0) },
        async send({ url, body }) {
          sent.push([url, String(body)]);
          return { status: sent.length === 1 ? 200 : 500, headers: [], body: Buffer.from('token-1') };
        },
      };
      const failure = (query) => ticketFlow.complete(dealings, {}, new URLSearchParams(query)).catch(({ kind }) => kind);
      const { authorizationUrl } = await ticketFlow.begin(dealings, 's&1');
      const obtained = await ticketFlow.complete(dealings, {}, new URLSearchParams('ticket=t1'));
      return { authorizationUrl, obtained, sent, failures: [await failure('ticket=t2'), await failure('')] };
    }`,
  );
  expect(told).toEqual({
    authorizationUrl: 'https://p.example/login?a=b&return=https%3A%2F%2Fg.example%2Fcallback%2Fc1%3Fstate%3Ds%25261',
    obtained: {
      credentials: { token: 'token-1' },
      grantedScopes: null,
      expiresAt: '1970-01-01T01:00:00.000Z',
      isRefreshable: false,
    },
    sent: [
      ['https://p.example/exchange', 't1'],
      ['https://p.example/exchange', 't2'],
    ],
    failures: ['REFUSED', 'DENIED'],
  });
});
