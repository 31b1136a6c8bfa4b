/** What signing costs, in the process, for each auth type; against the bare library, or a line by hand where there is none. */
import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import { sign as signWithAws4 } from 'aws4';
import OAuth from 'oauth-1.0a';
import { authTypeNamed } from '../../src/auth-types';
import type { SignableRequest } from '../../src/auth-types/request';
import { momentAt } from '../../src/auth-types/setup';
import type { Row } from '../row';
import { alternate, perSecond, ratioOf } from '../spread';

const BODY = Buffer.from(JSON.stringify({ order: 4711, item: 'anchor', quantity: 2 }));
const URL_TEXT = 'https://api.example.com/v1/orders?limit=20&state=open';

const request: SignableRequest = {
  method: 'POST',
  url: new URL(URL_TEXT),
  headers: [
    ['Accept', 'application/json'],
    ['Content-Type', 'application/json'],
  ],
  body: { kind: 'bytes', of: 'JSON', bytes: BODY, mediaType: 'application/json' },
};

const moment = momentAt(new Date());

const oauth1Library = new OAuth({
  consumer: { key: 'consumer', secret: 'consumer-secret' },
  signature_method: 'HMAC-SHA1',
  hash_function: (baseString, key) => createHmac('sha1', key).update(baseString).digest('base64'),
});
const oauth1Token = { key: 'token', secret: 'token-secret' };
const oauth1ByLibrary = () =>
  oauth1Library.toHeader(oauth1Library.authorize({ url: URL_TEXT, method: 'POST' }, oauth1Token));

const withAuthorization = (value: string): SignableRequest => ({
  ...request,
  headers: [...request.headers, ['Authorization', value]],
});

interface Contest {
  readonly type: string;
  readonly config: object;
  readonly secrets?: Record<string, { value: string; updatedAt: string }>;
  readonly credentials: Record<string, string>;
  readonly peer: string;
  readonly bare: () => unknown;
}

const contests: readonly Contest[] = [
  {
    type: 'BASIC',
    config: {},
    credentials: { username: 'alice', password: 'correct horse' },
    peer: 'base64 and one header more, by hand',
    bare: () => withAuthorization(`Basic ${Buffer.from('alice:correct horse').toString('base64')}`),
  },
  {
    type: 'API_KEY',
    config: { parameters: [{ name: 'Key', key: 'Authorization', location: 'HEADER', prefix: 'Key ' }] },
    credentials: { Authorization: 'key-of-alice' },
    peer: 'one header more, by hand',
    bare: () => withAuthorization(`Key ${'key-of-alice'}`),
  },
  {
    type: 'BEARER_TOKEN',
    config: { tokenPrefix: 'Bearer' },
    credentials: { token: 'token-of-alice' },
    peer: 'one header more, by hand',
    bare: () => withAuthorization(`Bearer ${'token-of-alice'}`),
  },
  {
    type: 'OAUTH2',
    config: { bearerName: 'Bearer' },
    credentials: { accessToken: 'token-of-alice' },
    peer: 'one header more, by hand',
    bare: () => withAuthorization(`Bearer ${'token-of-alice'}`),
  },
  {
    type: 'OAUTH1',
    config: { consumerKey: 'consumer', signatureMethod: 'HMAC_SHA1' },
    secrets: { consumerSecret: { value: 'consumer-secret', updatedAt: '' } },
    credentials: { token: 'token', tokenSecret: 'token-secret' },
    peer: 'oauth-1.0a',
    bare: () => withAuthorization(oauth1ByLibrary().Authorization),
  },
  {
    type: 'AWS',
    config: { serviceName: 'execute-api', region: 'eu-west-1' },
    credentials: { accessKey: 'AKIDEXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    peer: 'aws4.sign',
    bare: () =>
      signWithAws4(
        {
          method: 'POST',
          host: request.url.host,
          path: `${request.url.pathname}${request.url.search}`,
          service: 'execute-api',
          region: 'eu-west-1',
          headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
          body: BODY as unknown as string,
        },
        { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
      ),
  },
];

/** Kept, so that no compiler finds the work to be for nothing. */
let last: unknown;

/** How often `work` is done in a second. */
function rate(work: () => unknown, seconds: number): number {
  const began = performance.now();
  const until = began + seconds * 1000;
  let done = 0;
  while (performance.now() < until) {
    for (let time = 0; time < 200; time++) last = work();
    done += 200;
  }
  return (done * 1000) / (performance.now() - began);
}

export const signing: Row = {
  name: 'signing',
  title: 'Signing, in the process',
  async run({ length }) {
    const seconds = length.seconds / 8;
    const lines = [];
    for (const { type, config, secrets = {}, credentials, peer, bare } of contests) {
      const authType = authTypeNamed(type);
      const setup = { config: config as never, secrets: secrets as never };
      const sign = () => authType.sign(request, setup, credentials, moment);
      const signed = sign().headers.find(([name]) => name === 'Authorization' || name === 'authorization');
      if (!signed) throw new Error(`${type} did not sign.`);
      for (const work of [sign, bare]) rate(work, seconds);
      const measured = await alternate(length.rounds * 2, {
        ours: async () => rate(sign, seconds),
        peer: async () => rate(bare, seconds),
      });
      const ratio = ratioOf(measured.ours, measured.peer);
      lines.push({
        what: `${type}, against ${peer}`,
        ours: perSecond(measured.ours),
        peer: perSecond(measured.peer),
        ratio,
        reach: '≥ 0.8×',
        isReached: ratio.median >= 0.8,
      });
    }
    if (last === undefined) throw new Error('Nothing was signed.');
    return { lines, notes: ['A POST with a small JSON body, a query of two parameters and two headers.'] };
  },
};
