/** The bus: each topic reaches those who listen to it, from the call on, and leaves nothing behind. */
import { EventBus } from '../../src/events/bus';
import { ConnectionEventKind, FLOW_CHANGED, type Told } from '../../src/events/happening';
import { MAILBOX_LIMIT, type Mailbox } from '../../src/events/mailbox';
import { Topics } from '../../src/events/topics';

const at = new Date('2026-03-01T10:00:00.000Z');
const connection = { id: 'cnn_1', workspaceId: 'wsp_1' };
let count = 0;

/** Something that happened to a connection. */
function told(
  kind: ConnectionEventKind,
  { id: connectionId, workspaceId }: typeof connection,
  userId: string | null = null,
): Told {
  count += 1;
  return { id: `evt_${count}`, kind, at: at.getTime(), workspaceId, connectionId, flowId: null, userId };
}

/** The change of a flow. */
const flowChanged = (flowId: string): Told => ({
  ...told(ConnectionEventKind.UPDATED, connection),
  kind: FLOW_CHANGED,
  flowId,
});

/** What waits in a mailbox: closes it. */
async function taken<T>(mailbox: Mailbox<T>, count: number): Promise<T[]> {
  const messages: T[] = [];
  while (messages.length < count) messages.push((await mailbox.next()).value as T);
  return messages;
}

test('whoever listens gets what happens from then on, before anything is asked for', async () => {
  const bus = new EventBus();
  bus.deliver(told(ConnectionEventKind.CREATED, connection));
  const mailbox = bus.ofConnection('cnn_1');
  bus.deliver(told(ConnectionEventKind.AUTHORIZED, connection, 'user-7'));
  bus.deliver(told(ConnectionEventKind.UPDATED, connection));
  expect(await taken(mailbox, 2)).toEqual([
    {
      id: 'evt_2',
      kind: 'AUTHORIZED',
      at: at.getTime(),
      workspaceId: 'wsp_1',
      connectionId: 'cnn_1',
      flowId: null,
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
  bus.deliver(told(ConnectionEventKind.UPDATED, connection));
  bus.deliver(told(ConnectionEventKind.CREATED, { id: 'cnn_2', workspaceId: 'wsp_2' }));
  const ids = await Promise.all([own, workspace].map(async (mailbox) => (await taken(mailbox, 1))[0]?.id));
  expect(new Set(ids).size).toBe(1);
  const kinds = await Promise.all([other, foreign].map(async (mailbox) => (await taken(mailbox, 1))[0]?.kind));
  expect(kinds).toEqual(['CREATED', 'CREATED']);
});

test('what comes by two ways is told once', async () => {
  const bus = new EventBus();
  const mailbox = bus.ofConnection('cnn_1');
  const [one, other] = [told(ConnectionEventKind.CREATED, connection), told(ConnectionEventKind.UPDATED, connection)];
  for (const event of [one, one, other, one, other]) bus.deliver(event);
  bus.deliver(told(ConnectionEventKind.DELETED, connection));
  expect((await taken(mailbox, 3)).map(({ kind }) => kind)).toEqual(['CREATED', 'UPDATED', 'DELETED']);
});

test('a flow tells that it changed, and that its connection is deleted, but nothing else of the connection', async () => {
  const bus = new EventBus();
  const mailbox = bus.ofFlow({ id: 'flw_1', connectionId: 'cnn_1' });
  bus.deliver(flowChanged('flw_2'));
  bus.deliver(told(ConnectionEventKind.UPDATED, connection));
  bus.deliver(told(ConnectionEventKind.DELETED, { id: 'cnn_2', workspaceId: 'wsp_1' }));
  bus.deliver(flowChanged('flw_1'));
  bus.deliver(told(ConnectionEventKind.DELETED, connection));
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
