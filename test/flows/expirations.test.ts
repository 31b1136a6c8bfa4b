/** Flows that time ends, and those that nothing came of: what they hold is given back to the provider, and old ones are removed. */
import { EventEmitter, once } from 'node:events';
import { oauth2Flow } from '../../src/auth-types/oauth2/flow';
import { Expirations } from '../../src/authorization/expirations';
import { FlowStore } from '../../src/authorization/flow-store';
import { Leftovers } from '../../src/authorization/leftovers';
import { Store } from '../../src/storage/store';
import { Person, type Seen } from '../peers/person';
import { type Asked, startTokenServer, type TokenServer } from '../peers/token-server';
import { clockAt } from '../support/clock';
import { begin, type Flow, flowOf, grantsOf, linkIn } from '../support/oauth';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { succeeded } from '../support/story';
import { watchFlow } from '../support/watching';
import { codeGrant, connectionAt } from './grants';

const DAY = 86_400;
const APP = 'https://app.example.com/done';
const clock = clockAt('2030-01-01T00:00:00.000Z');
const atCallback = (url: URL) => url.pathname.startsWith('/authorization/callback/');
const atApp = ({ host }: URL) => host === 'app.example.com';

let server: TestServer;
let provider: TokenServer;

beforeAll(async () => {
  [server, provider] = await Promise.all([startTestServer({ now: clock.now }), startTokenServer()]);
  const query = `mutation { workspaceUpdate(input: { returnToUrls: ["${APP}"] }) { userErrors { message } } }`;
  succeeded((await dataOf(server.ask(query))).workspaceUpdate);
});
beforeEach(sweepOften);
afterEach(() => {
  jest.restoreAllMocks();
  provider.answer();
  provider.revocations.length = 0;
});
afterAll(() => Promise.all([server.remove(), provider.close()]));

/** Lets what waits for a second wait for a hundredth of one. */
function sweepOften(): void {
  const original = global.setTimeout;
  const hurried = (work: () => void, wait?: number) => original(work, wait === 1000 ? 10 : wait);
  jest.spyOn(global, 'setTimeout').mockImplementation(hurried as typeof setTimeout);
}

/** Resolves when old flows were looked for, and what was found removed, so many times from now on. */
async function removals(count: number): Promise<void> {
  const news = new EventEmitter();
  const { remove } = Expirations.prototype;
  const spy = jest.spyOn(Expirations.prototype, 'remove').mockImplementation(async function (this: Expirations) {
    await remove.call(this);
    news.emit('done');
  });
  for (let done = 0; done < count; done += 1) await once(news, 'done');
  spy.mockRestore();
}

/** The next request to give something back. */
const nextRevocation = () =>
  new Promise<Asked>((resolve) =>
    provider.answer({
      revoke(asked, _response, usual) {
        usual();
        resolve(asked);
      },
    }),
  );

interface Away {
  readonly connection: string;
  readonly flow: Flow;
  readonly person: Person;
  readonly back: Seen;
}

async function away(returnTo?: string): Promise<Away> {
  const authConfig = codeGrant(provider, { revokeTokenUrl: `${provider.url}/revoke` });
  const connection = await connectionAt(server.ask, provider, { authConfig });
  const flow = await begin(server.ask, connection, { returnTo });
  const person = new Person();
  const back = await person.press(await person.visit(linkIn(flow)), { stopBefore: atCallback });
  return { connection, flow, person, back };
}

async function confirm(token: string | null) {
  const query = 'mutation ($token: String!) { authorizationConfirm(token: $token) { userErrors { code } } }';
  return (await dataOf(server.ask(query, { token }))).authorizationConfirm.userErrors;
}

test('what nobody confirms in time is given back, and cannot be confirmed any more', async () => {
  const { connection, flow, person, back } = await away(APP);
  const { url } = await person.visit(back.url, { stopBefore: atApp });
  const watched = watchFlow(server.url, flow.id);
  expect((await watched.next()).status).toBe('AWAITING_CONFIRMATION');
  const token = provider.latest();
  const given = nextRevocation();
  clock.pass(601);
  const { form } = await given;
  expect(form.get('token')).toMatch(/^rt_/);
  expect(provider.isAlive(token)).toBe(false);
  expect(await watched.rest()).toEqual(['EXPIRED']);
  expect(await confirm(new URL(url).searchParams.get('confirmationToken'))).toEqual([{ code: 'NOT_FOUND' }]);
  expect(await grantsOf(server.ask, connection)).toEqual([]);
});

