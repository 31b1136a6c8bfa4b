/** What deploy/ holds fits the schemas of Compose and Kubernetes, and this program: its settings, ports, paths and commands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse, parseAllDocuments } from 'yaml';
import { commands } from '../src/commands';
import { readConfig, settingsHelp } from '../src/config';
import { livePath, readyPath } from '../src/http/health';
import { metricsPath } from '../src/http/metrics';
import { graphqlPath } from '../src/http/router';
import { callbackPath, logoPath, startPath } from '../src/links';
import { root } from './support/sources';

// biome-ignore lint/suspicious/noExplicitAny: what a schema describes, TypeScript need not.
type Any = any;

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const settings = [...settingsHelp().matchAll(/^ {2}(\w+)$/gm)].map(([, name = '']) => name);

const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
const vendored = (file: string): Any => JSON.parse(read(`test/vectors/${file}`));
// The draft that it names, under the name by which ajv knows it.
const composeSchema = {
  ...vendored('compose-spec/compose-spec.json'),
  $schema: 'http://json-schema.org/draft-07/schema#',
};
const isCompose = ajv.compile(composeSchema);
const { kinds, definitions } = vendored('kubernetes/definitions.json') as {
  kinds: Record<string, string>;
  definitions: object;
};
ajv.addSchema({ $id: 'kubernetes', definitions });

/** What a schema says against something; empty when nothing. */
function against(isFine: ValidateFunction, value: unknown): string[] {
  isFine(value);
  return (isFine.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

const ofKubernetes = (object: Any): string[] => {
  const name = kinds[`${object.apiVersion}/${object.kind}`];
  if (!name) return [`There is no ${object.apiVersion}/${object.kind}.`];
  return against(ajv.getSchema(`kubernetes#/definitions/${name}`) as ValidateFunction, object);
};

/** Copies of `value`, each with a field of a wrong name at one of its objects; those that map names of anyone's choice take every field. */
function* misspelt(value: Any, path = ''): Generator<{ path: string; copy: Any }> {
  const free =
    /\/(labels|annotations|matchLabels|data|stringData|requests|limits|environment|services|networks|volumes|depends_on)$/;
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value) && !free.test(path)) yield { path, copy: { ...value, misspelt: 1 } };
  for (const [key, inner] of Object.entries(value))
    for (const { path: where, copy } of misspelt(inner, `${path}/${key}`))
      yield { path: where, copy: Array.isArray(value) ? value.with(Number(key), copy) : { ...value, [key]: copy } };
}

/** `value` with another one at a path. */
function altered(value: Any, [key = '', ...rest]: (string | number)[], to: unknown): Any {
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = rest.length > 0 ? altered(copy[key], rest, to) : to;
  return copy;
}

