/** Which media types requests and responses are in (GraphQL over HTTP, RFC 9110 section 12.5.1). */

/** In order of preference: who does not care gets the one that every client understands. */
export const responseMediaTypes = ['application/json', 'application/graphql-response+json'] as const;

export type ResponseMediaType = (typeof responseMediaTypes)[number];

interface MediaType {
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What was answered to the values of Accept that came first: clients send few different ones. */
const known = new Map<string, ResponseMediaType | undefined>();
const KNOWN_LIMIT = 100;

/** The media type to answer in; `undefined` when the caller accepts neither. */
export function acceptedMediaType(accept = ''): ResponseMediaType | undefined {
  if (known.has(accept)) return known.get(accept);
  const chosen = chooseMediaType(accept);
  if (known.size < KNOWN_LIMIT) known.set(accept, chosen);
  return chosen;
}

function chooseMediaType(accept: string): ResponseMediaType | undefined {
  if (!accept.trim()) return responseMediaTypes[0];
  const ranges = accept.split(',').map((range, order) => ({ ...parseMediaType(range), order }));
  const usable = ranges.filter(isUtf8);
  const candidates = responseMediaTypes.flatMap((mediaType) => {
    // The most specific range that matches decides about a media type, even when it refuses.
    const [range] = usable
      .map((one) => ({ ...one, specificity: specificityOf(one.essence, mediaType) }))
      .filter((one) => one.specificity > 0)
      .sort((a, b) => b.specificity - a.specificity);
    const weight = range ? weightOf(range) : 0;
    return range && weight > 0 ? [{ ...range, mediaType, weight }] : [];
  });
  candidates.sort((a, b) => b.weight - a.weight || b.specificity - a.specificity || a.order - b.order);
  return candidates[0]?.mediaType;
}

/** Whether a body of this Content-Type is JSON in UTF-8. */
export function isJson(contentType: string | undefined): boolean {
  const mediaType = parseMediaType(contentType ?? '');
  return mediaType.essence === 'application/json' && isUtf8(mediaType);
}

function parseMediaType(text: string): MediaType {
  const [essence = '', ...parameters] = text.split(';').map((part) => part.trim());
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = '', value = ''] = parameter.split('=');
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
  });
  return { essence: essence.toLowerCase(), parameters: new Map(pairs) };
}

function isUtf8({ parameters }: MediaType): boolean {
  return /^utf-?8$/i.test(parameters.get('charset') ?? 'utf-8');
}

/** 0 for no match, 3 for an exact one. */
function specificityOf(range: string, mediaType: string): number {
  if (range === mediaType) return 3;
  if (range === 'application/*') return 2;
  return range === '*/*' || range === '*' ? 1 : 0;
}

/** From 0 (not acceptable) to 1. */
function weightOf({ parameters }: MediaType): number {
  const weight = Number(parameters.get('q') ?? 1);
  return weight >= 0 && weight <= 1 ? weight : 0;
}
