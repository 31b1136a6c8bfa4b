/** Random addresses, most of them near the edges of special ranges: whatever the registries do not call global is not called. */
import { parseAddress, specialPurpose } from '../../../src/outbound/addresses';
import { closeServers, get, outbound } from '../../outbound/servers';
import { amount, expectNone, tell } from '../../support/trust';
import { honestProvider } from '../honest-provider';
import { startTwoFaced } from '../two-faced';
import { type Family, families, isGlobal, isOrdinary, spelled } from './classification';
import { randomFrom } from './sample';

const CHAPTER = 'The door out';

/** 128 random bits; some of them over the whole space, most of them so many bits away from the edge of a block. */
function* randomAddresses(count: number, seed: number): Generator<{ family: Family; value: bigint; text: string }> {
  const random = randomFrom(seed);
  const wide = () => [0, 0, 0, 0].reduce((sum) => (sum << 32n) | BigInt(random()), 0n);
  for (let turn = 0; turn < count; turn++) {
    const family = families[turn % 2]!;
    const { first, length } = family.blocks[random() % family.blocks.length]!;
    const rest = BigInt(family.bits - length);
    const edge = random() % 2 ? first : first + (1n << rest) - 1n;
    const away = wide() >> BigInt(random() % 128);
    const inside = first + (wide() & ((1n << rest) - 1n));
    const chosen = [wide(), edge + away, edge - away, inside, edge + BigInt((random() % 5) - 2)][random() % 5]!;
    const value = BigInt.asUintN(family.bits, chosen);
    yield { family, value, text: spelled(family, value, random()) };
  }
}

afterEach(async () => {
  await closeServers();
});

test('random addresses are judged as the registries judge them', () => {
  const count = amount(20_000, 1_000_000);
  const [unsafe, overcautious]: [string[], string[]] = [[], []];
  let global = 0;
  for (const { family, value, text } of randomAddresses(count, 0x2545f491)) {
    const address = parseAddress(text);
    const isCalled = address !== undefined && specialPurpose(address) === undefined;
    const mayBeCalled = isGlobal(family, value);
    if (mayBeCalled) global += 1;
    if (isCalled && !mayBeCalled) unsafe.push(text);
    // 168.63.129.16 is the platform itself, for machines at Azure.
    if (!isCalled && isOrdinary(family, value) && value !== 0xa83f8110n) overcautious.push(text);
  }
  // Neither all nor none: the comparison says something.
  expect(global).toBeGreaterThan(count / 5);
  expect(global).toBeLessThan((count * 4) / 5);
  expectNone(CHAPTER, 'random addresses that the registries do not call global, and we would call', unsafe, count, 1e6);
  expectNone(CHAPTER, 'random ordinary addresses that we would not call', overcautious, count, 1e6);
  tell(CHAPTER, 'random addresses that the registries call global', global.toLocaleString('en-US'));
});

test('and the door calls none of them that is not global, as a literal or by a name', async () => {
  const { server } = honestProvider();
  const faces = await startTwoFaced(server, (socket) => socket.end('HTTP/1.1 204 \r\nconnection: close\r\n\r\n'));
  let named = '';
  const door = outbound({ allow: [], resolve: async () => [{ address: named }] });
  const count = amount(200, 10_000);
  const wrong: string[] = [];
  let called = 0;
  for (const { family, value, text } of randomAddresses(count, 0x9e3779b9)) {
    const literal = family.bits === 32 ? text : `[${text}]`;
    named = text;
    for (const host of [literal, `n${called}.example.com`]) {
      const before = faces.dials.length;
      const outcome = await door.send(get(`http://${host}:${faces.port}/`)).then(
        ({ status }) => `${status}`,
        ({ failure }) => `${failure}`,
      );
      const isCalled = faces.dials.length > before;
      if (isCalled) called += 1;
      if (isCalled && !isGlobal(family, value)) wrong.push(`${host} ${text}`);
      if (outcome !== (isCalled ? '204' : 'TARGET_NOT_ALLOWED')) wrong.push(`${host} ${text}: ${outcome}`);
    }
  }
  await faces.close();
  expect(called).toBeGreaterThan(count / 5);
  expectNone(CHAPTER, 'of them, called by the door although not global', wrong, count * 2, 20_000);
});
