/** An OAuth 1 provider that answers as a test tells it, path by path, and the way of a person to it and back. */

import { Person } from '../peers/person';
import { type Answerer, type PeerApi, type Received, startPeerApi } from '../support/peer-api';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { authorizeConnection, newConnection, toProvider, type Wish } from './oauth1-steps';

export const TEMPORARY =
  'oauth_token=temporary+token&oauth_token_secret=temporary+secret%2F1&oauth_callback_confirmed=true';
export const TOKENS = 'oauth_token=the+token&oauth_token_secret=the+secret%2F2';
export const VERIFIER = 'verifier 3/4';
/** The secrets above. */
export const SECRETS = ['temporary secret/1', 'the secret/2', VERIFIER];

export const says =
  (body: string, status = 200, headers: Record<string, string> = {}): Answerer =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

const usual: Record<string, Answerer> = {
  '/initiate': says(TEMPORARY),
  '/token': says(TOKENS),
  '/authorize': says('Consent?'),
};

/** The protocol parameters of a request, decoded. */
export const protocolOf = ({ headers }: Received): Record<string, string> =>
  Object.fromEntries(
    [...(headers.authorization ?? '').matchAll(/(oauth_[a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [
      name,
      decodeURIComponent(value ?? ''),
    ]),
  );

const pathOf = ({ target }: Received) => target.split('?', 1)[0] ?? '';

/** A server of ours beside the stand-in. */
export class StandIn {
  private constructor(
    readonly server: TestServer,
    readonly peer: PeerApi,
  ) {}

  static async start(): Promise<StandIn> {
    return new StandIn(await startTestServer(), await startPeerApi());
  }

  get ask(): Ask {
    return this.server.ask;
  }

  get url(): string {
    return this.peer.url;
  }

  async close(): Promise<void> {
    await Promise.all([this.server.remove(), this.peer.close()]);
  }

  /** Forgets what was received, and answers these paths so from now on; the others as a good provider does. */
  answers(given: Record<string, Answerer>): void {
    this.peer.received.splice(0);
    this.peer.answer((received, response) => {
      const path = pathOf(received);
      (given[path] ?? usual[path] ?? says('{}'))(received, response);
    });
  }

  /** What was received at this path. */
  received(path: string): Received[] {
    return this.peer.received.filter((one) => pathOf(one) === path);
  }

  /** A connection that, unless wished otherwise, signs with PLAINTEXT: such signatures can be read. */
  connect(wish: Partial<Wish> = {}) {
    const config = { signatureMethod: 'PLAINTEXT', ...wish.config };
    return newConnection(this.ask, { provider: this.url, ...wish, config });
  }

  /** Authorizes a connection as far as it goes; gives the flow and the last page. */
  async attempt(connection: string) {
    const person = new Person();
    const { flow, link } = await authorizeConnection(this.ask, connection);
    const left = await toProvider(person, link);
    if (!left.url.startsWith(this.url)) return { flow, page: left };
    const [initiated] = this.peer.received.filter(({ method }) => method === 'POST').slice(-1);
    const callback = protocolOf(initiated!).oauth_callback;
    const query = new URLSearchParams({ oauth_token: 'temporary token', oauth_verifier: VERIFIER });
    return { flow, page: await person.visit(`${callback}&${query}`) };
  }

  /** Calls the API of the provider; gives the status it answers. */
  async invoke(connection: string): Promise<number> {
    const query = 'mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { response { status } } }';
    const input = { connection: { id: connection }, method: 'GET', url: `${this.url}/api` };
    return (await dataOf(this.ask(query, { input }))).invokeUrl.response.status;
  }
}
