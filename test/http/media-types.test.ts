/** The media types of requests and responses. */
import { acceptedMediaType, isJson } from '../../src/http/media-types';

const json = 'application/json';
const modern = 'application/graphql-response+json';

test.each<[string | undefined, string | undefined]>([
  [undefined, json],
  ['', json],
  ['*/*', json],
  ['application/*', json],
  [json, json],
  [modern, modern],
  ['APPLICATION/GraphQL-Response+JSON', modern],
  [`${modern}; charset=utf-8, ${json}; charset=utf-8`, modern],
  [`${json}, ${modern}`, json],
  [`${modern}, */*`, modern],
  [`${json};q=0.8, ${modern}`, modern],
  [`${json}, ${modern};q=0.9`, json],
  [`*/*, ${json};q=0`, modern],
  [`*/*;q=0.1, ${json};q=0.2`, json],
  [`${json};q=0`, undefined],
  [`${json};q=2`, undefined],
  [`${json};charset=utf-16`, undefined],
  [`${json};charset="utf-8"`, json],
  ['text/html, image/png', undefined],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', json],
  ['text/event-stream', undefined],
])('Accept %s is answered in %s', (accept, expected) => {
  expect(acceptedMediaType(accept)).toBe(expected);
});

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['', false],
  ['application/json', true],
  ['Application/JSON;charset=UTF-8', true],
  ['application/json; charset="utf-8"', true],
  ['application/json; charset=utf-16', false],
  ['application/jsonp', false],
  ['text/plain; application/json', false],
  ['application/graphql', false],
])('Content-Type %s as a request: %s', (contentType, expected) => {
  expect(isJson(contentType)).toBe(expected);
});
