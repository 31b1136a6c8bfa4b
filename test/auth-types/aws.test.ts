/** AWS: the rules of service and region, what people are asked for, and where the credentials may go. */
import { complete, configured, connectorOf, draft, refusals, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { answered, long, refusedFor } from './table';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

test.each(
  ['serviceName', 'region'].flatMap((field): [string, string | null, string[]][] => [
    [field, 's3', []],
    [field, 'us-east-1', []],
    [field, '1', []],
    [field, long(64), []],
    [field, long(65), ['TOO_LONG']],
    [field, '', ['REQUIRED']],
    [field, 'US-east-1', ['INVALID_CHARACTERS']],
    [field, 'us_east_1', ['INVALID_CHARACTERS']],
    [field, 'us east', ['INVALID_CHARACTERS']],
    [field, 's3/aws4_request', ['INVALID_CHARACTERS']],
    [field, 'é', ['INVALID_CHARACTERS']],
    [field, null, []],
  ]),
)('%s %j: %j', async (field, value, codes) =>
  expect(await refusedFor(server.ask, { aws: { [field]: value } })).toEqual(
    codes.map((code) => `ValidationError ${code} ${field}`),
  ),
);

test('every broken rule is told at once', async () => {
  const id = await draft(server.ask);
  const aws = { serviceName: `A${long(64)}`, region: '' };
  expect(refusals(await run(server.ask, 'connectorSetAuthConfig', { id, authConfig: { aws } }))).toEqual([
    'ValidationError INVALID_CHARACTERS authConfig.aws.serviceName',
    'ValidationError REQUIRED authConfig.aws.region',
    'ValidationError TOO_LONG authConfig.aws.serviceName',
  ]);
});

test('is answered as it was given', async () =>
  expect(await answered(server.ask, complete.aws)).toEqual({ __typename: 'AwsAuthConfig', ...complete.aws.aws }));

test('asks for the keys; the session token is optional', async () => {
  const { authorizationForm } = await connectorOf(server.ask, await configured(server.ask, complete.aws));
  const field = { kind: 'CREDENTIAL', pattern: null, help: null, required: true, secret: true };
  expect(authorizationForm.fields).toEqual([
    { ...field, key: 'accessKey', label: 'Access key', secret: false, inputPath: ['aws', 'accessKey'] },
    { ...field, key: 'secretKey', label: 'Secret key', inputPath: ['aws', 'secretKey'] },
    {
      ...field,
      key: 'sessionToken',
      label: 'Session token',
      required: false,
      help: 'Only for temporary credentials.',
      inputPath: ['aws', 'sessionToken'],
    },
  ]);
});

test('may call *.amazonaws.com unless hosts are named, and so is not warned of naming none', async () => {
  const aws = await connectorOf(server.ask, await configured(server.ask, complete.aws));
  expect(aws.allowedHosts).toEqual([]);
  expect(aws.readiness.warnings).toEqual([]);
  const basic = await connectorOf(server.ask, await configured(server.ask, complete.basic));
  expect(basic.readiness.warnings).toMatchObject([{ code: 'REQUIRED', path: ['allowedHosts'] }]);
});
