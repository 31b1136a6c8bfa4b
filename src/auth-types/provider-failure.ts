/** What goes wrong with a provider, told apart by what can be done about it. */

export enum FailureKind {
  /** The person declined. */
  DENIED = 'DENIED',
  /** The provider said no; asking again as before would not help. */
  REFUSED = 'REFUSED',
  /** The provider could not answer now; asking again later may help. */
  UNAVAILABLE = 'UNAVAILABLE',
  /** The provider's answer cannot be used. */
  BROKEN = 'BROKEN',
}

interface Details {
  /** RFC 6749 section 5.2: `error`, or whatever the provider says in its place. */
  readonly providerError?: string;
  /** RFC 6749 section 5.2: `error_description`. */
  readonly providerErrorDescription?: string;
  readonly httpStatus?: number;
  /** RFC 9110 section 10.2.3: how long the provider asks to be left alone, in seconds. */
  readonly retryAfter?: number;
}

/** `message` is a sentence for people; the provider's words stand beside it for operators. */
export class ProviderFailure extends Error {
  readonly providerError: string | null;
  readonly providerErrorDescription: string | null;
  readonly httpStatus: number | null;
  readonly retryAfter: number | null;

  constructor(
    readonly kind: FailureKind,
    message: string,
    { providerError, providerErrorDescription, httpStatus, retryAfter }: Details = {},
  ) {
    super(message);
    this.name = 'ProviderFailure';
    this.providerError = providerError ?? null;
    this.providerErrorDescription = providerErrorDescription ?? null;
    this.httpStatus = httpStatus ?? null;
    this.retryAfter = retryAfter ?? null;
  }
}

const WORDS_LIMIT = 300;

/** A provider's words, fit to be kept: short, printable, and without `secrets`, should it repeat them. */
export function words(text: unknown, secrets: readonly (string | undefined)[]): string | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const known = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length >= 4)
    // The longest first: one secret may begin another.
    .sort((one, other) => other.length - one.length);
  const without = known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return [...without.replace(/\p{C}+/gu, ' ')].slice(0, WORDS_LIMIT).join('').trim() || undefined;
}
