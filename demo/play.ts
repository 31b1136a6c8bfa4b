/** Plays one step: a connector of its type, made Ready, connected, authorized, called; and takes away what it made. */
import { authorize } from './authorize';
import { call } from './call';
import { DemoFailure } from './failure';
import type { Stage } from './stage';
import type { Step } from './step';

const userErrors = 'userErrors { code message }';

const CREATE = `mutation ($input: ConnectorCreateInput!) {
  connectorCreate(input: $input) { connector { id name stage } ${userErrors} }
}`;
const CONFIGURE = `mutation ($id: ID!, $authConfig: AuthConfigInput!) {
  connectorSetAuthConfig(id: $id, authConfig: $authConfig) { connector { authType redirectUri } ${userErrors} }
}`;
const MARK_READY = `mutation ($id: ID!) { connectorMarkReady(id: $id) { connector { stage } ${userErrors} } }`;
const CONNECT = `mutation ($input: ConnectionCreateInput!) {
  connectionCreate(input: $input) { connection { id linkName status } ${userErrors} }
}`;
const DELETE_CONNECTION = `mutation ($id: ID!) { connectionDelete(id: $id) { ${userErrors} } }`;
const DELETE_CONNECTOR = `mutation ($id: ID!) { connectorDelete(id: $id) { ${userErrors} } }`;

/** Throws a `DemoFailure` when anything, the answer of the API included, is not as it should be. */
export async function play(step: Step, stage: Stage): Promise<void> {
  const { grapnel, api, provider, show } = stage;
  /** How to take away what was made, the last one first. */
  const made: (() => Promise<unknown>)[] = [];
  try {
    const { connector } = await grapnel.change(CREATE, {
      input: { name: `Demo ${step.title}`, allowedHosts: [api.host] },
    });
    made.unshift(() => grapnel.change(DELETE_CONNECTOR, { id: connector.id }));
    const { connector: configured } = await grapnel.change(CONFIGURE, {
      id: connector.id,
      authConfig: 'provider' in step ? step.authConfigAt(provider.url) : step.authConfig,
    });
    if ('provider' in step) step.provider.register(configured.redirectUri);
    const { connector: ready } = await grapnel.change(MARK_READY, { id: connector.id });
    show.line('connector', `${connector.name}, ${configured.authType}: ${connector.stage} → ${show.good(ready.stage)}`);

    const { connection } = await grapnel.change(CONNECT, {
      input: { connector: { id: connector.id }, name: `Demo ${step.title}` },
    });
    made.unshift(() => grapnel.change(DELETE_CONNECTION, { id: connection.id }));
    await authorize(step, connection, stage);
    await call(step, connection, stage);

    const expiry = 'provider' in step ? step.provider.expiry : undefined;
    if (expiry) {
      expiry.endTokens();
      show.line('the provider', 'has ended the token; the same call again:');
      await call(step, connection, stage);
      if (expiry.refreshes() !== 1)
        throw new DemoFailure(`The provider was asked for new tokens ${expiry.refreshes()} times, not once.`);
      show.line('the provider', `was asked for a new token ${show.good('once')}, behind the scenes`);
    }
  } catch (error) {
    // What went wrong first is what is to be told.
    for (const remove of made) await remove().catch(() => undefined);
    throw error;
  }
  for (const remove of made) await remove();
}
