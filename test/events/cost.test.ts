/** What an event costs, counted in mailboxes that are touched: those that are told, however many others there are. */
import { ConnectionEventKind, EventBus } from '../../src/events/bus';
import { Mailbox } from '../../src/events/mailbox';

const at = new Date('2026-03-01T10:00:00.000Z');
const others = Array.from({ length: 2_000 }, (_, index) => index);

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
  expect(touchedBy(() => bus.flowChanged('flw_watched'), mine)).toEqual([0, 1]);
  expect(touchedBy(() => bus.flowChanged('flw_unwatched'), mine)).toEqual([]);
});

test('what happens to a connection touches those who watch it or its workspace, among thousands', () => {
  const bus = new EventBus();
  for (const index of others) {
    bus.ofConnection(`cnn_${index}`);
    bus.ofWorkspace(`wsp_${index}`);
    bus.ofFlow({ id: `flw_${index}`, connectionId: 'cnn_watched' });
  }
  const mine = [bus.ofConnection('cnn_watched'), bus.ofWorkspace('wsp_watched')];
  const connection = { id: 'cnn_watched', workspaceId: 'wsp_watched' };
  const update = () => bus.happened(ConnectionEventKind.UPDATED, connection, null, at);
  expect(touchedBy(update, mine)).toEqual([0, 1]);
});
