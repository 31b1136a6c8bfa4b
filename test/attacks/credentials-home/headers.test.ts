/** What callers give besides the URL: no header, parameter or body of theirs takes the place of the connector's, or splits the request. */
import { invoke } from '../../support/invoke';
import { amount, expectNone } from '../../support/trust';
import { sampleOf } from '../door/sample';
import { API, connect, type Kind, kinds, spoils, startWorld, type World } from './world';

const CHAPTER = 'Credentials stay home';

// Many attempts in one test, and there may be much else to do for the machine.
jest.setTimeout(amount(60_000, 1_200_000));

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const EVIL = 'attacker.test';
const header = (name: string, value = EVIL) => ({ headers: [{ name, value }] });
const headers = (...pairs: [string, string][]) => ({ headers: pairs.map(([name, value]) => ({ name, value })) });
const breaks = ['\r\n', '\n', '\r', '\r\n ', '\0', '\u0085', '\u2028', '%0d%0a', '嘊嘍', '\\r\\n'];
const injected = (line: string) => `x${line}Host: ${EVIL}${line}X-Stolen: 1`;

/** What is meant for one auth type or another, and always tried. */
function pointed(own: string): object[] {
  return [
    header('Host'),
    header(own.toUpperCase()),
    headers([own, EVIL], [own, EVIL]),
    header('X-A', injected('\r\n')),
    { parameters: [{ name: 'api_key', value: EVIL }] },
    { parameters: [{ name: 'API_KEY', value: EVIL }] },
    { parameters: [{ name: 'api_key[]', value: EVIL }] },
    { url: `http://${API}:${world.port}/x?%61pi_key=${EVIL}` },
    { url: `http://${API}:${world.port}/x?a=1&api%5fkey=${EVIL}` },
    { body: { form: [{ name: 'api_key', value: EVIL }] } },
    { body: { multipart: [{ name: 'api_key', value: EVIL }] } },
    { parameters: [{ name: 'oauth_token', value: EVIL }] },
    { body: { form: [{ name: 'oauth_signature', value: EVIL }] } },
    { url: `http://${API}:${world.port}/x?X-Amz-Signature=${EVIL}&X-Amz-Credential=${EVIL}` },
  ];
}

/** What a caller may try; `own`: a header that the connector sets. */
function attempts(own: string): object[] {
  const routing = [
    'X-Forwarded-Host',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Server',
    'X-Forwarded-Port',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Host',
    'X-HTTP-Host-Override',
    'Forwarded',
    'X-Real-IP',
    'Via',
    'Referer',
    'Origin',
    'Alt-Used',
    'Location',
    'Destination',
    'X-HTTP-Method-Override',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Max-Forwards',
    'Refresh',
  ];
  const framing = [
    'Host',
    'HOST',
    'hOsT',
    'Transfer-Encoding',
    'Content-Length',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'HTTP2-Settings',
  ];
  return [
    ...[...routing, ...framing, own, own.toUpperCase(), own.toLowerCase()].map((name) => header(name)),
    headers([own, EVIL], [own, EVIL]),
    headers(['X-A', '1'], [own.toUpperCase(), EVIL], ['x-a', '2']),
    headers(['X-A', EVIL], ['X-A', EVIL], ['x-a', EVIL]),
    headers(['Host', `${API}:1`], ['Host', EVIL]),
    headers(['Connection', own]),
    headers(['Connection', 'close, X-Api-Key, Authorization']),
    headers(['Transfer-Encoding', 'chunked'], ['Content-Length', '0']),
    ...['Host ', ' Host', 'Host:', ':authority', 'Host\t', 'Ho\u017ft', `${own} `, `${own}:`, `${own}\0`, ''].map(
      (name) => header(name),
    ),
    ...breaks.flatMap((line) => [
      header('X-A', injected(line)),
      header(injected(line)),
      { parameters: [{ name: injected(line), value: injected(line) }] },
      { body: { form: [{ name: injected(line), value: injected(line) }] } },
      { body: { text: { content: injected(line), mediaType: `text/plain${injected(line)}` } } },
      { body: { text: { content: 'x', mediaType: `text/plain; charset=${injected(line)}` } } },
      { body: { multipart: [{ name: injected(line), value: 'x', fileName: injected(line) }] } },
      { body: { multipart: [{ name: 'x', value: 'x', mediaType: `text/plain; x=${injected(line)}` }] } },
      { url: `http://${API}:${world.port}/x${injected(line)}` },
      { url: `http://${API}:${world.port}/x HTTP/1.1${line}Host: ${EVIL}${line}${line}` },
    ]),
    { body: { text: { content: `0\r\n\r\nGET / HTTP/1.1\r\nHost: ${EVIL}\r\n\r\n` } } },
  ];
}

const valuesOf = (rawHeaders: readonly string[], name: string) =>
  rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);

/** What is wrong with a request that the honest API got. */
function faults(kind: Kind, { rawHeaders, target, body }: World['provider']['seen'][number]): string[] {
  const hosts = valuesOf(rawHeaders, 'host');
  const own = kind.headers.map((name) => valuesOf(rawHeaders, name));
  const carriers = [...own.flat(), target, body];
  return [
    ...(hosts.join() === `${API}:${world.port}` ? [] : [`Host ${hosts}`]),
    ...own.filter((values) => values.length !== 1 || values[0]?.includes(EVIL)).map((values) => `headers ${values}`),
    ...(carriers.some((text) => kind.proof.test(text) || /name="api_key"\r\n\r\ncanary/.test(text))
      ? []
      : ['no credentials']),
    ...(valuesOf(rawHeaders, 'x-stolen').length > 0 || target.includes(' ') ? ['split'] : []),
    ...(/[?&](?:api_key|%61pi_key|api%5fkey)=attacker/.test(target) && kind.name.includes('query') ? ['two keys'] : []),
  ];
}

test.each(kinds)('$name', async (kind) => {
  const { id } = await connect(world, kind, [`${API}:${world.port}`]);
  const own = kind.headers[0] ?? 'Authorization';
  const all = attempts(own);
  const tried = [...pointed(own), ...sampleOf(all, amount(10, all.length))];
  const hits: string[] = [];
  let sent = 0;
  for (const given of tried) {
    const before = world.provider.seen.length;
    const input = { url: `http://${API}:${world.port}/x`, method: 'POST', ...given };
    const { response, userErrors } = await invoke(world.ask, id, input).catch((error: Error) => {
      throw new Error(`${JSON.stringify(given)}: ${error.message}`);
    });
    const seen = world.provider.seen.slice(before);
    sent += seen.length;
    const wrong = seen.flatMap((one) => faults(kind, one));
    const isClear = response ? seen.length === 1 : seen.length === 0 && userErrors.length > 0;
    if (wrong.length > 0 || !isClear)
      hits.push(`${JSON.stringify(given)}: ${wrong} ${userErrors.map(({ code }) => code)}`);
  }
  expect(sent).toBeGreaterThan(0);
  expect([world.dials, spoils(world)]).toEqual([[], { connections: 0, canaries: [] }]);
  expectNone(CHAPTER, `${kind.name}: callers' headers and bodies that override or split`, hits, tried.length, 150);
});
