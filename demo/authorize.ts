/** Authorizes a connection: with credentials at once, or by a person who consents while a subscription watches. */
import { DemoFailure } from './failure';
import { Person } from './person';
import type { Stage } from './stage';
import { MASK, type Step } from './step';

interface Connection {
  readonly id: string;
  readonly linkName: string;
  readonly status: string;
}

const AUTHORIZE = `mutation ($input: ConnectionAuthorizeInput!) {
  connectionAuthorize(input: $input) {
    flow { id authorizationUrl }
    connection { status }
    userErrors { code message }
  }
}`;
const WATCH = `subscription ($id: ID!) {
  authorizationFlow(id: $id) { status error { message } connection { status } }
}`;

/** Throws a `DemoFailure` when there are no credentials in the end. */
export async function authorize(step: Step, connection: Connection, stage: Stage): Promise<void> {
  const { grapnel, show } = stage;
  const { flow, connection: authorized } = await grapnel.change(AUTHORIZE, {
    input: { connection: { id: connection.id }, ...('credentials' in step && { credentials: step.credentials }) },
  });
  const status = 'credentials' in step ? authorized.status : await consent(flow, stage);
  show.line('connection', `${connection.linkName}: ${connection.status} → ${show.good(status)}`);
}

interface Flow {
  readonly id: string;
  readonly authorizationUrl: string;
}

/** The status of the connection, once the person has consented. */
async function consent({ id, authorizationUrl }: Flow, { grapnel, show }: Stage): Promise<string> {
  show.line('start link', authorizationUrl.replace(/[^/]+$/, MASK));
  let known = '';
  for await (const { authorizationFlow } of grapnel.watch(WATCH, { id })) {
    const { status, error, connection } = authorizationFlow;
    show.line('pushed', `the flow is ${status === 'AUTHORIZED' ? show.good(status) : status}`);
    if (error) throw new DemoFailure(`The authorization failed: ${error.message}`);
    // Only now, so that everything the person does is watched.
    if (known === '') await new Person().authorize(authorizationUrl, (what) => show.line('the person', what));
    known = connection.status;
  }
  return known;
}
