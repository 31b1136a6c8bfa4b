/** Every spelling at the door itself, whatever rules stand before it; and a canary that is heard once the door is open. */
import { closeServers, get, outbound } from '../../outbound/servers';
import { amount, expectNone, tell } from '../../support/trust';
import { honestProvider } from '../honest-provider';
import { startTwoFaced } from '../two-faced';
import { sampleOf } from './sample';
import { spellings } from './spellings';

const CHAPTER = 'The door out';

afterEach(closeServers);

test('at the door itself, whatever was let through before it; and the canary would have heard them', async () => {
  const resolve = async () => [{ address: '127.0.0.1' }];
  const [strict, lenient] = [[], ['0.0.0.0/0', '::/0']].map((allow) => outbound({ allow, resolve }));
  const faces = await startTwoFaced(honestProvider().server);
  const all = spellings(faces.port);
  const failures: string[] = [];
  for (const { url } of all)
    failures.push(
      await strict!.send(get(url)).then(
        () => 'answered',
        ({ failure }) => failure,
      ),
    );
  const hits = all.filter((_, index) => failures[index] !== 'TARGET_NOT_ALLOWED').map(({ url }) => url);
  expectNone(CHAPTER, 'the door: URLs given as they are', hits, all.length, 400);
  expect([faces.dials, faces.connections()]).toEqual([[], 0]);

  let heard = 0;
  const some = sampleOf(all, amount(100, all.length));
  for (const { url } of some) {
    const before = faces.connections();
    await lenient!.send(get(url)).catch(() => undefined);
    if (faces.connections() > before) heard += 1;
  }
  expect(heard).toBeGreaterThan(some.length / 3);
  await faces.close();
  tell(CHAPTER, 'of these, heard by the canary once every address is allowed', `${heard} of ${some.length}`);
});
