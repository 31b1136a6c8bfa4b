/** Calls the API through a connection, and shows what the API saw and what it answered. */
import { DemoFailure } from './failure';
import type { Stage } from './stage';
import type { Step } from './step';

const INVOKE = `mutation ($input: InvokeUrlInput!) {
  invokeUrl(input: $input) { response { status json durationMs } userErrors { code message } }
}`;

/** Throws a `DemoFailure` when the API does not take the credentials. */
export async function call(
  { title, method, path, body }: Step,
  { id }: { id: string },
  { grapnel, api, show }: Stage,
): Promise<void> {
  const { response } = await grapnel.change(INVOKE, {
    input: { connection: { id }, method, url: `${api.url}${path}`, body },
  });
  const { saw = [], ...answer } = response.json ?? {};
  show.line('invokeUrl', `${method} ${path} → ${show.good(response.status)} in ${response.durationMs} ms`);
  for (const [index, seen] of saw.entries()) show.line(index === 0 ? 'the API saw' : '', seen);
  show.line('and answered', JSON.stringify(answer));
  if (response.status !== 200) throw new DemoFailure(`The API did not accept the credentials of ${title}.`);
}
