/** The settings: the only reader of the environment; every wrong setting is reported in one error. */

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ConfigError, readFlag, type Setting, setting } from './config/setting';
import { type TracingSettings, tracingSettings, tracingVariables } from './config/tracing-settings';
import { allowEntryProblem } from './outbound';
import { parseUrl } from './parse-url';

export { ConfigError, type TracingSettings };

/** An encryption key of AES-256 with the id that stands in every envelope it sealed. */
export interface EncryptionKey {
  readonly id: string;
  readonly bytes: Buffer;
}

export interface Config {
  readonly port: number;
  readonly host: string;
  /** The origin that browsers and providers reach us at, without a slash at the end; `undefined`: the address listened on. */
  readonly publicUrl: string | undefined;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** Connections to Postgres that this process keeps at most. */
  readonly databasePoolSize: number;
  readonly redisUrl: string | undefined;
  /** The first one encrypts, all decrypt; `undefined`: kept in a file of `dataDir`. */
  readonly encryptionKeys: readonly EncryptionKey[] | undefined;
  readonly bootstrapApiKey: string | undefined;
  readonly outboundAllow: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly requireHttps: boolean;
  /** Requests of a key in a minute; 0: no limit. */
  readonly rateLimit: number;
  /** Subscriptions of a key at once; 0: no limit. */
  readonly subscriptionLimit: number;
  /** Sockets of a key at once; 0: no limit. */
  readonly socketLimit: number;
  /** Whether callers may ask for the schema. */
  readonly introspection: boolean;
  readonly logLevel: string;
  readonly metricsToken: string | undefined;
  /** `undefined`: no traces are asked for. */
  readonly tracing: TracingSettings | undefined;
}

const ORIGIN = 'an http or https origin without path, such as https://app.example.com';
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const settings = {
  port: setting('PORT', 'The port to listen on, 0 for any free one. Default 4000.', (value = '4000') => {
    if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) throw new Error('must be a whole number from 0 to 65535');
    return Number(value);
  }),
  host: setting(
    'HOST',
    'The address to listen on. Default 127.0.0.1; 0.0.0.0 for every interface.',
    (value = '127.0.0.1') => {
      if (isIP(value) === 0 && !/^[A-Za-z0-9.-]+$/.test(value)) throw new Error('must be an IP address or a host name');
      return value;
    },
  ),
  publicUrl: setting(
    'PUBLIC_URL',
    'The origin under which browsers and providers reach this server, such as https://grapnel.example.com. Default: the address listened on.',
    (value) => {
      const origin = value && originOf(value);
      if (value && !origin) throw new Error(`must be ${ORIGIN}`);
      return origin;
    },
  ),
  dataDir: setting(
    'DATA_DIR',
    'The folder of the SQLite database and of generated keys. Default ./data.',
    (value = './data') => resolve(value),
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    'A Postgres database (postgres://user:password@host:port/name), which any number of processes share. Default: SQLite in DATA_DIR, for one process.',
    (value) => value && urlOf(value, ['postgres:', 'postgresql:']),
  ),
  databasePoolSize: setting(
    'DATABASE_POOL_SIZE',
    'How many connections to Postgres this process keeps at most, 1 to 1000. Default 20.',
    (value = '20') => {
      if (!/^[1-9]\d{0,2}$|^1000$/.test(value)) throw new Error('must be a whole number from 1 to 1000');
      return Number(value);
    },
  ),
  redisUrl: setting(
    'REDIS_URL',
    'A Redis server (redis://host:port), which carries events between processes at once and counts limits once for all of them. Default: events of other processes come up to 2 seconds later, from the database, and each counts for itself.',
    (value) => value && urlOf(value, ['redis:', 'rediss:']),
  ),
  encryptionKeys: setting(
    'ENCRYPTION_KEYS',
    'Keys that encrypt secrets at rest: id:base64 of 32 bytes, more of them separated by commas; the first one encrypts. Default: generated in DATA_DIR.',
    (value) => (value ? parseEncryptionKeys(value) : undefined),
  ),
  bootstrapApiKey: setting(
    'BOOTSTRAP_API_KEY',
    "The owner's API key: at least 32 visible characters. Default: generated at first start and printed once.",
    secretOf,
  ),
  outboundAllow: setting(
    'OUTBOUND_ALLOW',
    'Hosts, IP addresses or ranges such as 10.0.0.0/8 that may be called although private, separated by commas. Default: none.',
    (value) => {
      const entries = itemsOf(value);
      const problems = entries.flatMap((entry) => allowEntryProblem(entry) ?? []);
      if (problems.length > 0) throw new ConfigError(problems);
      return entries;
    },
  ),
  allowedOrigins: setting(
    'ALLOWED_ORIGINS',
    'Browser origins that may call the API and open sockets, separated by commas. Default: only our own.',
    (value) =>
      itemsOf(value).map((item, index) => {
        const origin = originOf(item);
        if (!origin) throw new Error(`must be a list separated by commas; item ${index + 1} is not ${ORIGIN}`);
        return origin;
      }),
  ),
  requireHttps: setting(
    'REQUIRE_HTTPS',
    'true refuses plain-http URLs of providers and APIs. Default false.',
    (value = 'false') => readFlag(value),
  ),
  rateLimit: setting(
    'RATE_LIMIT',
    'How many requests a key may make in a minute, operations on sockets among them; 0 for no limit. Default 60000.',
    (value = '60000') => count(value),
  ),
  subscriptionLimit: setting(
    'SUBSCRIPTION_LIMIT',
    'How many subscriptions a key may have open at once in this process; 0 for no limit. Default 1000.',
    (value = '1000') => count(value),
  ),
  socketLimit: setting(
    'SOCKET_LIMIT',
    'How many sockets a key may have open at once in this process; 0 for no limit. Default 1000.',
    (value = '1000') => count(value),
  ),
  introspection: setting(
    'INTROSPECTION',
    'false refuses to tell the schema, and names of it in errors. Default true.',
    (value = 'true') => readFlag(value),
  ),
  logLevel: setting('LOG_LEVEL', `How much is logged: ${logLevels.join(', ')}. Default info.`, (value = 'info') => {
    if (!logLevels.includes(value)) throw new Error(`must be one of ${logLevels.join(', ')}`);
    return value;
  }),
  metricsToken: setting(
    'METRICS_TOKEN',
    'What Prometheus shows to read /metrics, as Authorization: Bearer: at least 32 visible characters. Default: only the key of an OWNER reads it.',
    secretOf,
  ),
} satisfies { [K in keyof Omit<Config, 'tracing'>]: Setting<Config[K]> };

