/** The settings: what each variable may say, what it is when it says nothing, and that all wrong ones are told at once. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, parseEncryptionKeys, readConfig, settingsHelp, version } from '../../src/config';

const base64 = (fill: number, length = 32) => Buffer.alloc(length, fill).toString('base64');
const visible = 'v'.repeat(32);

/** The problems of an environment; none when it is right. */
function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const defaults = {
  port: 4000,
  host: '127.0.0.1',
  publicUrl: undefined,
  dataDir: resolve('data'),
  databaseUrl: undefined,
  databasePoolSize: 20,
  redisUrl: undefined,
  encryptionKeys: undefined,
  bootstrapApiKey: undefined,
  outboundAllow: [],
  allowedOrigins: [],
  requireHttps: false,
  rateLimit: 60000,
  subscriptionLimit: 1000,
  socketLimit: 1000,
  introspection: true,
  logLevel: 'info',
  metricsToken: undefined,
  tracing: undefined,
};

const variables = {
  PORT: 'port',
  HOST: 'host',
  PUBLIC_URL: 'publicUrl',
  DATA_DIR: 'dataDir',
  DATABASE_URL: 'databaseUrl',
  DATABASE_POOL_SIZE: 'databasePoolSize',
  REDIS_URL: 'redisUrl',
  ENCRYPTION_KEYS: 'encryptionKeys',
  BOOTSTRAP_API_KEY: 'bootstrapApiKey',
  OUTBOUND_ALLOW: 'outboundAllow',
  ALLOWED_ORIGINS: 'allowedOrigins',
  REQUIRE_HTTPS: 'requireHttps',
  RATE_LIMIT: 'rateLimit',
  SUBSCRIPTION_LIMIT: 'subscriptionLimit',
  SOCKET_LIMIT: 'socketLimit',
  INTROSPECTION: 'introspection',
  LOG_LEVEL: 'logLevel',
  METRICS_TOKEN: 'metricsToken',
} as const;
/** Read together: see tracing-settings.test.ts. */
const ofTracing = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_SDK_DISABLED',
];
type Variable = keyof typeof variables;

test('an empty environment means the defaults; so do empty variables', () => {
  expect(readConfig({})).toEqual(defaults);
  expect(readConfig(Object.fromEntries([...Object.keys(variables), ...ofTracing].map((name) => [name, ''])))).toEqual(
    defaults,
  );
});

test.each<[Variable, string, unknown]>([
  ['PORT', '0', 0],
  ['PORT', '1', 1],
  ['PORT', '65535', 65535],
  ['HOST', '0.0.0.0', '0.0.0.0'],
  ['HOST', '::1', '::1'],
  ['HOST', 'localhost', 'localhost'],
  ['PUBLIC_URL', 'https://grapnel.example.com', 'https://grapnel.example.com'],
  ['PUBLIC_URL', 'http://localhost:4000/', 'http://localhost:4000'],
  ['DATA_DIR', 'somewhere', resolve('somewhere')],
  ['DATA_DIR', '/var/lib/grapnel', '/var/lib/grapnel'],
  ['DATABASE_URL', 'postgres://u:p@db/name', 'postgres://u:p@db/name'],
  ['DATABASE_URL', 'postgresql://db/name?sslmode=require', 'postgresql://db/name?sslmode=require'],
  ['REDIS_URL', 'redis://redis:6379', 'redis://redis:6379'],
  ['REDIS_URL', 'rediss://redis', 'rediss://redis'],
  ['ENCRYPTION_KEYS', `k:${base64(1)}`, [{ id: 'k', bytes: Buffer.alloc(32, 1) }]],
  ['BOOTSTRAP_API_KEY', visible, visible],
  ['BOOTSTRAP_API_KEY', `!${'~'.repeat(100)}`, `!${'~'.repeat(100)}`],
  ['OUTBOUND_ALLOW', '10.0.0.0/8', ['10.0.0.0/8']],
  [
    'OUTBOUND_ALLOW',
    'api.internal:8080, [::1]:443 ,fd00::/8,127.0.0.1',
    ['api.internal:8080', '[::1]:443', 'fd00::/8', '127.0.0.1'],
  ],
  ['ALLOWED_ORIGINS', 'https://app.example.com', ['https://app.example.com']],
  ['ALLOWED_ORIGINS', 'https://a.example/ , http://localhost:3000', ['https://a.example', 'http://localhost:3000']],
  ['REQUIRE_HTTPS', 'true', true],
  ['REQUIRE_HTTPS', 'false', false],
  ['LOG_LEVEL', 'trace', 'trace'],
  ['LOG_LEVEL', 'silent', 'silent'],
  ['METRICS_TOKEN', visible, visible],
])('%s=%s is read', (variable, value, expected) => {
  expect(readConfig({ [variable]: value })).toEqual({ ...defaults, [variables[variable]]: expected });
});

