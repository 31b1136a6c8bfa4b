/** `npm run demo`, as a command: against a server of its own and against one that runs, and what it says when it cannot go on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { terminal } from '../../demo/terminal';
import { authTypes } from '../../src/auth-types';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';

const command = ['-r', join(__dirname, '../support/swc-register.cjs'), join(__dirname, '../../demo/main.ts')];
const secrets = new RegExp(
  [
    'correct horse|YWxpY2U6|key-of-bob|weather-desk|token-of-carol|secret/key|(client|consumer)-secret-of',
    // What the provider gives: codes, verifiers, tokens and their secrets.
    '(code|access|refresh|temporary|verifier|token|secret)-[0-9a-f]{32}',
    // What Grapnel gives: start links, states.
    'g[a-z]_[\\w-]{20}|authorization/start/(?![*…])',
  ].join('|'),
);

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'grapnel-test-'));
});
afterAll(() => rmSync(temporary, { recursive: true }));

/** Runs the demo to its end. */
async function demo(args: string[] = [], env: Record<string, string> = {}, interruptAt?: string) {
  const child = spawn(process.execPath, [...command, ...args], { env: { TMPDIR: temporary, ...env } });
  child.stdout.on('data', (said) => `${said}`.includes(interruptAt ?? '\0') && child.kill('SIGTERM'));
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
}

const foldersLeft = () => readdirSync(temporary).filter((name) => name.startsWith('grapnel'));

/** The users for whom the API accepted a call, in order: one each, and one more with a token that was renewed. */
const everybody = ['alice', 'bob', 'carol', 'dave', 'erin', 'erin', 'frank'];
const users = (out: string) => [...out.matchAll(/→ 200 in \d+ ms[\s\S]*?\{"hello":"(\w+)"\}/g)].map(([, user]) => user);

test('alone, it starts a server, plays every auth type, shows no secret, and leaves nothing behind', async () => {
  const { out, err, code } = await demo();
  expect([code, err]).toEqual([0, '']);
  expect(users(out)).toEqual(everybody);
  for (const { name } of authTypes) expect(out).toContain(`, ${name}: DRAFT → READY`);
  expect(out.match(/UNAUTHORIZED → CONNECTED/g)).toHaveLength(authTypes.length);
  expect(out).toContain('Authorization: Basic ***');
  expect(out).not.toMatch(secrets);
  expect(out).not.toContain('\u001b');
  expect(foldersLeft()).toEqual([]);
});

test('consent is pushed over a subscription: pending, then what the person does, then authorized', async () => {
  const { out } = await demo();
  for (const title of ['OAuth 2', 'OAuth 1']) {
    const [, told = ''] = out.split(`Demo ${title}, OAUTH`);
    const labels = told
      .split('\n')
      .flatMap((line) => /^ {3}(pushed|the person) +(.*)$/.exec(line)?.slice(1).join(': ') ?? []);
    expect(labels.slice(0, 5)).toEqual([
      'pushed: the flow is PENDING',
      expect.stringMatching(`^the person: reads “Connect Demo ${title}\\?” and presses “Continue to 127.0.0.1:\\d+”$`),
      expect.stringMatching(/^the person: reads “May Grapnel .* and presses “Allow”$/),
      'the person: reads “Connected”',
      'pushed: the flow is AUTHORIZED',
    ]);
  }
  expect(out.match(/has ended the token/g)).toHaveLength(1);
  expect(out).toContain('was asked for a new token once');
});

test('interrupted, it leaves nothing behind either', async () => {
  const { out, err, code } = await demo([], {}, '1. Basic');
  expect([code, err]).toEqual([1, '']);
  expect(out).not.toContain('4. AWS');
  expect(foldersLeft()).toEqual([]);
});

describe('with a server that runs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.remove());

  const listed = () => dataOf(server.ask('{ connectors { totalCount } connections { totalCount } }'));

  test('it plays there, and deletes what it made', async () => {
    const { out, code } = await demo([], { GRAPNEL_URL: server.url, GRAPNEL_API_KEY: OWNER_KEY });
    expect([code, users(out)]).toEqual([0, everybody]);
    expect(out).toContain(server.url);
    expect(await listed()).toEqual({ connectors: { totalCount: 0 }, connections: { totalCount: 0 } });
    expect(server.logLines.join('')).not.toMatch(secrets);
  });

  test('it says so when the key is not known', async () => {
    const { err, code } = await demo([], { GRAPNEL_URL: server.url, GRAPNEL_API_KEY: 'another-key' });
    expect([code, err]).toEqual([1, expect.stringContaining('GRAPNEL_API_KEY')]);
  });
});

test('it says what to set on a server that may not call this machine, and still deletes what it made', async () => {
  const server = await startTestServer({ env: { OUTBOUND_ALLOW: '' } });
  try {
    const { err, code } = await demo([], { GRAPNEL_URL: server.url, GRAPNEL_API_KEY: OWNER_KEY });
    expect([code, err]).toEqual([1, expect.stringContaining('OUTBOUND_ALLOW=127.0.0.1')]);
    expect(await dataOf(server.ask('{ connectors { totalCount } }'))).toEqual({ connectors: { totalCount: 0 } });
  } finally {
    await server.remove();
  }
});

test.each([
  [
    'nothing answers',
    [],
    { GRAPNEL_URL: 'http://127.0.0.1:1', GRAPNEL_API_KEY: 'k' },
    'Nothing answers at http://127.0.0.1:1',
  ],
  ['the address is none', [], { GRAPNEL_URL: 'localhost', GRAPNEL_API_KEY: 'k' }, 'localhost is not the address'],
  ['only one of the two settings is given', [], { GRAPNEL_URL: 'http://127.0.0.1:1' }, 'GRAPNEL_API_KEY'],
  ['an argument is not known', ['--fast'], {}, '--fast'],
])('it fails with a sentence when %s', async (_case, args, env, sentence) => {
  const { err, code } = await demo(args, env as Record<string, string>);
  expect([code, err]).toEqual([1, expect.stringContaining(sentence)]);
  expect(err).not.toMatch(/^\s+at /m);
});

test('--help says which settings there are', async () => {
  const { out, code } = await demo(['--help']);
  expect(code).toBe(0);
  for (const name of ['GRAPNEL_URL', 'GRAPNEL_API_KEY', 'NO_COLOR']) expect(out).toContain(name);
});

test.each([
  ['on a terminal', true, undefined, true],
  ['on a terminal, with NO_COLOR empty', true, '', true],
  ['on a terminal, with NO_COLOR', true, '1', false],
  ['elsewhere', false, undefined, false],
])('colours %s', (_where, isTTY, noColor, isColoured) => {
  let said = '';
  const write = (text: string) => {
    said += text;
    return true;
  };
  terminal({ isTTY, write }, noColor).heading('Title', 'about');
  expect(said).toBe(isColoured ? '\u001b[1mTitle\u001b[0m  \u001b[2mabout\u001b[0m\n' : 'Title  about\n');
});
