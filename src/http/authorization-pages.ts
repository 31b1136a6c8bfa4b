/** The start page, the way out to the provider, and the callback: what a browser sees of a journey. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newSecret } from '../access/api-key';
import { AuthorizationFlowStatus } from '../authorization/flow';
import { type BrowserSecret, DeadEnd, type Invitation, type Journeys, type Stop } from '../authorization/journeys';
import { callbackPath, type Links, startPath } from '../links';
import { type Html, html, sendPage } from './pages';

export interface AuthorizationParts {
  readonly journeys: Journeys;
  readonly links: Links;
  /** Browser origins of applications that may open our pages and be told how it ended. */
  readonly origins: readonly string[];
}

/** How long a browser remembers that it set out, in seconds: as long as a flow can take. */
const COOKIE_SECONDS = 1200;

export const isAuthorizationPath = (path: string): boolean =>
  path.startsWith(startPath) || path.startsWith(callbackPath);

/** Answers a GET to one of the authorization paths. */
export async function serveAuthorization(
  parts: AuthorizationParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(`http://ours${request.url}`);
  try {
    if (url.pathname.startsWith(callbackPath)) return await serveCallback(parts, url, request, response);
    const [token = '', rest] = url.pathname.slice(startPath.length).split('/', 2);
    return rest === undefined
      ? await serveStart(parts, token, request, response)
      : await serveContinue(parts, token, url, request, response);
  } catch (error) {
    if (!(error instanceof DeadEnd)) throw error;
    sendPage(response, { status: 400, title: 'This does not lead anywhere', body: html`<p>${error.message}</p>` });
  }
}

async function serveStart(
  { journeys, links }: AuthorizationParts,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const browser = browserSecret(request, links);
  const invitation = await journeys.invitation(token, browser);
  const secret = browser(invitation.flowId) ?? newSecret('gb');
  const next = `${startPath}${token}/continue?check=${checkOf(secret)}`;
  sendPage(
    response,
    { status: 200, title: `Connect ${invitation.connectorName}?`, body: invitationBody(invitation, next) },
    cookieOf(invitation.flowId, secret, links),
  );
}

function invitationBody(
  { connectorName, connectionName, requestedBy, userId, scopes, providerHost }: Invitation,
  next: string,
): Html {
  const scopeList = scopes.map((scope) => html`<li>${scope}</li>`);
  return html`<p>You will be asked at <strong>${providerHost}</strong> whether access to your account may be given. What you give there can be used by whoever asks here:</p>
<dl>
<dt>Asked by</dt><dd>${requestedBy}</dd>
<dt>For the connection</dt><dd>${connectionName} (${connectorName})</dd>
${userId === null ? html`` : html`<dt>For the user</dt><dd>${userId}</dd>`}
${scopes.length === 0 ? html`` : html`<dt>Permissions</dt><dd><ul>${scopeList}</ul></dd>`}
</dl>
<a class="button" href="${next}" rel="nofollow">Continue to ${providerHost}</a>
<p class="note">You did not start this yourself, or somebody sent you this link? Then close this page: nothing has happened.</p>`;
}

/** Only the page that this browser was shown has the check: no other site can send a person on their way unasked. */
async function serveContinue(
  { journeys, links, origins }: AuthorizationParts,
  token: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { flowId } = await journeys.invitation(token, browserSecret(request, links));
  const secret = browserSecret(request, links)(flowId);
  if (secret === undefined || !isSame(url.searchParams.get('check') ?? '', checkOf(secret)))
    throw new DeadEnd(
      'Open the link again in this browser, with cookies allowed, and continue from the page it shows.',
    );
  sendOn(await journeys.leave(token, secret), response, [...origins, links.publicOrigin]);
}

async function serveCallback(
  { journeys, links, origins }: AuthorizationParts,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const connectorId = url.pathname.slice(callbackPath.length);
  const stop = await journeys.arrive(connectorId, url.searchParams, browserSecret(request, links));
  sendOn(stop, response, [...origins, links.publicOrigin]);
}

function sendOn(stop: Stop, response: ServerResponse, origins: readonly string[]): void {
  if (stop.at !== 'end') {
    response
      .writeHead(303, { location: stop.url, 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' })
      .end();
    return;
  }
  const { id, status, error } = stop.flow;
  const isFine = status === AuthorizationFlowStatus.AUTHORIZED;
  const words = error?.providerErrorDescription ?? error?.providerError;
  sendPage(response, {
    status: isFine ? 200 : 400,
    title: isFine ? 'Connected' : status === AuthorizationFlowStatus.DENIED ? 'Not connected' : 'That did not work',
    body: isFine
      ? html`<p>The connection is authorized. You can close this window and go back to the application.</p>`
      : html`<p>${error?.message ?? 'The authorization has ended.'}</p>${words ? html`<p class="note">The provider says: ${words}</p>` : html``}<p class="note">You can close this window and start again from the application.</p>`,
    script: tellOpener(id, status, origins),
  });
}

/** Tells the window that opened this one, if its origin is one of ours, and closes. */
function tellOpener(flowId: string, status: string, origins: readonly string[]): string {
  const message = JSON.stringify({ type: 'grapnel.authorization', flowId, status });
  const targets = JSON.stringify(origins).replaceAll('<', '\\u003c');
  return `if (window.opener) { for (const origin of ${targets}) window.opener.postMessage(${message}, origin); window.close(); }`;
}

/** RFC 6265bis section 4.1.3.2: a `__Host-` cookie cannot be set by another host or over http. */
const cookieName = (flowId: string, links: Links) =>
  `${links.publicOrigin.startsWith('https:') ? '__Host-' : ''}grapnel-${flowId}`;

/** Lax, because a provider sends people back from another site. */
function cookieOf(flowId: string, secret: string, links: Links): string {
  const secure = links.publicOrigin.startsWith('https:') ? '; Secure' : '';
  return `${cookieName(flowId, links)}=${secret}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}

function browserSecret({ headers }: IncomingMessage, links: Links): BrowserSecret {
  const cookies = new Map(
    (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 2) as [string, string]),
  );
  return (flowId) => cookies.get(cookieName(flowId, links)) || undefined;
}

const checkOf = (secret: string) => createHash('sha256').update(`continue ${secret}`).digest('base64url');

const isSame = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
