// The order and the number of attempts to connect, with sockets that fail or hang as told.
import { Socket } from 'node:net';
import { firstToConnect } from '../../src/outbound/happy-eyeballs';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** Opens sockets that do what `behaviour` says for their address, and keeps what was asked. */
function dialling(behaviour: (address: string) => 'fails' | 'hangs' | 'connects') {
  const sockets = new Map<string, Socket>();
  const open = (address: string) => {
    const socket = new Socket();
    sockets.set(address, socket);
    const fate = behaviour(address);
    process.nextTick(() => {
      if (fate === 'connects') socket.emit('connect');
      if (fate === 'fails') socket.destroy(Object.assign(new Error(address), { code: 'ECONNREFUSED' }));
    });
    return socket;
  };
  const signal = new AbortController().signal;
  return { sockets, open, ready: 'connect' as const, signal };
}

it('takes the families in turns, at most eight addresses', async () => {
  const dial = dialling(() => 'fails');
  const addresses = ['2a00::1', '2a00::2', '2a00::3', '1.0.0.1', '1.0.0.2', '2a00::4', '2a00::5', '2a00::6', '2a00::7'];
  await expect(firstToConnect({ ...dial, addresses })).rejects.toThrow('2a00::1');
  expect([...dial.sockets.keys()]).toEqual([
    '2a00::1',
    '1.0.0.1',
    '2a00::2',
    '1.0.0.2',
    '2a00::3',
    '2a00::4',
    '2a00::5',
    '2a00::6',
  ]);
});

it('goes on while one hangs, and closes that one when another connects', async () => {
  const dial = dialling((address) => (address === '1.0.0.3' ? 'connects' : 'hangs'));
  const addresses = ['1.0.0.1', '1.0.0.2', '1.0.0.3'];
  const connecting = firstToConnect({ ...dial, addresses });
  await jest.advanceTimersByTimeAsync(500);
  const winner = await connecting;
  expect(winner).toBe(dial.sockets.get('1.0.0.3'));
  expect(addresses.map((address) => dial.sockets.get(address)!.destroyed)).toEqual([true, true, false]);
  winner.destroy();
});

it('gives up when none is ready in ten seconds', async () => {
  const dial = dialling(() => 'hangs');
  const outcome = firstToConnect({ ...dial, addresses: ['1.0.0.1', '1.0.0.2'] }).catch((error) => error.code);
  await jest.advanceTimersByTimeAsync(9_999);
  expect([...dial.sockets.values()].map((socket) => socket.destroyed)).toEqual([false, false]);
  await jest.advanceTimersByTimeAsync(1);
  expect(await outcome).toBe('ETIMEDOUT');
  expect([...dial.sockets.values()].map((socket) => socket.destroyed)).toEqual([true, true]);
});

it('opens nothing more after the first that connects', async () => {
  const dial = dialling(() => 'connects');
  (await firstToConnect({ ...dial, addresses: ['1.0.0.1', '1.0.0.2'] })).destroy();
  expect([...dial.sockets.keys()]).toEqual(['1.0.0.1']);
});

it('ends all attempts when told to', async () => {
  const dial = dialling(() => 'hangs');
  const ending = new AbortController();
  const connecting = firstToConnect({ ...dial, addresses: ['1.0.0.1'], signal: ending.signal });
  ending.abort();
  await expect(connecting).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
  expect(dial.sockets.get('1.0.0.1')!.destroyed).toBe(true);
  await expect(firstToConnect({ ...dial, addresses: ['1.0.0.2'], signal: ending.signal })).rejects.toMatchObject({
    code: 'UND_ERR_DESTROYED',
  });
  expect(dial.sockets.has('1.0.0.2')).toBe(false);
});
