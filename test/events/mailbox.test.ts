/** Mailboxes: nothing is lost from the moment one is there, and nobody who is slow costs more than its limit. */
import { MAILBOX_LIMIT, Mailbox } from '../../src/events/mailbox';

const done = { value: undefined, done: true };
const is = (value: unknown) => ({ value, done: false });

test('messages wait in their order until they are taken', async () => {
  const mailbox = new Mailbox<number>();
  for (const number of [1, 2, 3]) mailbox.send(number);
  expect([await mailbox.next(), await mailbox.next(), await mailbox.next()]).toEqual([is(1), is(2), is(3)]);
});

test('readers wait in their order for messages', async () => {
  const mailbox = new Mailbox<number>();
  const readers = [mailbox.next(), mailbox.next()];
  mailbox.send(1);
  mailbox.send(2);
  expect(await Promise.all(readers)).toEqual([is(1), is(2)]);
});

test('a loop reads it until it is closed', async () => {
  const mailbox = new Mailbox<number>();
  mailbox.send(1);
  const seen: number[] = [];
  for await (const number of mailbox) {
    seen.push(number);
    if (number === 3) break;
    mailbox.send(number + 1);
  }
  expect(seen).toEqual([1, 2, 3]);
  expect(await mailbox.next()).toEqual(done);
});

test('to be closed ends those who wait, drops what waits, and is told once', async () => {
  const closed = jest.fn();
  const mailbox = new Mailbox<number>(closed);
  const reader = mailbox.next();
  expect(await mailbox.return()).toEqual(done);
  expect(await reader).toEqual(done);
  mailbox.send(1);
  expect(await mailbox.next()).toEqual(done);
  await mailbox.return();
  expect(closed).toHaveBeenCalledTimes(1);
});

test('as many as the limit may wait', async () => {
  const closed = jest.fn();
  const mailbox = new Mailbox<number>(closed);
  for (let number = 1; number <= MAILBOX_LIMIT; number += 1) mailbox.send(number);
  expect(closed).not.toHaveBeenCalled();
  expect(await mailbox.next()).toEqual(is(1));
  mailbox.send(MAILBOX_LIMIT + 1);
  for (let number = 2; number <= MAILBOX_LIMIT + 1; number += 1) expect(await mailbox.next()).toEqual(is(number));
  expect(closed).not.toHaveBeenCalled();
});

test('one more than the limit ends it with an error, after what waited was read', async () => {
  const closed = jest.fn();
  const mailbox = new Mailbox<number>(closed);
  for (let number = 1; number <= MAILBOX_LIMIT + 2; number += 1) mailbox.send(number);
  expect(closed).toHaveBeenCalledTimes(1);
  for (let number = 1; number <= MAILBOX_LIMIT; number += 1) expect(await mailbox.next()).toEqual(is(number));
  await expect(mailbox.next()).rejects.toMatchObject({ extensions: { code: 'RATE_LIMITED' } });
  expect(await mailbox.next()).toEqual(done);
  await mailbox.return();
  expect(closed).toHaveBeenCalledTimes(1);
});
