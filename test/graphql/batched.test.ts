/** Batches: what is asked for together is read together, and nothing is kept for later. */
import { batched } from '../../src/graphql/batched';

function counted() {
  const reads: string[][] = [];
  const loader = batched<string>(async (ids) => {
    reads.push([...ids]);
    return ids.map((id) => (id === 'bad' ? new Error('no bad') : `${id} in read ${reads.length}`));
  });
  return { loader, reads };
}

test('what is asked for at the same time is read at once', async () => {
  const { loader, reads } = counted();
  expect(await Promise.all(['a', 'b', 'a'].map((id) => loader.load(id)))).toEqual([
    'a in read 1',
    'b in read 1',
    'a in read 1',
  ]);
  expect(reads.length).toBe(1);
});

test('what is asked for later is read anew', async () => {
  const { loader } = counted();
  expect([await loader.load('a'), await loader.load('a')]).toEqual(['a in read 1', 'a in read 2']);
});

test('no read is of more than 500', async () => {
  const { loader, reads } = counted();
  await Promise.all(Array.from({ length: 1001 }, (_, index) => loader.load(`${index}`)));
  expect(reads.map((ids) => ids.length)).toEqual([500, 500, 1]);
});

test('an error is that of its id alone', async () => {
  const { loader } = counted();
  const [good, bad] = await Promise.allSettled(['good', 'bad'].map((id) => loader.load(id)));
  expect([good?.status, bad?.status]).toEqual(['fulfilled', 'rejected']);
});
