/** The settings of traces: what of them makes a collector's address, and how wrong ones are told. */
import { ConfigError, readConfig } from '../../src/config';

const tracingOf = (environment: Record<string, string>) => readConfig(environment).tracing;
const COLLECTOR = 'http://127.0.0.1:4318';

test('without an endpoint there are no traces, whatever else is said', () => {
  expect(tracingOf({ OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' })).toBeUndefined();
  expect(tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR, OTEL_SDK_DISABLED: 'true' })).toBeUndefined();
});

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR }, `${COLLECTOR}/v1/traces`],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${COLLECTOR}/` }, `${COLLECTOR}/v1/traces`],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c.example/otlp?tenant=1' }, 'https://c.example/otlp/v1/traces?tenant=1'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c.example/as/it/is' }, 'https://c.example/as/it/is'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c.example/t' },
    'https://c.example/t',
  ],
])('%j sends to %s', (environment, expected) => {
  expect(tracingOf(environment as Record<string, string>)?.endpoint.href).toBe(expected);
});

test('the rest has the defaults of OpenTelemetry, or is what is said', () => {
  expect(tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR })).toMatchObject({
    headers: [],
    serviceName: 'grapnel',
    sampler: 'parentbased_always_on',
    samplerArg: 1,
  });
  expect(
    tracingOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%3Db%2Cc, x-tenant=two=2',
      OTEL_SERVICE_NAME: 'doorman',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '.25',
    }),
  ).toMatchObject({
    headers: [
      ['api-key', 'a=b,c'],
      ['x-tenant', 'two=2'],
    ],
    serviceName: 'doorman',
    sampler: 'traceidratio',
    samplerArg: 0.25,
  });
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:s3cret@collector'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'x'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 's3cret'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'key=s3cret,'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'key=s3cret%'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'key=s3cret%0d%0ax'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a key=s3cret'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
  ['OTEL_TRACES_SAMPLER_ARG', '-1'],
  ['OTEL_TRACES_SAMPLER_ARG', 'half'],
  ['OTEL_SDK_DISABLED', 'yes'],
])('%s=%s is a problem of that variable, and not repeated', (variable, value) => {
  let problems: readonly string[] = [];
  try {
    readConfig({ [variable]: value });
  } catch (error) {
    if (error instanceof ConfigError) problems = error.problems;
  }
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^${variable} must `))]);
  expect(problems[0]).not.toContain('s3cret');
});
