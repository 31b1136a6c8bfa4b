/** Streams made from others: told, left out, last; and ended from outside while they wait. */
import { Mailbox } from '../../src/events/mailbox';
import { mapStream } from '../../src/events/stream';

const done = { value: undefined, done: true };
const is = (value: unknown) => ({ value, done: false });

function filled(...numbers: number[]) {
  const closed = jest.fn();
  const source = new Mailbox<number>(closed);
  for (const number of numbers) source.send(number);
  return { source, closed };
}

test('tells what each event becomes, and leaves out what becomes nothing', async () => {
  const { source } = filled(1, 2, 3, 4);
  const even = mapStream(source, async (number) => (number % 2 === 0 ? { told: `n${number}` } : {}));
  expect([await even.next(), await even.next()]).toEqual([is('n2'), is('n4')]);
});

test('ends after the last, whether that is told or not', async () => {
  for (const [step, expected] of [
    [{ told: 'last', last: true }, [is('last'), done]],
    [{ last: true }, [done, done]],
  ] as const) {
    const { source, closed } = filled(1, 2);
    const stream = mapStream(source, () => step);
    expect([await stream.next(), await stream.next()]).toEqual(expected);
    expect(closed).toHaveBeenCalledTimes(1);
  }
});

test('ends with its source', async () => {
  const { source } = filled();
  const stream = mapStream(source, (number) => ({ told: number }));
  const next = stream.next();
  await source.return();
  expect(await next).toEqual(done);
});

test('rejects with what a step throws, and ends its source', async () => {
  const { source, closed } = filled(1);
  const stream = mapStream(source, () => {
    throw new Error('no');
  });
  await expect(stream.next()).rejects.toThrow('no');
  expect(closed).toHaveBeenCalledTimes(1);
  expect(await stream.next()).toEqual(done);
});

test('can be ended while it waits for an event', async () => {
  const { source, closed } = filled();
  const stream = mapStream(source, (number) => ({ told: number }));
  const next = stream.next();
  expect(await stream.return?.()).toEqual(done);
  expect(await next).toEqual(done);
  expect(closed).toHaveBeenCalledTimes(1);
});
