/** Plays one step: a connector of its type, made Ready, connected, authorized, called; and takes away what it made. */
import type { Api } from './api';
import { DemoFailure } from './failure';
import type { Grapnel } from './grapnel';
import type { Step } from './step';
import type { Terminal } from './terminal';

const userErrors = 'userErrors { code message }';

const CREATE = `mutation ($input: ConnectorCreateInput!) {
  connectorCreate(input: $input) { connector { id name stage } ${userErrors} }
}`;
const CONFIGURE = `mutation ($id: ID!, $authConfig: AuthConfigInput!) {
  connectorSetAuthConfig(id: $id, authConfig: $authConfig) { connector { authType } ${userErrors} }
}`;
const MARK_READY = `mutation ($id: ID!) { connectorMarkReady(id: $id) { connector { stage } ${userErrors} } }`;
const CONNECT = `mutation ($input: ConnectionCreateInput!) {
  connectionCreate(input: $input) { connection { id linkName status } ${userErrors} }
}`;
const AUTHORIZE = `mutation ($input: ConnectionAuthorizeInput!) {
  connectionAuthorize(input: $input) { connection { status } ${userErrors} }
}`;
const INVOKE = `mutation ($input: InvokeUrlInput!) {
  invokeUrl(input: $input) { response { status json durationMs } ${userErrors} }
}`;
const DELETE_CONNECTION = `mutation ($id: ID!) { connectionDelete(id: $id) { ${userErrors} } }`;
const DELETE_CONNECTOR = `mutation ($id: ID!) { connectorDelete(id: $id) { ${userErrors} } }`;

/** Throws a `DemoFailure` when anything, the answer of the API included, is not as it should be. */
export async function play(step: Step, grapnel: Grapnel, api: Api, show: Terminal): Promise<void> {
  /** How to take away what was made, the last one first. */
  const made: (() => Promise<unknown>)[] = [];
  try {
    const { connector } = await grapnel.change(CREATE, {
      input: { name: `Demo ${step.title}`, allowedHosts: [api.host] },
    });
    made.unshift(() => grapnel.change(DELETE_CONNECTOR, { id: connector.id }));
    const { connector: configured } = await grapnel.change(CONFIGURE, {
      id: connector.id,
      authConfig: step.authConfig,
    });
    const { connector: ready } = await grapnel.change(MARK_READY, { id: connector.id });
    show.line('connector', `${connector.name}, ${configured.authType}: ${connector.stage} → ${show.good(ready.stage)}`);

    const { connection } = await grapnel.change(CONNECT, {
      input: { connector: { id: connector.id }, name: `Demo ${step.title}` },
    });
    made.unshift(() => grapnel.change(DELETE_CONNECTION, { id: connection.id }));
    const { connection: authorized } = await grapnel.change(AUTHORIZE, {
      input: { connection: { id: connection.id }, credentials: step.credentials },
    });
    show.line('connection', `${connection.linkName}: ${connection.status} → ${show.good(authorized.status)}`);

    const { method, path, body } = step;
    const { response } = await grapnel.change(INVOKE, {
      input: { connection: { id: connection.id }, method, url: `${api.url}${path}`, body },
    });
    const { saw = [], ...answer } = response.json ?? {};
    show.line('invokeUrl', `${method} ${path} → ${show.good(response.status)} in ${response.durationMs} ms`);
    for (const [index, seen] of saw.entries()) show.line(index === 0 ? 'the API saw' : '', seen);
    show.line('and answered', JSON.stringify(answer));
    if (response.status !== 200) throw new DemoFailure(`The API did not accept the credentials of ${step.title}.`);
  } catch (error) {
    // What went wrong first is what is to be told.
    for (const remove of made) await remove().catch(() => undefined);
    throw error;
  }
  for (const remove of made) await remove();
}
