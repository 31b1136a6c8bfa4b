/** Every audit of the GraphQL-over-HTTP specification, those that only MAY hold included. */
import { serverAudits } from 'graphql-http';
import { type ServedHttp, serveHttp } from './serve';
import { GOOD, Toy } from './toy';

let served: ServedHttp;
beforeAll(async () => {
  served = await serveHttp(new Toy());
});
afterAll(() => served.close());

const audits = serverAudits({
  url: () => served.url,
  fetchFn: (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { authorization: GOOD, ...(init.headers as Record<string, string>) } }),
});

test('there are 61 of them', () => {
  expect(audits).toHaveLength(61);
});

test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s %s', async (_id, _name, audit) => {
  const result = await audit.fn();
  expect(result).toEqual({ id: audit.id, name: audit.name, status: 'ok' });
});