type Values<Of extends Record<string, Setting<unknown>>> = { [K in keyof Of]: ReturnType<Of[K]['read']> };

/** Reads the settings from `environment`; empty variables count as absent. Throws one `ConfigError` that names every problem. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = [];
  function valuesOf<Of extends Record<string, Setting<unknown>>>(group: Of): Values<Of> {
    const entries = Object.entries(group).map(([name, { variable, read }]) => {
      try {
        return [name, read(environment[variable] || undefined)];
      } catch (error) {
        if (error instanceof ConfigError) problems.push(...error.problems);
        else problems.push(`${variable} ${(error as Error).message}`);
        return [name, undefined];
      }
    });
    return Object.fromEntries(entries);
  }
  const own = valuesOf(settings);
  const ofTracing = valuesOf(tracingVariables);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...own, tracing: tracingSettings(ofTracing) };
}

/** The help text of the settings, a paragraph each. */
export function settingsHelp(): string {
  return Object.values({ ...settings, ...tracingVariables })
    .map(({ variable, help }) => `  ${variable}\n      ${help}`)
    .join('\n');
}

/** The version in package.json. */
export function version(): string {
  for (const folder of ['..', '../..']) {
    try {
      return (JSON.parse(readFileSync(resolve(__dirname, folder, 'package.json'), 'utf8')) as { version: string })
        .version;
    } catch {
      // Compiled files stand one folder deeper (dist/src) than sources (src).
    }
  }
  throw new Error('package.json is missing');
}

/** Parses `id:base64,id:base64`; throws an error that never contains key material. */
export function parseEncryptionKeys(value: string): EncryptionKey[] {
  const keys = value.split(',').map((item) => {
    const [, id, base64] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(item.trim()) ?? [];
    if (!id || !base64)
      throw new Error(
        'must be a list of id:base64, where the id is letters, digits, _ and - and the base64 is of 32 bytes',
      );
    return { id, bytes: Buffer.from(base64, 'base64') };
  });
  if (new Set(keys.map((key) => key.id)).size < keys.length) throw new Error('must not use one key id twice');
  return keys;
}

function secretOf(value: string | undefined): string | undefined {
  if (value !== undefined && !/^[\x21-\x7e]{32,}$/.test(value))
    throw new Error('must be at least 32 visible ASCII characters without spaces');
  return value;
}

function count(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Error('must be a whole number from 0 to 999999999');
  return Number(value);
}

function urlOf(value: string, protocols: string[]): string {
  if (!protocols.includes(parseUrl(value)?.protocol ?? ''))
    throw new Error(`must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
  return value;
}

/** The origin that `text` is, with or without a slash at its end, written as browsers write it. */
function originOf(text: string): string | undefined {
  const url = parseUrl(text);
  const isOrigin = url && /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(text);
  return isOrigin && !url.hostname.includes('*') ? url.origin : undefined;
}

/** The items of a list that is separated by commas. */
function itemsOf(value: string | undefined): string[] {
  return value?.split(',').map((item) => item.trim()) ?? [];
}
