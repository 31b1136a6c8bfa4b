/** Health of the server itself: alive as long as it answers, ready as long as its database does. */
import type { ServerResponse } from 'node:http';
import type { Store } from '../storage/store';

export const livePath = '/health/live';
export const readyPath = '/health/ready';

/** Answers `livePath` (200) or `readyPath` (200, or 503 when the database does not answer or the server is stopping). */
export async function serveHealth(
  path: string,
  response: ServerResponse,
  store: Store,
  isStopping: boolean,
): Promise<void> {
  const isFine = path === livePath || (!isStopping && (await answers(store)));
  response.writeHead(isFine ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ status: isFine ? 'ok' : isStopping ? 'stopping' : 'database unavailable' }));
}

async function answers(store: Store): Promise<boolean> {
  try {
    await store.ping();
    return true;
  } catch {
    return false;
  }
}
