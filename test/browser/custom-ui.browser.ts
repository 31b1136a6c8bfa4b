/** The example UI in Chromium, as its backend serves it: people connect by a provider or by a form, and the page is told at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type OidcServer, startOidc } from '../peers/oidc';
import { grantsOf, newConnection, oauthConnector } from '../support/oauth';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { readyConnector, staticConfigs } from '../support/story';

const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

let browser: Browser;
let context: BrowserContext;
let server: TestServer;
let oidc: OidcServer;
const backends: ChildProcess[] = [];
/** Where the pages are: for a connection that everybody shares, and for one of which every user has their own. */
let shared: string;
let own: string;
/** The connections of the same names. */
const ids = { shared: '', own: '' };
/** What the browser complained about on the pages of the example. */
let complaints: string[];

/** A port that was free a moment ago: the pages want to know the server before it starts, and the server the pages. */
async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, 'close');
  return port;
}

/** Starts the backend of the example; gives the address that it prints. */
async function startBackend(grapnelUrl: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [join(__dirname, '../../examples/custom-ui/backend.mjs'), ...args], {
    env: { PATH: process.env.PATH, PORT: '0', GRAPNEL_URL: grapnelUrl, GRAPNEL_API_KEY: OWNER_KEY },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  backends.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^Open (http:\S+)\/$/.exec(line) ?? [];
    if (url) return url;
  }
  throw new Error('The backend ended without saying where it is.');
}

beforeAll(async () => {
  const port = await freePort();
  [browser, oidc, shared, own] = await Promise.all([
    chromium.launch({ executablePath: '/usr/bin/chromium', args: flags.split(' ') }),
    startOidc(),
    startBackend(`http://127.0.0.1:${port}`, 'shared_drive'),
    startBackend(`http://127.0.0.1:${port}`, 'own_mailbox', 'ada'),
  ]);
  server = await startTestServer({ env: { PORT: `${port}`, ALLOWED_ORIGINS: `${shared},${own}` } });
  const drive = await oauthConnector(
    server.ask,
    { name: 'Cloud Drive', scopes: ['files.read', 'files.write'] },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE_WITH_PKCE',
        clientId: 'acme',
        clientSecret: 'secret',
        authorizationUrl: `${oidc.url}/auth`,
        tokenUrl: `${oidc.url}/token`,
        scopeDelimiter: ' ',
      },
    },
  );
  oidc.register({
    client_id: 'acme',
    client_secret: 'secret',
    redirect_uris: [drive.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
  });
  const mailbox = { id: await readyConnector(server.ask, { name: 'Mailbox' }, staticConfigs.basic) };
  ids.shared = await newConnection(server.ask, drive, { name: 'Shared drive', linkName: 'shared_drive' });
  ids.own = await newConnection(
    server.ask,
    { ...mailbox, redirectUri: '', scopeIds: [] },
    {
      name: 'Own mailbox',
      linkName: 'own_mailbox',
      authorizationLevel: 'LOGGED_IN_USER',
    },
  );
});
afterAll(async () => {
  const ended = backends.map((child) => once(child, 'exit'));
  for (const child of backends) child.kill();
  await Promise.all([...ended, browser.close(), server.remove(), oidc.close()]);
});

beforeEach(async () => {
  complaints = [];
  context = await browser.newContext();
  context.on('console', (message) => {
    const isOurs = [shared, own].some((origin) => message.page()?.url().startsWith(origin));
    // The last page of an authorization offers its message to every allowed origin; the browser notes those that the page has not.
    if (isOurs && !/postMessage/.test(message.text()) && ['error', 'warning'].includes(message.type()))
      complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
});
afterEach(() => context.close());

const says = (page: Page, status: string) => page.getByTestId('status').getByText(status, { exact: true }).waitFor();

test('by a window of the provider: the person consents, the window closes, and the page shows what happens', async () => {
  const page = await context.newPage();
  await page.goto(shared);
  await says(page, 'UNAUTHORIZED');
  const opened = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Connect Cloud Drive' }).click();
  const popup = await opened;
  await page.getByTestId('flow').getByText('PENDING').waitFor();
  await popup.waitForURL(/\/authorization\/start\//);
  expect(await page.getByRole('link', { name: 'Open the window' }).getAttribute('href')).toBe(popup.url());
  await popup.getByRole('link', { name: /^Continue to 127\.0\.0\.1/ }).click();
  const closed = popup.waitForEvent('close');
  await popup.getByRole('button', { name: 'Allow' }).click();
  await closed;
  await page.getByTestId('flow').getByText('AUTHORIZED').waitFor();
  await says(page, 'CONNECTED');
  await page.getByRole('button', { name: 'Connect again' }).waitFor();
  expect(await grantsOf(server.ask, ids.shared)).toMatchObject([{ userId: null, status: 'CONNECTED' }]);

  const revoke = 'mutation ($id: ID!) { connectionRevoke(id: $id) { userErrors { code } } }';
  expect((await dataOf(server.ask(revoke, { id: ids.shared }))).connectionRevoke.userErrors).toEqual([]);
  await says(page, 'REVOKED');
  expect(complaints).toEqual([]);
});

test('by the form that the connector asks for: what is refused is said, what is right connects the user', async () => {
  const page = await context.newPage();
  await page.goto(own);
  await says(page, 'UNAUTHORIZED');
  await page.getByLabel('User').fill('a:da');
  expect(await page.getByLabel('Password').getAttribute('type')).toBe('password');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Connect Mailbox' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('User').fill('ada');
  await page.getByRole('button', { name: 'Connect Mailbox' }).click();
  await says(page, 'CONNECTED');
  expect(await grantsOf(server.ask, ids.own)).toMatchObject([{ userId: 'ada', status: 'CONNECTED' }]);
  await page.getByTestId('flow').getByText('AUTHORIZED').waitFor();
  expect(await page.getByLabel('Password').inputValue()).toBe('');
  expect(complaints).toEqual([]);
});
