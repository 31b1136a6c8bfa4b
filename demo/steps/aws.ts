/** AWS Signature Version 4: the API computes the signature anew, from what it received and the secret it knows. */
import { createHash, createHmac } from 'node:crypto';
import { MASK, type Received, type StaticStep } from '../step';

const [accessKey, secretKey] = ['AKIDOFDAVE', 'secret/key+of/dave'];
const [serviceName, region] = ['execute-api', 'eu-north-1'];

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The signature this request must bear, for these signed headers and this moment. */
function signatureOf({ method, url, headers, body }: Received, signedHeaders: string, moment: string): string {
  const day = moment.slice(0, 8);
  const canonicalHeaders = signedHeaders.split(';').map((name) => `${name}:${headers[name]}\n`);
  const query = url.search.slice(1).split('&').sort().join('&');
  const canonical = [method, url.pathname, query, canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
  const scope = `${day}/${region}/${serviceName}/aws4_request`;
  const key = [day, region, serviceName, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  return hmac(key, `AWS4-HMAC-SHA256\n${moment}\n${scope}\n${sha256(canonical)}`).toString('hex');
}

export const aws: StaticStep = {
  title: 'AWS Signature Version 4',
  about: 'a signature over the whole request, body included',
  authConfig: { aws: { serviceName, region } },
  credentials: { aws: { accessKey, secretKey } },
  method: 'POST',
  path: '/aws/orders?dryRun=yes',
  body: { json: { item: 'anchor', count: 2 } },
  check(received) {
    const { authorization = '', 'x-amz-date': moment } = received.headers;
    const [, signedHeaders = '', signature] = /SignedHeaders=([^,]+), *Signature=(\w+)/.exec(authorization) ?? [];
    const isRight =
      authorization.includes(`Credential=${accessKey}/`) &&
      signature === signatureOf(received, signedHeaders, `${moment}`);
    return {
      who: isRight ? 'dave' : undefined,
      seen: [
        `Authorization: ${authorization.split(',', 1)[0]}, Signature=${signature && MASK}`,
        `over ${signedHeaders.replaceAll(';', ', ')} and the body`,
      ],
    };
  },
};
