/** The playground in Chromium: the story in tabs, the key, a query, the remembered id, a subscription, nothing from outside. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { CONNECTOR_ID, KEY, type StandIn, startStandIn } from './stand-in';

const flags =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const TABS = ['Viewer', 'Create', 'Configure', 'MarkReady', 'Connect', 'Authorize', 'Invoke', 'Watch'];

let browser: Browser;
let standIn: StandIn;
let context: BrowserContext;
let page: Page;
/** What the browser complained about; a refused policy is said here. */
let complaints: string[];
let requested: string[];

beforeAll(async () => {
  execFileSync(process.execPath, [resolve(__dirname, '../../scripts/build-playground.mjs')]);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags.split(' ') });
});

afterAll(() => browser.close());

beforeEach(async () => {
  complaints = [];
  requested = [];
  standIn = await startStandIn();
  context = await browser.newContext();
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('request', (request) => requested.push(request.url()));
  page = await context.newPage();
  page.on('websocket', (socket) => requested.push(socket.url()));
  await page.goto(standIn.url);
});

afterEach(async () => {
  await context.close();
  await standIn.close();
});

async function enterKey(key: string, expected: string): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Use key' }).click();
  await page.getByRole('status').getByText(expected, { exact: true }).waitFor();
}

const openTab = (name: string) => page.getByRole('tab', { name, exact: true }).click();
const pressPlay = () => page.getByRole('button', { name: /^Execute query/ }).click();
const answerHas = (text: string) => page.locator('.result-window').getByText(text).first().waitFor();

test('tells the story in order and, without a key, where the key is', async () => {
  await page.locator('.graphiql-tab-button').last().waitFor();
  expect(await page.locator('.graphiql-tab-button').allTextContents()).toEqual(TABS);
  await page.getByText('Your key was printed at the server’s first start.').waitFor();
  await pressPlay();
  await answerHas('Enter your API key above.');
  expect(requested.filter((url) => url.endsWith('/graphql'))).toEqual([]);
});

test('says whom a key belongs to and answers the first step; the key stays out of addresses and lasting storage', async () => {
  await enterKey('some other key', 'This key is not known.');
  await enterKey(KEY, 'OWNER of Harbour');
  await pressPlay();
  await answerHas('"Harbour"');
  expect(page.url()).toBe(standIn.url);
  expect(await page.evaluate('JSON.stringify({ ...localStorage }) + document.cookie')).toBe('{}');
  expect(requested.filter((url) => url.includes(encodeURIComponent(KEY)))).toEqual([]);
});

test('puts the id of the created connector into the later step', async () => {
  await enterKey(KEY, 'OWNER of Harbour');
  await openTab('MarkReady');
  await pressPlay();
  await answerHas('run step 2 first');
  await openTab('Create');
  await pressPlay();
  await answerHas('"DRAFT"');
  await openTab('MarkReady');
  await pressPlay();
  await answerHas(`"${CONNECTOR_ID}"`);
  await answerHas('"READY"');
});

test('a subscription with a key that is not accepted says so at once', async () => {
  await enterKey('some other key', 'This key is not known.');
  await openTab('Watch');
  await pressPlay();
  await answerHas('The server closed the subscription: 4403 Forbidden');
});

test('a subscription shows an event when it comes', async () => {
  await enterKey(KEY, 'OWNER of Harbour');
  await openTab('Watch');
  await pressPlay();
  await standIn.subscribed;
  standIn.publish('CONNECTED');
  await answerHas('"CONNECTED"');
});

test('keeps to its policy and to its server, whatever is opened', async () => {
  await enterKey(KEY, 'OWNER of Harbour');
  for (const name of ['Show Documentation Explorer', 'Show History']) await page.getByRole('button', { name }).click();
  for (const name of ['Open short keys dialog', 'Open settings dialog']) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await page.locator('.graphiql-query-editor .CodeMirror').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{ viewer { ');
  await page.keyboard.press('Control+Space');
  await page.locator('.CodeMirror-hints').getByText('role').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.CodeMirror-lint-mark-error').first().hover();
  await page.locator('.CodeMirror-lint-tooltip').waitFor();
  await openTab('Watch');
  await pressPlay();
  await standIn.subscribed;
  expect(complaints).toEqual([]);
  expect([...new Set(requested.map((url) => new URL(url).host))]).toEqual([new URL(standIn.url).host]);
});