test.each<[Variable, string]>([
  ['PORT', '-1'],
  ['PORT', '65536'],
  ['PORT', '4000.5'],
  ['PORT', 'http'],
  ['PORT', '1e3'],
  ['HOST', 'http://localhost'],
  ['HOST', '[::1]'],
  ['HOST', 'local host'],
  ['PUBLIC_URL', 'grapnel.example.com'],
  ['PUBLIC_URL', 'ftp://grapnel.example.com'],
  ['PUBLIC_URL', 'https://grapnel.example.com/api'],
  ['PUBLIC_URL', 'https://grapnel.example.com?x'],
  ['PUBLIC_URL', 'https://user@grapnel.example.com'],
  ['DATABASE_URL', 'mysql://db/name'],
  ['DATABASE_URL', 'db/name'],
  ['REDIS_URL', 'http://redis'],
  ['ENCRYPTION_KEYS', base64(1)],
  ['ENCRYPTION_KEYS', `k:${base64(1, 31)}`],
  ['ENCRYPTION_KEYS', `k:${base64(1, 33)}`],
  ['ENCRYPTION_KEYS', `k:${base64(1)},`],
  ['ENCRYPTION_KEYS', `k.1:${base64(1)}`],
  ['ENCRYPTION_KEYS', `${'k'.repeat(33)}:${base64(1)}`],
  ['ENCRYPTION_KEYS', `k:${base64(1)},k:${base64(2)}`],
  ['BOOTSTRAP_API_KEY', 'v'.repeat(31)],
  ['BOOTSTRAP_API_KEY', `${visible} ${visible}`],
  ['BOOTSTRAP_API_KEY', `${visible}ü`],
  ['OUTBOUND_ALLOW', '*'],
  ['OUTBOUND_ALLOW', '*.internal'],
  ['OUTBOUND_ALLOW', '10.0.0.0/33'],
  ['OUTBOUND_ALLOW', '127.0.0.1,'],
  ['OUTBOUND_ALLOW', 'http://api.internal'],
  ['ALLOWED_ORIGINS', '*'],
  ['ALLOWED_ORIGINS', 'https://*.example.com'],
  ['ALLOWED_ORIGINS', 'https://a.example,'],
  ['ALLOWED_ORIGINS', 'https://a.example https://b.example'],
  ['ALLOWED_ORIGINS', 'https://a.example/path'],
  ['ALLOWED_ORIGINS', 'null'],
  ['REQUIRE_HTTPS', 'yes'],
  ['REQUIRE_HTTPS', 'TRUE'],
  ['REQUIRE_HTTPS', '1'],
  ['LOG_LEVEL', 'verbose'],
  ['LOG_LEVEL', 'INFO'],
  ['METRICS_TOKEN', 'v'.repeat(31)],
])('%s=%s is a problem of that variable', (variable, value) => {
  const problems = problemsOf({ [variable]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]?.startsWith(`${variable} `) || problems[0]?.startsWith(`${variable}: `)).toBe(true);
});

test('all problems are told together, and of a list each entry that is wrong', () => {
  const environment = {
    PORT: 'x',
    HOST: ' ',
    PUBLIC_URL: 'x',
    DATABASE_URL: 'x',
    REDIS_URL: 'x',
    ENCRYPTION_KEYS: 'x',
    BOOTSTRAP_API_KEY: 'x',
    OUTBOUND_ALLOW: 'a/b,10.0.0.1,*',
    ALLOWED_ORIGINS: 'https://fine.example,x',
    REQUIRE_HTTPS: 'x',
    LOG_LEVEL: 'x',
  };
  const problems = problemsOf(environment);
  expect(problems.map((problem) => /^[A-Z_]+/.exec(problem)?.[0])).toEqual(
    Object.keys(environment).flatMap((name) => (name === 'OUTBOUND_ALLOW' ? [name, name] : [name])),
  );
  expect(problems.filter((problem) => problem.startsWith('OUTBOUND_ALLOW'))).toEqual([
    expect.stringContaining('"a/b"'),
    expect.stringContaining('"*"'),
  ]);
  expect(problems.find((problem) => problem.startsWith('ALLOWED_ORIGINS'))).toContain('item 2');
  expect(() => readConfig(environment)).toThrow(problems.map((problem) => `  - ${problem}`).join('\n'));
});

test.each([
  ['ENCRYPTION_KEYS', 's3cret-that-is-no-key'],
  ['ENCRYPTION_KEYS', `k:${base64(7)},k:${base64(7)}`],
  ['BOOTSTRAP_API_KEY', 's3cret-too-short'],
  ['DATABASE_URL', 'mysql://user:s3cret@db/name'],
  ['REDIS_URL', 'http://:s3cret@redis'],
  ['METRICS_TOKEN', 's3cret-too-short'],
  ['PUBLIC_URL', 'https://user:s3cret@grapnel.example.com'],
  ['ALLOWED_ORIGINS', 'https://user:s3cret@app.example.com'],
])('a wrong %s is not repeated', (variable, value) => {
  const [problem] = problemsOf({ [variable]: value });
  expect(problem).not.toMatch(/s3cret/);
  expect(problem).not.toContain(base64(7).slice(0, 8));
});

test('encryption keys keep their order', () => {
  expect(parseEncryptionKeys(`b:${base64(2)}, a:${base64(1)}`).map(({ id, bytes }) => [id, bytes[0]])).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
});

test('the help names every variable and no other', () => {
  expect(
    settingsHelp()
      .match(/^ {2}[A-Z_]+$/gm)
      ?.map((line) => line.trim()),
  ).toEqual([...Object.keys(variables), ...ofTracing]);
});

test('the version is that of the package', () => {
  const { version: expected } = JSON.parse(readFileSync(resolve(__dirname, '../../package.json'), 'utf8'));
  expect(version()).toBe(expected);
});
