/** The bus: each topic reaches those who listen to it, from the call on, and leaves nothing behind. */
import { ConnectionEventKind, EventBus } from '../../src/events/bus';
import { MAILBOX_LIMIT, type Mailbox } from '../../src/events/mailbox';
import { Topics } from '../../src/events/topics';

const at = new Date('2026-03-01T10:00:00.000Z');
const connection = { id: 'cnn_1', workspaceId: 'wsp_1' };

/** What waits in a mailbox: closes it. */
async function taken<T>(mailbox: Mailbox<T>, count: number): Promise<T[]> {
  const messages: T[] = [];
  while (messages.length < count) messages.push((await mailbox.next()).value as T);
  return messages;
}

test('whoever listens gets what happens from then on, before anything is asked for', async () => {
  const bus = new EventBus();
  bus.happened(ConnectionEventKind.CREATED, connection, null, at);
  const mailbox = bus.ofConnection('cnn_1');
  bus.happened(ConnectionEventKind.AUTHORIZED, connection, 'user-7', at);
  bus.happened(ConnectionEventKind.UPDATED, connection, null, at);
  expect(await taken(mailbox, 2)).toEqual([
    {
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      kind: 'AUTHORIZED',
      at: at.getTime(),
      workspaceId: 'wsp_1',
      connectionId: 'cnn_1',
      userId: 'user-7',
    },
    expect.objectContaining({ kind: 'UPDATED', userId: null }),
  ]);
});

test('an event reaches its connection and its workspace, under one id, and no other', async () => {
  const bus = new EventBus();
  const [own, workspace, other, foreign] = [
    bus.ofConnection('cnn_1'),
    bus.ofWorkspace('wsp_1'),
    bus.ofConnection('cnn_2'),
    bus.ofWorkspace('wsp_2'),
  ];
  bus.happened(ConnectionEventKind.UPDATED, connection, null, at);
  bus.happened(ConnectionEventKind.CREATED, { id: 'cnn_2', workspaceId: 'wsp_2' }, null, at);
  const ids = await Promise.all([own, workspace].map(async (mailbox) => (await taken(mailbox, 1))[0]?.id));
  expect(new Set(ids).size).toBe(1);
  const kinds = await Promise.all([other, foreign].map(async (mailbox) => (await taken(mailbox, 1))[0]?.kind));
  expect(kinds).toEqual(['CREATED', 'CREATED']);
});

test('a flow tells that it changed, and that its connection is deleted, but nothing else of the connection', async () => {
  const bus = new EventBus();
  const mailbox = bus.ofFlow({ id: 'flw_1', connectionId: 'cnn_1' });
  bus.flowChanged('flw_2');
  bus.happened(ConnectionEventKind.UPDATED, connection, null, at);
  bus.happened(ConnectionEventKind.DELETED, { id: 'cnn_2', workspaceId: 'wsp_1' }, null, at);
  bus.flowChanged('flw_1');
  bus.happened(ConnectionEventKind.DELETED, connection, null, at);
  expect(await taken(mailbox, 2)).toEqual(['flw_1', 'cnn_1']);
});

describe('a topic', () => {
  test('is forgotten when the last who listened has gone, on whichever of its topics', async () => {
    const topics = new Topics<number>();
    const one = topics.listen('a', 'b');
    const other = topics.listen('a');
    expect(topics.size).toBe(2);
    await one.return();
    expect(topics.size).toBe(1);
    topics.publish('a', 1);
    expect(await taken(other, 1)).toEqual([1]);
    await other.return();
    expect(topics.size).toBe(0);
  });

  test('forgets one who is too slow, and still serves the others', async () => {
    const topics = new Topics<number>();
    const slow = topics.listen('a');
    for (let number = 1; number <= MAILBOX_LIMIT + 1; number += 1) topics.publish('a', number);
    expect(topics.size).toBe(0);
    const quick = topics.listen('a');
    topics.publish('a', 7);
    expect(await taken(quick, 1)).toEqual([7]);
    expect(await slow.next()).toEqual({ value: 1, done: false });
  });
});
