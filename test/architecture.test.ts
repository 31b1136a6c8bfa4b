/** The house: imports run one way, every room keeps to its own, and files stay small enough to be read. */
import { authTypes } from '../src/auth-types';
import { filesIn, readSource, type Source } from './support/sources';

/**
 * The rooms, from the ground up: a file may import from its own room and from those above it in this list. A room is a folder of
 * `src/`, or a file that stands in `src/` itself.
 */
const rooms = [
  'stop-signal',
  'parse-url',
  'outbound',
  'config',
  'errors',
  'links',
  'log',
  'redis',
  'telemetry',
  'rules',
  'graphql',
  'storage',
  'events',
  'audit',
  'access',
  'auth-types',
  'connectors',
  'connections',
  'authorization',
  'invoke',
  'http',
  'node-resolver',
  'schema',
  'print-schema',
  'ormconfig',
  'server',
  'commands',
  'main',
];

const roomOf = (file: string) => file.replace(/^src\//, '').replace(/\.ts$|\/.*$/g, '');

const sources = ['ormconfig.ts', ...filesIn('src')].map(readSource);
const tests = filesIn('test').map(readSource);
const others = ['playground', 'demo', 'bench'].flatMap(filesIn).map(readSource);

/** One line for each file of `among` in which `find` finds something. */
const findings = (among: readonly Source[], find: (source: Source) => unknown[]) =>
  among.flatMap((source) => find(source).map((found) => `${source.file}: ${found}`));

describe('imports', () => {
  test('every file is in a room of the list, and every room of the list has files', () => {
    expect([...new Set(sources.map(({ file }) => roomOf(file)))].sort()).toEqual([...rooms].sort());
  });

  test('run one way between rooms', () => {
    const upward = findings(sources, ({ file, imports }) =>
      imports
        .filter((target) => target.file && rooms.indexOf(roomOf(target.file)) > rooms.indexOf(roomOf(file)))
        .map((target) => target.from),
    );
    expect(upward).toEqual([]);
  });

  test('never run in a circle between files', () => {
    const graph = new Map(sources.map(({ file, imports }) => [file, imports.flatMap((target) => target.file ?? [])]));
    const circles: string[] = [];
    const done = new Set<string>();
    function walk(file: string, way: string[]): void {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
      if (way.includes(file) || done.has(file)) return;
      for (const target of graph.get(file) ?? []) walk(target, [...way, file]);
      done.add(file);
    }
    for (const file of graph.keys()) walk(file, []);
    expect(circles).toEqual([]);
  });
});

test('only src/config.ts reads the environment', () => {
  const readers = findings(sources, ({ words, imports }) => [
    ...(words.match(/^process\nenv$/gm) ?? []),
    ...imports.filter(({ from }) => /^(node:)?process$/.test(from)),
  ]);
  expect(readers).toEqual(['src/config.ts: process\nenv']);
});

describe('the one door out', () => {
  /** What may be imported of modules that can open connections; none of this does. */
  const harmless: Record<string, string[]> = {
    'node:http': ['createServer', 'STATUS_CODES'],
    'node:net': ['isIP'],
  };
  const clients = ['undici', 'http', 'https', 'http2', 'net', 'tls', 'dgram'].flatMap((name) => [name, `node:${name}`]);
  const outside = sources.filter(({ file }) => roomOf(file) !== 'outbound');

  test('no other room imports an HTTP client or opens a socket', () => {
    const opening = findings(outside, ({ imports }) =>
      imports
        .filter(({ from }) => clients.includes(from))
        .flatMap(({ from, values }) => values.map((value) => [from, value] as const))
        .filter(([from, value]) => !harmless[from]?.includes(value))
        .map(([from, value]) => `${value} of ${from}`),
    );
    expect(opening).toEqual([]);
  });

  test('no other room uses the global clients', () => {
    const using = findings(outside, ({ words }) => words.match(/^(fetch|XMLHttpRequest|EventSource)$/gm) ?? []);
    expect(using).toEqual([]);
  });
});

test('URLs are parsed in one place: Node 20 has URL.canParse forget Latin-1 letters once it was optimized', () => {
  expect(findings(sources, ({ words }) => words.match(/^canParse$/gm) ?? [])).toEqual([]);
});

describe('the auth types', () => {
  const outside = sources.filter(({ file }) => roomOf(file) !== 'auth-types');
  const files = ['index', 'auth-type', 'setup', 'inputs', 'form', 'request', 'flow', 'provider-failure'].map(
    (name) => `src/auth-types/${name}.ts`,
  );

  test('are named by no other room: not by their values', () => {
    const names = new RegExp(`\\b(${authTypes.map(({ name }) => name).join('|')})\\b`, 'g');
    expect(findings(outside, ({ words }) => words.match(names) ?? [])).toEqual([]);
  });

  test('are named by no other room: not by their fields', () => {
    // A key to this server is an `apiKey` too.
    const isOwnKey = (file: string, field: string) => field === 'apiKey' && roomOf(file) === 'access';
    const fields = new RegExp(`^(${authTypes.map(({ field }) => field).join('|')})$`, 'gm');
    const named = findings(outside, ({ file, words }) =>
      (words.match(fields) ?? []).filter((field) => !isOwnKey(file, field)),
    );
    expect(named).toEqual([]);
  });

  test('are named by no other room: not in what it tells people', () => {
    const prose = /\bOAuth\b|\bAWS\b|\bBasic\b|\b[Bb]earer [Tt]oken\b|\bAPI key connector/g;
    expect(findings(outside, ({ words }) => words.match(prose) ?? [])).toEqual([]);
  });

  test('are imported by no other room: only their contract, their registry and what they have in common', () => {
    const imported = findings(outside, ({ imports }) =>
      imports.flatMap(({ file = '' }) => (roomOf(file) === 'auth-types' && !files.includes(file) ? [file] : [])),
    );
    expect(imported).toEqual([]);
  });
});

describe('files', () => {
  const all = [...sources, ...others];

  test('begin with a comment that says in a sentence what they are for', () => {
    const firstComment = (text: string) => /^(?:#!.*\n)?(\/\*\*[\s\S]*?\*\/|\/\/.*)/.exec(text)?.[1] ?? '';
    const wordless = [...all, ...tests].filter(({ text }) => !/[\w`)][.:](\s|$)/.test(firstComment(text)));
    expect(wordless.map(({ file }) => file)).toEqual([]);
  });

  test('have at most 250 lines, and half of them fewer than 90', () => {
    expect(all.filter(({ lines }) => lines > 250).map(({ file, lines }) => `${file}: ${lines}`)).toEqual([]);
    const lines = sources.map((source) => source.lines).sort((a, b) => a - b);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThan(90);
  });
});

describe('tests', () => {
  test('are all run', () => {
    const left =
      /\b(?:test|it|describe)\s*(?:\.\w+)*\.(?:only|skip|todo)\b|^\s*(?:fit|xit|xtest|fdescribe|xdescribe)\(/gm;
    expect(findings(tests, ({ text }) => text.match(left) ?? [])).toEqual([]);
  });

  test('wait for events, not for time to pass', () => {
    const sleeps = /(?<!jest\.)\bsetTimeout\(\s*\w+\s*[,)]|\bAtomics\.wait\(|\b(?:sleep|delay)\(/g;
    const sleepers = findings(tests, ({ text, imports }) => [
      ...(text.match(sleeps) ?? []),
      ...imports.flatMap(({ from }) => (/^(node:)?timers\/promises$/.test(from) ? [from] : [])),
    ]);
    expect(sleepers).toEqual([]);
  });
});
