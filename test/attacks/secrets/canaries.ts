/** Canaries: secrets that were never seen before, and the search for them in whatever coding somebody might have left them. */
import { randomBytes } from 'node:crypto';

export interface Canary {
  readonly name: string;
  readonly text: string;
}

/** A secret with characters that look different in every coding: for credentials that people type. */
export const typed = (): string => `Can4ry"<\\/+&=${randomBytes(12).toString('hex')}`;

/** One that a provider might give: RFC 6749 appendix A.12 lets it be any visible ASCII. */
export const issued = (): string => `Can4ry.${randomBytes(12).toString('base64')}~+/=`;

const base64At = (bytes: Buffer, offset: number): string => {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  // What depends on the neighbours is cut off at both ends.
  return whole.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
};

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const inHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** `text` as it might be found: raw, base64 at each offset in both alphabets, hex, in URLs, forms, JSON, JSON in JSON, and HTML. */
export function codings(text: string): string[] {
  const url = encodeURIComponent(text);
  const form = new URLSearchParams([['', text]]).toString().slice(1);
  // RFC 6749 section 2.3.1: as a form first, then in base64.
  const base64 = [text, form].flatMap((one) => [0, 1, 2].map((offset) => base64At(Buffer.from(one), offset)));
  const hex = Buffer.from(text).toString('hex');
  return [
    ...new Set([
      text,
      ...base64,
      ...base64.map((coded) => coded.replaceAll('+', '-').replaceAll('/', '_')),
      hex,
      hex.toUpperCase(),
      url,
      url.replace(/%../g, (code) => code.toLowerCase()),
      encodeURIComponent(url),
      encodeURI(text),
      form,
      inJson(text),
      inJson(inJson(text)),
      inJson(text).replaceAll('/', '\\/'),
      inHtml(text),
    ]),
  ];
}

/** Something that was kept or told, in which there should be no canary, except those that it is there to tell. */
export interface Haystack {
  readonly place: string;
  readonly text: string | Buffer;
  readonly except?: readonly string[];
}

/** Which canaries are where, and how many searches that took. */
export function search(canaries: readonly Canary[], haystacks: readonly Haystack[]) {
  const hits: string[] = [];
  let searches = 0;
  const places = haystacks.map(({ place, text, except = [] }) => ({ place, except, bytes: Buffer.from(text) }));
  for (const { name, text } of canaries)
    for (const coded of codings(text)) {
      const needle = Buffer.from(coded);
      for (const { place, bytes, except } of places) {
        if (except.includes(text)) continue;
        searches += 1;
        if (bytes.includes(needle)) hits.push(`${name} in ${place}`);
      }
    }
  return { hits: [...new Set(hits)], searches };
}