describe('compose.yaml', () => {
  const compose: Any = parse(read('deploy/compose.yaml'), { merge: true });
  const { migrate, grapnel, postgres, redis, caddy } = compose.services;
  /** The variables of an environment file. */
  const example = [...read('deploy/grapnel.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);

  test('holds what the Compose Specification says', () => {
    expect(against(isCompose, compose)).toEqual([]);
  });

  test('would not, with a field of a wrong name or type anywhere', () => {
    // The template that services are made of stands in an extension, which may hold anything.
    const wrong = [...misspelt(altered(compose, ['x-grapnel'], {}), '')].filter(({ path }) => path !== '/x-grapnel');
    expect(wrong.length).toBeGreaterThan(20);
    expect(wrong.filter(({ copy }) => against(isCompose, copy).length === 0).map(({ path }) => path)).toEqual([]);
    expect(against(isCompose, altered(compose, ['services', 'grapnel', 'deploy', 'replicas'], ['3']))).not.toEqual([]);
    expect(
      against(isCompose, altered(compose, ['services', 'grapnel', 'depends_on', 'migrate', 'condition'], 'done')),
    ).not.toEqual([]);
  });

  test('runs several of this image after one migrated, as nobody in particular', () => {
    expect([migrate.build, grapnel.build]).toEqual([{ context: '..' }, { context: '..' }]);
    expect(commands.map(({ name }) => [name])).toContainEqual(migrate.command);
    expect([migrate.restart, grapnel.command]).toEqual(['no', undefined]);
    expect(grapnel.depends_on.migrate.condition).toBe('service_completed_successfully');
    expect(migrate.depends_on.postgres.condition).toBe('service_healthy');
    expect(grapnel.deploy.replicas).toBeGreaterThan(1);
    for (const service of [migrate, grapnel])
      expect([service.read_only, service.cap_drop, service.user, service.ports]).toEqual([
        true,
        ['ALL'],
        'node',
        undefined,
      ]);
  });

  test('gives it settings that it has, and asks for nothing that the example file lacks', () => {
    const own = ['GRAPNEL_HOST', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'];
    const given = [...Object.keys(grapnel.environment), ...example.filter((name) => !own.includes(name))];
    expect(given.filter((name) => !settings.includes(name))).toEqual([]);
    const asked = [...read('deploy/compose.yaml').matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name = '']) => name);
    expect([...new Set(asked)].sort()).toEqual(own);
    expect(read('deploy/Caddyfile').match(/(?<=\{\$)\w+/g)).toEqual(Object.keys(caddy.environment));
    expect(example).toEqual(expect.arrayContaining([...own, 'ENCRYPTION_KEYS', 'BOOTSTRAP_API_KEY']));
    expect(read('.gitignore').split('\n')).toContain(`deploy/${grapnel.env_file}`);
  });

  test('gives it values that it takes, and its databases the same ones', () => {
    const values: Record<string, string> = {
      GRAPNEL_HOST: 'g.example.com',
      POSTGRES_PASSWORD: 'p1',
      REDIS_PASSWORD: 'r1',
    };
    const filled = (text: string) => text.replace(/\$\{(\w+)[^}]*\}/g, (_, name: string) => values[name] ?? '');
    const environment = Object.fromEntries(
      Object.entries<string>(grapnel.environment).map(([name, value]) => [name, filled(value)]),
    );
    const config = readConfig(environment);
    expect(config).toMatchObject({ publicUrl: 'https://g.example.com', requireHttps: true });
    expect(config.databaseUrl).toBe(
      `postgres://${postgres.environment.POSTGRES_USER}:p1@postgres:5432/${postgres.environment.POSTGRES_DB}`,
    );
    expect(config.redisUrl).toBe('redis://:r1@redis:6379');
    expect(redis.command.join(' ')).toContain('--requirepass "$$REDIS_PASSWORD"');
  });

  test('leads to the port that the image opens, and lets nobody else in', () => {
    const port = /^EXPOSE (\d+)$/m.exec(read('Dockerfile'))?.[1];
    expect(grapnel.expose).toEqual([port]);
    expect(/name (\w+)\s+port (\d+)/.exec(read('deploy/Caddyfile'))?.slice(1)).toEqual(['grapnel', port]);
    expect(read('deploy/Caddyfile')).toContain(`respond ${metricsPath} 404`);
    const open = Object.entries<Any>(compose.services).filter(([, { ports }]) => ports);
    expect(open.map(([name]) => name)).toEqual(['caddy']);
    expect([compose.networks.inside.internal, postgres.networks, redis.networks]).toEqual([
      true,
      ['inside'],
      ['inside'],
    ]);
  });
});

describe('kubernetes.yaml', () => {
  const text = read('deploy/kubernetes.yaml');
  const objects: Any[] = parseAllDocuments(text).map((document) => document.toJS());
  const the = (kind: string): Any => {
    const [found, ...more] = objects.filter((object) => object.kind === kind);
    if (!found || more.length > 0) throw new Error(`There is not one ${kind}.`);
    return found;
  };
  const job = the('Job').spec.template;
  const deployment = the('Deployment').spec;
  const pods = [job, deployment.template];
  const [server] = deployment.template.spec.containers;

  test('holds what Kubernetes says of its objects', () => {
    expect(objects.map(ofKubernetes)).toEqual(objects.map(() => []));
    expect(objects.map(({ kind }) => kind).sort()).toEqual(
      Object.keys(kinds)
        .map((kind) => kind.split('/').at(-1))
        .sort(),
    );
  });

  test('would not, with a field of a wrong name or type anywhere', () => {
    const wrong = objects.flatMap((object) =>
      [...misspelt(object)].map(({ path, copy }) => ({ path: `${object.kind}${path}`, copy })),
    );
    expect(wrong.length).toBeGreaterThan(100);
    expect(wrong.filter(({ copy }) => ofKubernetes(copy).length === 0).map(({ path }) => path)).toEqual([]);
    expect(ofKubernetes(altered(the('Deployment'), ['spec', 'replicas'], '3'))).not.toEqual([]);
    expect(ofKubernetes(altered(the('ConfigMap'), ['data', 'PORT'], 4000))).not.toEqual([]);
    expect(ofKubernetes(altered(the('Deployment'), ['spec', 'selector'], undefined))).not.toEqual([]);
    expect(ofKubernetes(altered(the('Ingress'), ['apiVersion'], 'extensions/v1beta1'))).not.toEqual([]);
  });

  test('gives settings that there are, with values that are taken; secrets are in the Secret, and to be replaced', () => {
    const { data } = the('ConfigMap');
    const secrets = the('Secret').stringData;
    expect([...Object.keys(data), ...Object.keys(secrets)].filter((name) => !settings.includes(name))).toEqual([]);
    expect(Object.values<string>(secrets).filter((value) => !value.includes('REPLACE'))).toEqual([]);
    const { DATABASE_URL, REDIS_URL } = secrets;
    const config = readConfig({ ...data, DATABASE_URL, REDIS_URL });
    expect(config).toMatchObject({
      host: '0.0.0.0',
      requireHttps: true,
      publicUrl: `https://${the('Ingress').spec.rules[0].host}`,
    });
    // A server started with what is still to be replaced says so.
    expect(() => readConfig({ ...data, ...secrets })).toThrow(/ENCRYPTION_KEYS[\s\S]*BOOTSTRAP_API_KEY/);
    const sources = [
      { configMapRef: { name: the('ConfigMap').metadata.name } },
      { secretRef: { name: the('Secret').metadata.name } },
    ];
    for (const { spec } of pods) expect(spec.containers[0].envFrom).toEqual(sources);
  });

  test('ports, names and paths agree', () => {
    const { port } = readConfig(the('ConfigMap').data);
    expect(server.ports).toEqual([{ name: 'http', containerPort: port }]);
    const [service] = the('Service').spec.ports;
    expect([service.name, service.targetPort]).toEqual(['http', 'http']);
    expect(the('NetworkPolicy').spec.ingress[0].ports).toEqual([{ port: 'http' }]);
    const probed = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => server[probe].httpGet);
    expect(probed).toEqual([livePath, livePath, readyPath].map((path) => ({ path, port: 'http' })));
    const { rules, tls } = the('Ingress').spec;
    expect(tls[0].hosts).toEqual([rules[0].host]);
    const paths = rules[0].http.paths.map(({ path }: Any) => path);
    expect(paths.sort()).toEqual(['/', '/playground/', callbackPath, graphqlPath, logoPath, startPath].sort());
    for (const { backend } of rules[0].http.paths)
      expect(backend.service).toEqual({ name: the('Service').metadata.name, port: { name: 'http' } });
  });

  test('what selects pods of the server selects those, and not the one that migrates', () => {
    const { labels } = deployment.template.metadata;
    const selectors = [
      deployment.selector.matchLabels,
      the('Service').spec.selector,
      the('PodDisruptionBudget').spec.selector.matchLabels,
    ];
    const spread = deployment.template.spec.topologySpreadConstraints.map(
      ({ labelSelector }: Any) => labelSelector.matchLabels,
    );
    for (const selector of [...selectors, ...spread]) {
      expect(labels).toMatchObject(selector);
      expect(job.metadata.labels).not.toMatchObject(selector);
    }
    for (const { metadata } of pods)
      expect(metadata.labels).toMatchObject(the('NetworkPolicy').spec.podSelector.matchLabels);
    expect(the('HorizontalPodAutoscaler').spec.scaleTargetRef).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'grapnel',
    });
    expect(the('Deployment').metadata.name).toBe('grapnel');
    const elsewhere = objects.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== the('Namespace').metadata.name,
    );
    expect(elsewhere).toEqual([]);
  });

  test('runs the program of the image: a command that there is, and the server, of one version', () => {
    expect(commands.map(({ name }) => [name])).toContainEqual(job.spec.containers[0].args);
    expect([server.args, server.command]).toEqual([undefined, undefined]);
    const { version } = JSON.parse(read('package.json')) as { version: string };
    for (const { spec } of pods)
      expect(spec.containers[0].image).toMatch(new RegExp(`:${version.replaceAll('.', '\\.')}$`));
  });

  test('runs as nobody in particular, with nothing to write to but the data folder and /tmp', () => {
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(spec.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(spec.containers[0].volumeMounts.map(({ mountPath }: Any) => mountPath)).toEqual(['/data', '/tmp']);
      expect(spec.automountServiceAccountToken).toBe(false);
    }
    expect(read('Dockerfile')).toContain('DATA_DIR=/data');
  });

  test('leaves a server the time to finish: the pause before it is told to stop, and the minute that it takes at most', () => {
    const pause = Number(server.lifecycle.preStop.exec.command[1]);
    const limit = /STOP_LIMIT = ([\d_]+)/.exec(read('src/main.ts'))?.[1]?.replaceAll('_', '');
    expect(deployment.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(pause + Number(limit) / 1000);
  });
});
