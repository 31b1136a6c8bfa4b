/** The person of the demo, with a browser as small as one can be: follows links, keeps cookies, presses what the pages offer. */
import { DemoFailure } from './failure';

interface Page {
  readonly url: string;
  readonly text: string;
}

export class Person {
  /** Cookies by origin, then name. */
  private readonly cookies = new Map<string, Map<string, string>>();

  /** From a start link to the page at the end. `tell` is told what the person reads and presses. */
  async authorize(startLink: string, tell: (what: string) => void): Promise<void> {
    const start = await this.visit(startLink);
    const [, href, label] = /<a class="button" href="([^"]+)"[^>]*>([^<]+)</.exec(start.text) ?? [];
    if (!href) throw new DemoFailure(`The start page has no button: ${headingOf(start)}`);
    tell(`reads “${headingOf(start)}” and presses “${label}”`);
    const consent = await this.visit(new URL(href.replaceAll('&amp;', '&'), start.url).href);
    if (!consent.text.includes('<form method="post">'))
      throw new DemoFailure(`The provider did not ask for consent; the page says “${headingOf(consent)}”.`);
    tell(`reads “${headingOf(consent)}” and presses “Allow”`);
    const end = await this.visit(consent.url, 'POST');
    tell(`reads “${headingOf(end)}”`);
  }

  /** Goes there and wherever that leads. */
  private async visit(url: string, method = 'GET'): Promise<Page> {
    const { origin } = new URL(url);
    const jar = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, jar);
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(url, { method, redirect: 'manual', headers: { accept: 'text/html', cookie } }).catch(
      () => {
        throw new DemoFailure(`The person cannot reach ${origin}.`);
      },
    );
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    const location = response.headers.get('location');
    const text = await response.text();
    return location ? this.visit(new URL(location, url).href) : { url, text };
  }
}

const headingOf = ({ text }: Page) => /<h1[^>]*>([^<]+)</.exec(text)?.[1] ?? 'a page without a heading';
