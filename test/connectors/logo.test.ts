/** Logos over HTTP: given, refused, replaced, and served as images and nothing else. */
import { request } from 'node:http';
import { connectorOf, done, draft, ready, refusals, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { createConnection } from '../support/story';
import { chunk, GREY_2_BY_2, IEND, ihdr, png, sample, samples } from './image/image-parts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const setLogo = (id: string, image: Buffer) =>
  run(server.ask, 'connectorSetLogo', { id, imageBase64: image.toString('base64') });
const withLogo = async (image: Buffer): Promise<{ id: string; url: string }> => {
  const id = await draft(server.ask);
  return { id, url: (await setLogo(id, image)).connector.logo.url };
};

/** A PNG of exactly so many bytes, filled up with text. */
function ofSize(size: number): Buffer {
  const bare = png(ihdr(), chunk('teXt'), GREY_2_BY_2, IEND).length;
  return png(ihdr(), chunk('teXt', Buffer.alloc(size - bare)), GREY_2_BY_2, IEND);
}

/** Asks for exactly this path; `fetch` would resolve its dots first. */
const statusOf = (path: string, method = 'GET'): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(`${server.url}/`, { path, method }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    asked.on('error', reject).end();
  });

describe('a logo', () => {
  test.each(['PNG, grey', 'JPEG, grey, baseline'])(
    'is told with its size, and nothing else changes: %s',
    async (name) => {
      const id = await draft(server.ask);
      const before = await connectorOf(server.ask, id);
      const { connector } = await done(server.ask, 'connectorSetLogo', { id, imageBase64: samples[name]?.base64 });
      const { mediaType, width, height } = samples[name]!;
      const logo = {
        url: expect.stringContaining(`${server.url}/`),
        mediaType,
        width,
        height,
        byteSize: sample(name).length,
      };
      expect(connector).toEqual({ ...before, logo, updatedAt: connector.updatedAt });
      expect(await connectorOf(server.ask, id)).toEqual(connector);
    },
  );

  test('is replaced by the next: at another URL, with another size', async () => {
    const { id, url } = await withLogo(sample('PNG, grey'));
    const next = sample('JPEG, grey, baseline');
    const { connector } = await setLogo(id, next);
    expect(connector.logo).toMatchObject({ mediaType: 'image/jpeg', byteSize: next.length });
    expect(connector.logo.url).not.toBe(url);
    const served = await fetch(connector.logo.url);
    expect(served.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await served.arrayBuffer())).toEqual(next);
    expect((await setLogo(id, sample('PNG, grey'))).connector.logo.url).toBe(url);
  });

  test('can be given in READY', async () => {
    const id = await ready(server.ask);
    expect((await setLogo(id, sample('PNG, grey'))).connector).toMatchObject({
      stage: 'READY',
      logo: { mediaType: 'image/png' },
    });
  });

  test('has fewer than 1,048,576 bytes', async () => {
    const id = await draft(server.ask);
    expect((await setLogo(id, ofSize(1_048_575))).connector.logo.byteSize).toBe(1_048_575);
    const payload = await setLogo(id, ofSize(1_048_576));
    expect(refusals(payload)).toEqual(['ValidationError TOO_LONG imageBase64']);
    expect(payload.userErrors[0]?.message).toContain('1048576');
    expect((await connectorOf(server.ask, id)).logo.byteSize).toBe(1_048_575);
  });

  const grey = sample('PNG, grey');
  test.each([
    ['nothing', ''],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')],
    ['HTML', Buffer.from('<script>alert(1)</script>').toString('base64')],
    ['GIF', samples.GIF?.base64],
    ['an animated PNG', samples['PNG, animated']?.base64],
    ['a cut PNG', grey.subarray(0, -1).toString('base64')],
    ['bytes after the end', Buffer.concat([grey, Buffer.from([0])]).toString('base64')],
    ['a page after the end', Buffer.concat([grey, Buffer.from('<html>')]).toString('base64')],
    ['a data URL', `data:image/png;base64,${grey.toString('base64')}`],
    ['base64 with line breaks', grey.toString('base64').replace(/.{76}/g, '$&\n')],
    ['base64url', grey.toString('base64url')],
    ['no base64', '!!!!'],
  ])('is not %s, and the former one stays', async (_, imageBase64) => {
    const { id } = await withLogo(sample('JPEG, grey, baseline'));
    const before = await connectorOf(server.ask, id);
    const payload = await run(server.ask, 'connectorSetLogo', { id, imageBase64 });
    expect(refusals(payload)).toEqual(['ValidationError INVALID_FORMAT imageBase64']);
    expect(payload.connector).toBeNull();
    expect(await connectorOf(server.ask, id)).toEqual(before);
  });

  test('is not given to a connector that is not there', async () =>
    expect(refusals(await setLogo(`cnr_${'0'.repeat(32)}`, grey))).toEqual(['NotFoundError NOT_FOUND id']));
});

describe('is served', () => {
  test('as the very bytes, with a fixed type and nothing a browser could run', async () => {
    const image = sample('PNG, grey');
    const { url } = await withLogo(image);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(image);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': `${image.length}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      etag: expect.stringMatching(/^"[\w-]+"$/),
    });
  });

  test('to everybody, without a key', async () => {
    const { url } = await withLogo(sample('PNG, grey'));
    expect((await fetch(url, { headers: { authorization: 'Bearer wrong' } })).status).toBe(200);
  });

  test('once: who has it is told so by 304, without the bytes', async () => {
    const { id, url } = await withLogo(sample('PNG, grey'));
    const etag = (await fetch(url)).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, `${etag}, "other"`]) {
      const response = await fetch(url, { headers: { 'if-none-match': known } });
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    await setLogo(id, sample('JPEG, grey, baseline'));
    const response = await fetch(url, { headers: { 'if-none-match': etag } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  });

  test('to HEAD with the headers alone', async () => {
    const image = sample('PNG, grey');
    const { url } = await withLogo(image);
    const [get, head] = [await fetch(url), await fetch(url, { method: 'HEAD' })];
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const name of ['content-type', 'content-length', 'etag', 'x-content-type-options', 'content-security-policy'])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
  });

  test.each(['POST', 'PUT', 'DELETE'])('not to %s', async (method) => {
    const { url } = await withLogo(sample('PNG, grey'));
    expect((await fetch(url, { method })).status).toBe(405);
    expect((await fetch(url)).status).toBe(200);
  });

  test('where there is none, 404 alike: no logo, no connector, another kind of thing, a path that leads elsewhere', async () => {
    const { id, url } = await withLogo(sample('PNG, grey'));
    const path = new URL(url).pathname;
    const folder = path.slice(0, -id.length);
    const without = await draft(server.ask);
    const connector = await ready(server.ask);
    const connection = await createConnection(server.ask, { connector: { id: connector }, name: 'Connection' });
    const absent = [
      without,
      connection,
      `cnr_${'0'.repeat(32)}`,
      '',
      id.toUpperCase(),
      `${id}/`,
      `../${id}`,
      `%2e%2e/${id}`,
      `${id}%00`,
      `${id}'`,
    ];
    expect(await statusOf(path)).toBe(200);
    for (const name of absent) expect([name, await statusOf(folder + name)]).toEqual([name, 404]);
    const bodies = await Promise.all(
      [without, connection].map(async (name) => (await fetch(server.url + folder + name)).text()),
    );
    expect(new Set(bodies).size).toBe(1);
  });

  test('until the connector is deleted', async () => {
    const { id, url } = await withLogo(sample('PNG, grey'));
    await done(server.ask, 'connectorDelete', { id });
    expect((await fetch(url)).status).toBe(404);
  });
});
