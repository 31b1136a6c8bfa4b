/** Where attacks on persons are played: a server, a provider with accounts, and two users of one connection, each with a browser and a session token. */
import { Person, type Seen } from '../../peers/person';
import { createSessionToken } from '../../support/keys';
import { begin, type Flow, linkIn, newConnection, type OAuthConnector, oauthConnector } from '../../support/oauth';
import { type Ask, dataOf, startTestServer, type TestOptions, type TestServer } from '../../support/server';
import { type Accounts, startAccounts } from './provider';

export const protocols = ['OAuth 2, code', 'OAuth 2, PKCE without secret', 'OAuth 1'] as const;
export type Protocol = (typeof protocols)[number];

export const APP = 'https://app.example.com/done';

/** Where the attacker would have people led. */
export const EVIL = 'https://evil.example/';

export const isOurs = (url: URL) => url.pathname.startsWith('/authorization/callback/');
export const isApp = ({ host }: URL) => host === 'app.example.com';

/** What a case of an attack is: what the attacker wants, and the attack; it gives what was won, beyond the wrong account. */
export interface Case {
  readonly name: string;
  readonly goal: string;
  attack(scene: Scene): Promise<unknown[] | undefined>;
}

/** Somebody about to come back from the provider. */
export interface Away {
  readonly flow: Flow;
  readonly link: string;
  readonly person: Person;
  readonly callback: URL;
}

export class Stage {
  private readonly connectors = new Map<Protocol, OAuthConnector>();

  private constructor(
    readonly server: TestServer,
    readonly accounts: Accounts,
  ) {}

  static async set(options: TestOptions = {}): Promise<Stage> {
    const stage = new Stage(await startTestServer(options), await startAccounts());
    const query = `mutation { workspaceUpdate(input: { returnToUrls: ["${APP}"] }) { userErrors { code } } }`;
    await dataOf(stage.server.ask(query));
    return stage;
  }

  /** The configuration of a connector for the provider; `more`: other fields of it. */
  config(protocol: Protocol, more: object = {}, { url } = this.accounts): object {
    if (protocol === 'OAuth 1') {
      const [requestTokenUrl, authorizationUrl] = [`${url}/one/initiate`, `${url}/one/authorize`];
      const ours = { consumerKey: 'grapnel', consumerSecret: 'secret', signatureMethod: 'PLAINTEXT' };
      return { oauth1: { ...ours, requestTokenUrl, authorizationUrl, tokenUrl: `${url}/one/token`, ...more } };
    }
    const [authorizationUrl, tokenUrl] = [`${url}/authorize`, `${url}/token`];
    const grant =
      protocol === 'OAuth 2, code'
        ? { grantType: 'AUTHORIZATION_CODE', clientSecret: 'secret' }
        : { grantType: 'AUTHORIZATION_CODE_WITH_PKCE' };
    return { oauth2: { clientId: 'grapnel', ...grant, authorizationUrl, tokenUrl, ...more } };
  }

  async connector(protocol: Protocol): Promise<OAuthConnector> {
    const known = this.connectors.get(protocol);
    if (known) return known;
    const made = await oauthConnector(
      this.server.ask,
      { name: `Drive ${this.connectors.size + 1}`, allowedHosts: [this.accounts.host] },
      this.config(protocol),
    );
    this.connectors.set(protocol, made);
    return made;
  }

  async scene(protocol: Protocol, returnTo?: string): Promise<Scene> {
    const connector = await this.connector(protocol);
    const connection = await newConnection(this.server.ask, connector, { authorizationLevel: 'LOGGED_IN_USER' });
    return Scene.open(this, protocol, connector, connection, returnTo);
  }

  async close(): Promise<void> {
    await Promise.all([this.server.remove(), this.accounts.close()]);
  }
}

/** One attack: `mallory` attacks `victim`; both are users of the connection. */
export class Scene {
  readonly mallory = new Person();
  readonly victim = new Person();
  private readonly redeemedBefore: number;

  private constructor(
    readonly stage: Stage,
    readonly protocol: Protocol,
    readonly connector: OAuthConnector,
    readonly connection: string,
    readonly returnTo: string | undefined,
    readonly asMallory: Ask,
    readonly asVictim: Ask,
  ) {
    stage.accounts.logIn(this.mallory, 'mallory');
    stage.accounts.logIn(this.victim, 'victim');
    this.redeemedBefore = stage.accounts.redeemed.length;
  }

  static async open(
    stage: Stage,
    protocol: Protocol,
    connector: OAuthConnector,
    connection: string,
    returnTo?: string,
  ): Promise<Scene> {
    const { ask, askAs } = stage.server;
    const [asMallory, asVictim] = [
      askAs(await createSessionToken(ask, connection, { userId: 'mallory' })),
      askAs(await createSessionToken(ask, connection, { userId: 'victim' })),
    ];
    return new Scene(stage, protocol, connector, connection, returnTo, asMallory, asVictim);
  }

  get server(): TestServer {
    return this.stage.server;
  }

  /** Begins a flow in the name of a user. */
  begin(ask: Ask): Promise<Flow> {
    return begin(ask, this.connection, this.returnTo === undefined ? {} : { returnTo: this.returnTo });
  }

  /** Where an address of ours is reached from here, behind whatever public address. */
  here(url: string): string {
    const { pathname, search } = new URL(url);
    return `${this.server.url}${pathname}${search}`;
  }

  /** Sends a user off to the provider and back, as far as the callback. */
  async away(who: 'mallory' | 'victim'): Promise<Away> {
    const flow = await this.begin(who === 'mallory' ? this.asMallory : this.asVictim);
    const [person, link] = [this[who], linkIn(flow)];
    const { url } = await person.press(await person.visit(this.here(link)), { stopBefore: isOurs });
    return { flow, link, person, callback: new URL(this.here(url)) };
  }

  /** Lets a person open an address, and go on to wherever it leads but the application. */
  open(person: Person, url: URL | string): Promise<Seen> {
    return person.visit(`${url}`, { stopBefore: isApp });
  }

  /** What the person brings back to the application, which confirms in their name. */
  async confirm(ask: Ask, { url }: Seen): Promise<string | null> {
    return this.confirmWith(ask, new URL(url).searchParams.get('confirmationToken') ?? '');
  }

  async confirmWith(ask: Ask, token: string): Promise<string | null> {
    const query = 'mutation ($token: String!) { authorizationConfirm(token: $token) { flow { status } } }';
    const { data } = await ask(query, { token });
    return data?.authorizationConfirm.flow?.status ?? null;
  }

  /** Whose account the grant of a user holds, as the provider tells it; `null`: there is none. */
  async accountOf(userId: string | undefined, connection = this.connection): Promise<string | null> {
    const query = 'mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { response { json } } }';
    const input = { connection: { id: connection }, userId, method: 'GET', url: `${this.stage.accounts.url}/me` };
    const { invokeUrl } = await dataOf(this.server.ask(query, { input }));
    return invokeUrl.response?.json.account ?? null;
  }

  /** What has gone wrong: an account with the wrong user, a code that served twice. */
  async damage(): Promise<string[]> {
    const [mallorys, victims] = [await this.accountOf('mallory'), await this.accountOf('victim')];
    const redeemed = this.stage.accounts.redeemed.slice(this.redeemedBefore);
    return [
      ...(mallorys === 'victim' ? ["The attacker's grant holds the victim's account."] : []),
      ...(victims === 'mallory' ? ["The victim's grant holds the attacker's account."] : []),
      ...(new Set(redeemed).size < redeemed.length ? ['A code served twice.'] : []),
    ];
  }
}