test('what was confirmed is not given back', async () => {
  const { connection, person, back } = await away(APP);
  const { url } = await person.visit(back.url, { stopBefore: atApp });
  expect(await confirm(new URL(url).searchParams.get('confirmationToken'))).toEqual([]);
  const token = provider.latest();
  clock.pass(601);
  await removals(2);
  expect([provider.revocations, provider.isAlive(token)]).toEqual([[], true]);
  expect(await grantsOf(server.ask, connection)).toMatchObject([{ status: 'CONNECTED' }]);
});

test.each([
  ['for a grant', undefined],
  ['to be confirmed', APP],
])('what comes %s when the flow has ended meanwhile is given back', async (_name, returnTo) => {
  const { connection, flow, person, back } = await away(returnTo);
  const watched = watchFlow(server.url, flow.id);
  expect((await watched.next()).status).toBe('PENDING');
  const { complete } = oauth2Flow;
  jest.spyOn(oauth2Flow, 'complete').mockImplementationOnce(async (...given) => {
    const obtained = await complete(...given);
    clock.pass(61);
    expect(await watched.rest()).toEqual(['EXPIRED']);
    return obtained;
  });
  const given = nextRevocation();
  await person.visit(back.url, { stopBefore: atApp });
  expect((await given).form.get('token')).toMatch(/^rt_/);
  expect(provider.isAlive(provider.latest())).toBe(false);
  expect(await grantsOf(server.ask, connection)).toEqual([]);
});

test('what the database does not take is given back, and the flow says that it failed', async () => {
  const { connection, flow, person, back } = await away();
  jest.spyOn(FlowStore.prototype, 'authorize').mockRejectedValueOnce(new Error('database or disk is full'));
  const given = nextRevocation();
  expect((await person.visit(back.url)).status).toBe(500);
  expect((await given).form.get('token')).toMatch(/^rt_/);
  expect(await flowOf(server.ask, flow.id)).toMatchObject({ status: 'FAILED', error: { code: 'INTERNAL' } });
  expect(await grantsOf(server.ask, connection)).toEqual([]);
});

test('what is kept although the word of it was lost is not given back', async () => {
  const { connection, person, back } = await away();
  const { write } = Store.prototype;
  const authorize = jest.spyOn(FlowStore.prototype, 'authorize');
  const giveBack = jest.spyOn(Leftovers.prototype, 'giveBack');
  jest.spyOn(Store.prototype, 'write').mockImplementation(async function (this: Store, work) {
    const calls = authorize.mock.calls.length;
    const result = await write.call(this, work as never);
    if (authorize.mock.calls.length > calls) throw new Error('the connection to the database was cut');
    return result as never;
  });
  await person.visit(back.url);
  expect(giveBack).toHaveBeenCalledTimes(1);
  await (giveBack.mock.contexts[0] as Leftovers).settle();
  expect(provider.revocations).toEqual([]);
  expect(await grantsOf(server.ask, connection)).toMatchObject([{ status: 'CONNECTED' }]);
});

describe('a flow that ended', () => {
  test('is kept for thirty days, and then no longer', async () => {
    const { flow: old } = await away();
    clock.pass(601);
    // Each task of the sweeper goes its own way: a removal says nothing of how far the expiry is.
    while ((await flowOf(server.ask, old.id)).status === 'PENDING') await removals(1);
    expect(await flowOf(server.ask, old.id)).toMatchObject({ status: 'EXPIRED' });
    await removals(2);
    expect(await flowOf(server.ask, old.id)).toMatchObject({ status: 'EXPIRED' });
    clock.pass(DAY);
    const { flow: younger, person, back } = await away();
    await person.visit(back.url);
    clock.pass(29 * DAY - 1);
    await removals(2);
    expect(await flowOf(server.ask, old.id)).toMatchObject({ status: 'EXPIRED' });
    clock.pass(2);
    await removals(2);
    expect(await flowOf(server.ask, old.id)).toBeNull();
    expect(await flowOf(server.ask, younger.id)).toMatchObject({ status: 'AUTHORIZED' });
  });
});
