/** The start page, the way out to the provider, and the callback: what a browser sees of a journey. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hashOf, newSecret } from '../access/secret';
import { type BrowserSecret, DeadEnd, isSame, type Stop } from '../authorization/journey';
import type { Journeys } from '../authorization/journeys';
import { callbackPath, type Links, startPath } from '../links';
import { browserSecret, cookieOf } from './browser-cookie';
import { deadEndPage, endPage, startPage } from './journey-pages';
import { sendPage } from './pages';

export interface AuthorizationParts {
  readonly journeys: Journeys;
  readonly links: Links;
  /** Browser origins of applications that may open our pages and be told how it ended. */
  readonly origins: readonly string[];
}

export const isAuthorizationPath = (path: string): boolean =>
  path.startsWith(startPath) || path.startsWith(callbackPath);

/** A path as it may be logged: whoever reads a start link can follow it. */
export const withoutToken = (path: string): string => (path.startsWith(startPath) ? `${startPath}…` : path);

/** Answers a GET to one of the authorization paths. */
export async function serveAuthorization(
  parts: AuthorizationParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(`http://ours${request.url}`);
  const browser = browserSecret(request, parts.links);
  const [token = '', step] = url.pathname.slice(startPath.length).split('/');
  try {
    if (url.pathname.startsWith(callbackPath)) await serveCallback(parts, url, browser, response);
    else if (step === undefined) await serveStart(parts, token, browser, response);
    else if (step === 'continue') await serveContinue(parts, token, url, browser, response);
    else throw new DeadEnd('There is nothing at this address.');
  } catch (error) {
    if (!(error instanceof DeadEnd)) throw error;
    sendPage(response, deadEndPage(error.message));
  }
}

async function serveStart(
  { journeys, links }: AuthorizationParts,
  token: string,
  browser: BrowserSecret,
  response: ServerResponse,
): Promise<void> {
  const invitation = await journeys.invitation(token, browser);
  const secret = browser(invitation.flowId) ?? newSecret('gb');
  const next = `${startPath}${token}/continue?check=${checkOf(secret)}`;
  sendPage(response, startPage(invitation, next), cookieOf(invitation.flowId, secret, links));
}

/** Only the page that this browser was shown has the check: no other site can send a person on their way unasked. */
async function serveContinue(
  { journeys, links, origins }: AuthorizationParts,
  token: string,
  url: URL,
  browser: BrowserSecret,
  response: ServerResponse,
): Promise<void> {
  const { flowId } = await journeys.invitation(token, browser);
  const secret = browser(flowId);
  const isFromOurPage = secret !== undefined && isSame(url.searchParams.get('check') ?? '', hashOf(checkOf(secret)));
  if (!isFromOurPage)
    throw new DeadEnd(
      'Open the link again in this browser, with cookies allowed, and continue from the page it shows.',
    );
  sendOn(await journeys.leave(token, secret), response, [links.publicOrigin, ...origins]);
}

async function serveCallback(
  { journeys, links, origins }: AuthorizationParts,
  { pathname, searchParams }: URL,
  browser: BrowserSecret,
  response: ServerResponse,
): Promise<void> {
  const stop = await journeys.arrive(pathname.slice(callbackPath.length), searchParams, browser);
  sendOn(stop, response, [links.publicOrigin, ...origins]);
}

function sendOn(stop: Stop, response: ServerResponse, origins: readonly string[]): void {
  if (stop.at === 'end') sendPage(response, endPage(stop.flow, origins));
  else response.writeHead(303, { ...onTheWay, location: stop.url }).end();
}

const onTheWay = { 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' };

const checkOf = (secret: string) => hashOf(`continue ${secret}`);
