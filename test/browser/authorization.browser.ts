/** An authorization in Chromium: an application opens it in a window of its own, a person consents, and the application is told. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type OidcServer, startOidc } from '../peers/oidc';
import {
  begin,
  flowOf,
  grantsOf,
  linkIn,
  newConnection,
  type OAuthConnector,
  oauthConnector,
  startLink,
} from '../support/oauth';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { type Application, startApplication } from './application';

const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

let browser: Browser;
let server: TestServer;
let oidc: OidcServer;
/** One whose origin is allowed, and one whose origin is not. */
let application: Application;
let stranger: Application;
let connector: OAuthConnector;
let context: BrowserContext;
/** What the browser complained about; a refused policy is said here. */
let complaints: string[];

beforeAll(async () => {
  [browser, oidc, application, stranger] = await Promise.all([
    chromium.launch({ executablePath: '/usr/bin/chromium', args: flags.split(' ') }),
    startOidc(),
    startApplication(),
    startApplication(),
  ]);
  server = await startTestServer({ env: { ALLOWED_ORIGINS: application.origin } });
  connector = await oauthConnector(
    server.ask,
    { name: 'Cloud Drive', scopes: ['files.read', 'files.write'] },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'acme',
        clientSecret: 'secret',
        authorizationUrl: `${oidc.url}/auth`,
        tokenUrl: `${oidc.url}/token`,
        issuer: oidc.url,
        issuerPromised: true,
        scopeDelimiter: ' ',
      },
    },
  );
  oidc.register({
    client_id: 'acme',
    client_secret: 'secret',
    redirect_uris: [connector.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
  });
});
afterAll(() => Promise.all([browser.close(), server.remove(), oidc.close(), application.close(), stranger.close()]));

beforeEach(() => open());
afterEach(() => context.close());

async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  await context?.close();
  complaints = [];
  context = await browser.newContext(options);
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
}

async function sessionOf(connection: string): Promise<string> {
  const query = 'mutation ($id: ID!) { sessionTokenCreate(input: { connection: { id: $id } }) { token } }';
  return (await dataOf(server.ask(query, { id: connection }))).sessionTokenCreate.token;
}

/** Clicks `Connect` on the page of an application; gives the window that opens. */
async function popupOf(page: Page): Promise<Page> {
  const opened = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Connect' }).click();
  return opened;
}

async function consent(page: Page): Promise<void> {
  await page.getByRole('link', { name: /^Continue to 127\.0\.0\.1/ }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

interface Told {
  readonly messages: { origin: string; data: unknown }[];
  readonly states: { id: string; status: string; connection: { status: string } }[];
  readonly completed: boolean;
}

test('an application that opened the window is told by a message and by its subscription, and the window closes', async () => {
  const connection = await newConnection(server.ask, connector);
  const page = await context.newPage();
  await page.goto(application.page({ url: server.url, token: await sessionOf(connection), connection }));
  const popup = await popupOf(page);
  await heading(popup, 'Connect Cloud Drive?');
  const closed = popup.waitForEvent('close');
  await consent(popup);
  await closed;
  await page.waitForFunction('told.completed && told.messages.length > 0');
  const { messages, states } = await page.evaluate<Told>('told');
  const [first] = states;
  expect(states).toMatchObject([
    { id: first?.id, status: 'PENDING', connection: { status: 'UNAUTHORIZED' } },
    {
      id: first?.id,
      status: 'AUTHORIZED',
      authorizationUrl: null,
      connection: { id: connection, status: 'CONNECTED' },
    },
  ]);
  expect(messages).toEqual([
    { origin: server.url, data: { type: 'grapnel.authorization', flowId: first?.id, status: 'AUTHORIZED' } },
  ]);
  expect(await grantsOf(server.ask, connection)).toMatchObject([{ status: 'CONNECTED' }]);
});

test('an application that is told of a person who declined', async () => {
  const connection = await newConnection(server.ask, connector);
  const page = await context.newPage();
  await page.goto(application.page({ url: server.url, token: await sessionOf(connection), connection }));
  const popup = await popupOf(page);
  await popup.getByRole('link', { name: /^Continue to/ }).click();
  const closed = popup.waitForEvent('close');
  await popup.getByRole('link', { name: 'Decline' }).click();
  await closed;
  await page.waitForFunction('told.completed && told.messages.length > 0');
  const { messages, states } = await page.evaluate<Told>('told');
  expect(states.map(({ status }) => status)).toEqual(['PENDING', 'DENIED']);
  expect(messages).toMatchObject([{ origin: server.url, data: { status: 'DENIED' } }]);
});

test('a page of another origin that opened the window is told nothing', async () => {
  const flow = await begin(server.ask, await newConnection(server.ask, connector));
  const page = await context.newPage();
  await page.goto(stranger.page({ url: server.url, token: '', connection: '' }));
  const opened = page.waitForEvent('popup');
  await page.evaluate(`void window.open(${JSON.stringify(linkIn(flow))})`);
  const popup = await opened;
  const closed = popup.waitForEvent('close');
  await consent(popup);
  await closed;
  expect((await flowOf(server.ask, flow.id)).status).toBe('AUTHORIZED');
  // A message to oneself comes after all that were sent before it.
  await page.evaluate("postMessage('last', '*')");
  await page.waitForFunction('told.messages.length > 0');
  expect(await page.evaluate('told.messages')).toEqual([{ origin: stranger.origin, data: 'last' }]);
});

test('the pages keep to their policy', async () => {
  const page = await context.newPage();
  await page.goto(await startLink(server.ask, await newConnection(server.ask, connector)));
  await consent(page);
  await heading(page, 'Connected');
  await page.goto(`${server.url}/authorization/start/x`);
  await heading(page, 'This does not lead anywhere');
  // The status of the last page, which the browser takes for a failure to load it.
  expect(complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
});

test('all of it works without script', async () => {
  await open({ javaScriptEnabled: false });
  const connection = await newConnection(server.ask, connector);
  const page = await context.newPage();
  await page.goto(await startLink(server.ask, connection));
  await consent(page);
  await heading(page, 'Connected');
  expect(await grantsOf(server.ask, connection)).toMatchObject([{ status: 'CONNECTED' }]);
});

test.each([
  ['light', 390],
  ['dark', 390],
  ['light', 320],
  ['light', 1280],
] as const)('the pages fit and can be read, %s, %d pixels wide', async (colorScheme, width) => {
  await open({ colorScheme, viewport: { width, height: 844 } });
  const connection = await newConnection(server.ask, connector, {
    name: 'x'.repeat(50),
    linkName: `fits_${colorScheme}_${width}`,
    authorizationLevel: 'LOGGED_IN_USER',
  });
  const page = await context.newPage();
  const look = async (name: string) => {
    await heading(page, name);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await page.evaluate<number>(`(${lowestContrast})()`)).toBeGreaterThanOrEqual(4.5);
  };
  await page.goto(await startLink(server.ask, connection, { userId: 'u'.repeat(255) }));
  await look('Connect Cloud Drive?');
  const button = await page.getByRole('link', { name: /^Continue to/ }).boundingBox();
  expect(button?.height).toBeGreaterThanOrEqual(44);
  await consent(page);
  await look('Connected');
  await page.goto(`${server.url}/authorization/callback/x`);
  await look('This does not lead anywhere');
});

/** The lowest contrast (WCAG 2.2, 1.4.3) between a text on the page and what is behind it. */
const lowestContrast = `() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) return color;
    }
    return [255, 255, 255];
  };
  const contrasts = [...document.querySelectorAll('main *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))])
    .map(([one, other]) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05));
  return Math.min(...contrasts);
}`;
