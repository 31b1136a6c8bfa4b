/** Tables of values of a configuration: which the server takes, and how it refuses the others. */
import { done, draft, refusals, run } from '../support/connectors';
import type { Ask } from '../support/server';

const drafts = new Map<Ask, Promise<string>>();

/** One connector for all tables of a file: what is refused leaves it as it was, and what is accepted is replaced by the next. */
function draftOf(ask: Ask): Promise<string> {
  const id = drafts.get(ask) ?? draft(ask);
  drafts.set(ask, id);
  return id;
}

/** What `connectorSetAuthConfig` refuses for; the paths begin inside the configuration of the type. */
export async function refusedFor(ask: Ask, authConfig: object): Promise<string[]> {
  const payload = await run(ask, 'connectorSetAuthConfig', { id: await draftOf(ask), authConfig });
  const inside = `authConfig.${Object.keys(authConfig)[0]}`;
  if (payload.userErrors.length > 0) expect(payload.connector).toBeNull();
  return refusals(payload).map((refusal) => refusal.replace(`${inside}.`, '').replace(inside, ''));
}

/** What is answered of a configuration that was just given to a new connector. */
export async function answered(ask: Ask, authConfig: object, input: object = {}) {
  const id = await draft(ask, input);
  return (await done(ask, 'connectorSetAuthConfig', { id, authConfig })).connector.authConfig;
}

/** A text of `length` characters. */
export const long = (length: number, character = 'a'): string => character.repeat(length);
