/** What the pages of a journey say: who asks for what, and how it ended. */
import { type AuthorizationFlow, AuthorizationFlowStatus } from '../authorization/flow';
import type { Invitation } from '../authorization/journey';
import { type Html, html } from './html';
import type { Page } from './pages';

/** Asks a person whether they want to go on to `next`. */
export function startPage(invitation: Invitation, next: string): Page {
  const { connectorName, connectionName, requestedBy, userId, scopes, providerHost } = invitation;
  const list = scopes.map(({ name, value }) => html`<li>${name} <span class="soft">${value}</span></li>`);
  return {
    status: 200,
    title: `Connect ${connectorName}?`,
    body: html`<p>You will be asked at <strong>${providerHost}</strong> whether to give access to your account there. Whoever asks here can use it from then on.</p>
<dl>
${fact('Asked by', requestedBy)}
${fact('For the connection', connectionName)}
${userId === null ? '' : fact('For the user', userId)}
${scopes.length === 0 ? '' : fact('Permissions', html`<ul>${list}</ul>`)}
</dl>
<a class="button" href="${next}" rel="nofollow">Continue to ${providerHost}</a>
<p class="note">You did not start this yourself, or somebody sent you this link? Then close this page: nothing has happened.</p>`,
  };
}

const fact = (name: string, value: string | Html) => html`<div><dt>${name}</dt><dd dir="auto">${value}</dd></div>`;

/** Tells how a flow ended; `origins`: where applications live that may have opened this window and be told, too. */
export function endPage({ id, status, error }: AuthorizationFlow, origins: readonly string[]): Page {
  const script = tellOpener(id, status, origins);
  if (status === AuthorizationFlowStatus.AUTHORIZED)
    return {
      status: 200,
      title: 'Connected',
      mark: 'good',
      body: html`<p>The connection is authorized. You can close this window and go back to the application.</p>`,
      script,
    };
  const isDenied = status === AuthorizationFlowStatus.DENIED;
  const words = error?.providerErrorDescription ?? error?.providerError;
  return {
    status: 400,
    title: isDenied ? 'Not connected' : 'That did not work',
    mark: isDenied ? 'none' : 'bad',
    body: html`<p>${error?.message ?? 'The authorization has ended.'}</p>
${words ? html`<p class="soft said">The provider says:</p><blockquote dir="auto">${words}</blockquote>` : ''}
<p class="note">You can close this window and start again from the application.</p>`,
    script,
  };
}

/** For links and states that stand for nothing; `message` says why. */
export const deadEndPage = (message: string): Page => ({
  status: 400,
  title: 'This does not lead anywhere',
  mark: 'bad',
  body: html`<p>${message}</p>`,
});

/** Tells the window that opened this one, if its origin is one of `origins`, and closes. */
function tellOpener(flowId: string, status: string, origins: readonly string[]): string {
  const message = inScript({ type: 'grapnel.authorization', flowId, status });
  return `if (window.opener) { for (const origin of ${inScript([...new Set(origins)])}) window.opener.postMessage(${message}, origin); window.close(); }`;
}

/** JSON that cannot end the script it stands in. */
const inScript = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');
