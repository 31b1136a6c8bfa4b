/** What an event costs, counted in mailboxes that are touched: those that are told, however many others there are. */
import { EventBus } from '../../src/events/bus';
import { ConnectionEventKind, FLOW_CHANGED, type Told } from '../../src/events/happening';
import { Mailbox } from '../../src/events/mailbox';

const others = Array.from({ length: 2_000 }, (_, index) => index);

const told = (kind: Told['kind'], flowId: string | null): Told => ({
  ...{ id: `${kind} ${flowId}`, kind, at: 0, flowId, userId: null },
  ...{ connectionId: 'cnn_watched', workspaceId: 'wsp_watched' },
});

/** Which of `mine` are touched by `act`, once for each time; -1 for any other mailbox. */
function touchedBy(act: () => void, mine: readonly unknown[]): number[] {
  const send = jest.spyOn(Mailbox.prototype, 'send');
  act();
  const touched = send.mock.contexts.map((mailbox) => mine.indexOf(mailbox));
  send.mockRestore();
  return touched;
}

test('a flow that changes touches those who watch it, among thousands that watch other flows', () => {
  const bus = new EventBus();
  for (const index of others) bus.ofFlow({ id: `flw_${index}`, connectionId: 'cnn_1' });
  const watched = { id: 'flw_watched', connectionId: 'cnn_1' };
  const mine = [bus.ofFlow(watched), bus.ofFlow(watched)];
  expect(touchedBy(() => bus.deliver(told(FLOW_CHANGED, 'flw_watched')), mine)).toEqual([0, 1]);
  expect(touchedBy(() => bus.deliver(told(FLOW_CHANGED, 'flw_unwatched')), mine)).toEqual([]);
});

test('what happens to a connection touches those who watch it or its workspace, among thousands', () => {
  const bus = new EventBus();
  for (const index of others) {
    bus.ofConnection(`cnn_${index}`);
    bus.ofWorkspace(`wsp_${index}`);
    bus.ofFlow({ id: `flw_${index}`, connectionId: 'cnn_watched' });
  }
  const mine = [bus.ofConnection('cnn_watched'), bus.ofWorkspace('wsp_watched')];
  const update = () => bus.deliver(told(ConnectionEventKind.UPDATED, null));
  expect(touchedBy(update, mine)).toEqual([0, 1]);
});
