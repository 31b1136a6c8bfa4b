/** The provider of the demo, where a person consents: what OAuth 1 and OAuth 2 have in common there, and the server for both. */
import { randomBytes } from 'node:crypto';
import { type Loopback, listen } from './loopback';
import { json, type Received, type Reply, type Step } from './step';

export interface Provider {
  /** What its paths begin with. */
  readonly folder: string;
  /** Makes known where people may be sent back to. */
  register(redirectUri: string): void;
  /** `path`: without the folder. Throws a `Refusal`. */
  answer(path: string, received: Received): Reply;
  /** Ends the access tokens that were given; those who may get new ones. Only where tokens expire. */
  readonly expiry?: {
    endTokens(): void;
    /** How often tokens were renewed. */
    refreshes(): number;
  };
}

/** Why the provider does not play along. */
export class Refusal extends Error {
  constructor(
    readonly error: string,
    readonly status = 400,
  ) {
    super(error);
  }
}

export function startProvider(steps: readonly Step[]): Promise<Loopback> {
  const providers = steps.flatMap((step) => ('provider' in step ? step.provider : []));
  return listen((received) => {
    const { pathname } = received.url;
    const provider = providers.find(({ folder }) => pathname.startsWith(folder));
    try {
      return provider?.answer(pathname.slice(provider.folder.length), received) ?? json(404, {});
    } catch (error) {
      if (error instanceof Refusal) return json(error.status, { error: error.error });
      throw error;
    }
  });
}

/** Asks the person; the form comes back to the same address. */
export const consentPage = (question: string): Reply => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  text: `<!doctype html><title>Consent</title><h1>${question}</h1><form method="post"><button>Allow</button></form>`,
});

/** Sends the person back with an answer. */
export function sendBack(to: string, answer: Record<string, string>): Reply {
  const url = new URL(to);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  return { status: 302, headers: { location: url.href } };
}

/** A new secret; its kind stands in front, so that one can be told when it shows up where it should not. */
export const newSecret = (kind: string) => `${kind}-${randomBytes(16).toString('hex')}`;
