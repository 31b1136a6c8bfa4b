// Host names: every address is checked, the checked one is called, and OUTBOUND_ALLOW may make exceptions.
import { isIPv6 } from 'node:net';
import { closeServers, failureOf, get, httpPeer, outbound, type Peer } from './servers';

let canary: Peer;
beforeEach(async () => {
  canary = await httpPeer((_, response) => response.end('reached'));
});
afterEach(closeServers);

describe('a name', () => {
  const resolvingTo = (...addresses: string[]) => {
    const resolve = async () =>
      addresses.map((address) => ({ address, family: isIPv6(address) ? (6 as const) : (4 as const) }));
    return jest.fn<ReturnType<typeof resolve>, [string]>(resolve);
  };

  it.each([
    ['127.0.0.1', 'loopback'],
    ['10.0.0.7', 'private'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'an IPv4-mapped one'],
    ['::127.0.0.1', 'an IPv4-compatible one'],
    ['fe80::1%lo', 'not a plain IP address'],
    ['0x7f.1', 'not a plain IP address'],
    ['localhost', 'not a plain IP address'],
  ])('that resolves to %s is refused', async (address, purpose) => {
    const door = outbound({ allow: [], resolve: resolvingTo(address) });
    const error = await failureOf(door.send(get(`http://api.example.com:${canary.port}/`)));
    expect(error.failure).toBe('TARGET_NOT_ALLOWED');
    expect(error.message).toContain(` of api.example.com:${canary.port} is ${purpose}. `);
    expect(canary.sockets.length).toBe(0);
  });

  it('is refused for one bad address among good ones, whichever comes first', async () => {
    for (const addresses of [
      ['127.0.0.1', '10.0.0.7'],
      ['10.0.0.7', '127.0.0.1'],
    ]) {
      const door = outbound({ allow: ['127.0.0.1'], resolve: resolvingTo(...addresses) });
      const error = await failureOf(door.send(get(`http://api.example.com:${canary.port}/`)));
      expect(error.message).toBe(
        `The address 10.0.0.7 of api.example.com:${canary.port} is private. Add it to OUTBOUND_ALLOW if it may be called.`,
      );
    }
    expect(canary.sockets.length).toBe(0);
  });

  it('is resolved once for a connection, and that answer is the one that was checked', async () => {
    const allowed = await httpPeer((_, response) => response.setHeader('connection', 'close').end('allowed'), {
      host: '127.0.0.2',
      port: canary.port,
    });
    const answers = [[{ address: '127.0.0.2' }], [{ address: '127.0.0.1' }]];
    const resolve = jest.fn(async () => answers.shift()!);
    const door = outbound({ allow: ['127.0.0.2'], resolve: resolve as never });
    const url = `http://api.example.com:${canary.port}/`;

    expect((await door.send(get(url))).body.toString()).toBe('allowed');
    expect(resolve).toHaveBeenCalledTimes(1);
    expect((await failureOf(door.send(get(url)))).failure).toBe('TARGET_NOT_ALLOWED');
    expect(resolve).toHaveBeenCalledTimes(2);
    expect([allowed.sockets.length, canary.sockets.length]).toEqual([1, 0]);
  });

  it('may be called on the addresses that OUTBOUND_ALLOW holds, or when its name stands there', async () => {
    const url = `http://api.example.com:${canary.port}/`;
    const send = async (allow: string[]) => {
      const door = outbound({ allow, resolve: resolvingTo('127.0.0.1') });
      return door.send(get(url)).then(
        (answer) => answer.body.toString(),
        (error) => error.failure,
      );
    };
    expect(await send(['127.0.0.0/8'])).toBe('reached');
    expect(await send(['api.example.com'])).toBe('reached');
    expect(await send([`API.example.com:${canary.port}`])).toBe('reached');
    expect(await send(['api.example.com:1'])).toBe('TARGET_NOT_ALLOWED');
    expect(await send(['example.com', 'localhost'])).toBe('TARGET_NOT_ALLOWED');
  });

  it('is resolved by the system when nothing else is said', async () => {
    const door = outbound({ allow: ['localhost'] });
    expect((await door.send(get(`http://localhost:${canary.port}/`))).body.toString()).toBe('reached');
  });

  it('reaches the next address when one does not answer', async () => {
    const door = outbound({ resolve: resolvingTo('127.0.0.9', '::1', '127.0.0.1') });
    expect((await door.send(get(`http://api.example.com:${canary.port}/`))).body.toString()).toBe('reached');
  });

  it('without addresses, or unknown, gives no answer', async () => {
    const url = 'http://api.example.com/';
    expect((await failureOf(outbound({ resolve: resolvingTo() }).send(get(url)))).message).toBe(
      'api.example.com gave no usable answer (ENOTFOUND).',
    );
    const unknown = () => Promise.reject(Object.assign(new Error('secret words'), { code: 'EAI_AGAIN' }));
    expect((await failureOf(outbound({ resolve: unknown }).send(get(url)))).message).toBe(
      'api.example.com gave no usable answer (EAI_AGAIN).',
    );
  });
});
