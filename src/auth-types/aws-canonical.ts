/** The canonical path, query and headers of AWS Signature Version 4, computed from the URL exactly as it is sent. */
import { compare, encodedPairs, normalized, percentEncode, respell } from '../rules/percent-encoding';

/** Signing names whose clients encode the path once and never tidy it; every other service encodes it twice. */
const S3_FAMILY = new Set(['s3', 's3-outposts', 's3-object-lambda', 's3express']);

/** Headers that a connection or a proxy on the way may add or rewrite: signing them would break the request. */
const REWRITTEN_ON_THE_WAY = new Set([
  'authorization',
  'cache-control',
  'connection',
  'expect',
  'from',
  'keep-alive',
  'max-forwards',
  'pragma',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
]);
const REWRITTEN_PREFIX = /^(?:proxy|sec)-/;

export function followsS3Rules(service: string): boolean {
  return S3_FAMILY.has(service);
}

/** `pathname` is a `URL`'s, so dot segments are resolved already. S3 compares the object's key, where `%2F` is a slash;
 * other services drop empty segments and encode what they see on the wire. */
export function canonicalPath(pathname: string, service: string): string {
  if (followsS3Rules(service)) return pathname.split('/').map(respell).join('/').replaceAll('%2F', '/');
  return pathname
    .replace(/\/{2,}/g, '/')
    .split('/')
    .map(percentEncode)
    .join('/');
}

/** `search` is a `URL`'s, with or without its `?`. Of a repeated name S3 reads the first value only, others all of them. */
export function canonicalQuery(search: string, service: string): string {
  const pairs = encodedPairs(search.replace(/^\?/, ''));
  const seen = new Set<string>();
  const read = followsS3Rules(service) ? pairs.filter(([name]) => !seen.has(name) && seen.add(name)) : pairs;
  return normalized(read);
}

/** The headers that are signed: names in lower case and sorted, values trimmed and with single spaces, those of one name
 * joined by commas in the order they are sent. */
export function canonicalHeaders(headers: Iterable<readonly [string, string]>): [string, string][] {
  const byName = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (REWRITTEN_ON_THE_WAY.has(key) || REWRITTEN_PREFIX.test(key)) continue;
    byName.set(key, [...(byName.get(key) ?? []), value.trim().replace(/[ \t]+/g, ' ')]);
  }
  return [...byName]
    .map(([name, values]): [string, string] => [name, values.join(',')])
    .sort(([a], [b]) => compare(a, b));
}
