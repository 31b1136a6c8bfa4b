/** A small OAuth 1 provider around the verifier beside it, so that whole dances run where no other provider is installed. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type Message, parse, type SecretOf, Verifier } from './oauth1-verifier';

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly text?: string;
}

const newToken = () => randomBytes(12).toString('hex');
const encoded = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const json = (value: unknown): Reply => ({ text: JSON.stringify(value) });
const refusal: Reply = { status: 401, text: 'The signature or the token is wrong.' };

class Provider {
  private readonly verifier = new Verifier();
  private readonly asked = new Map<string, { client: string; secret: string; callback: string; verifier?: string }>();
  private readonly tokens = new Map<string, [client: string, secret: string]>();

  reply(message: Message): Reply {
    const [uri, method, body] = message;
    const url = new URL(uri);
    if (url.pathname === '/known') return this.learn(JSON.parse(body));
    if (url.pathname === '/verify') return json((JSON.parse(body) as Message[]).map((one) => this.verify(one)));
    if (url.pathname === '/initiate') return this.initiate(message);
    if (url.pathname === '/authorize') return method === 'GET' ? this.page(url) : this.decide(body);
    if (url.pathname === '/token') return this.exchange(message);
    const { accepted, of } = this.verifier.check(message, this.ofToken);
    if (!accepted) return refusal;
    if (url.pathname === '/revoke') this.tokens.delete(of('token'));
    const names = [...new Set(url.searchParams.keys())];
    const query = Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name)]));
    return json({ method, path: url.pathname, body, query, signatureMethod: of('signature_method') });
  }

  private readonly ofToken: SecretOf = (client, token) => {
    const [owner, secret] = this.tokens.get(token) ?? [];
    return owner === client ? secret : undefined;
  };

  private learn({ clients = {}, tokens = {} }: { clients?: object; tokens?: object }): Reply {
    for (const [key, secret] of Object.entries(clients)) this.verifier.clients.set(key, secret);
    for (const [token, facts] of Object.entries(tokens)) this.tokens.set(token, facts);
    return { status: 204 };
  }

  private verify(message: Message): { accepted: boolean; signature: boolean | null } {
    try {
      const { accepted, signature } = this.verifier.check(message, this.ofToken);
      return { accepted, signature };
    } catch {
      return { accepted: false, signature: null };
    }
  }

  private initiate(message: Message): Reply {
    const { accepted, of } = this.verifier.check(message, (_client, token) => (token === '' ? '' : undefined));
    if (!accepted || !/^https?:/.test(of('callback'))) return refusal;
    const [token, secret] = [newToken(), newToken()];
    this.asked.set(token, { client: of('consumer_key'), secret, callback: of('callback') });
    return { text: encoded({ oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: 'true' }) };
  }

  private page({ searchParams }: URL): Reply {
    const token = searchParams.get('oauth_token') ?? '';
    if (!this.asked.has(token)) return refusal;
    const field = `<input type="hidden" name="oauth_token" value="${token}">`;
    return { text: `<form method="post" action="/authorize">${field}</form>` };
  }

  private decide(body: string): Reply {
    const { oauth_token: token = '', decision = '' } = Object.fromEntries(parse(body));
    const known = this.asked.get(token);
    if (!known) return refusal;
    if (decision === 'consent') known.verifier = newToken();
    const answers: Record<string, Record<string, string>> = {
      consent: { oauth_token: token, oauth_verifier: known.verifier ?? '' },
      denied: { denied: token },
    };
    const answer = encoded(answers[decision] ?? { oauth_token: token, oauth_problem: decision });
    return {
      status: 302,
      headers: { location: `${known.callback}${known.callback.includes('?') ? '&' : '?'}${answer}` },
    };
  }

  private exchange(message: Message): Reply {
    const { accepted, of } = this.verifier.check(message, (client, token) => {
      const known = this.asked.get(token);
      return known?.client === client ? known.secret : undefined;
    });
    const verifier = this.asked.get(of('token'))?.verifier;
    if (!accepted || verifier === undefined || verifier !== of('verifier')) return refusal;
    const [token, secret] = [newToken(), newToken()];
    this.asked.delete(of('token'));
    this.tokens.set(token, [of('consumer_key'), secret]);
    return { text: encoded({ oauth_token: token, oauth_token_secret: secret }) };
  }
}

/** The provider as a server that does not listen yet. */
export function createProvider(): Server {
  const provider = new Provider();
  return createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    let reply: Reply;
    try {
      reply = provider.reply([`http://${headers.host}${url}`, method, Buffer.concat(chunks).toString(), headers]);
    } catch (error) {
      reply = { status: 400, text: String(error) };
    }
    response.writeHead(reply.status ?? 200, reply.headers).end(reply.text);
  });
}
