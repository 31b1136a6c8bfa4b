/** A person with a browser: follows links and forms, keeps cookies, and sees the pages; no script runs. */

/** A page, or (status 0) the address before which the person stopped. */
export interface Seen {
  readonly url: string;
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

interface Going {
  readonly method?: string;
  readonly body?: URLSearchParams;
  /** Stops before an address for which this holds. */
  readonly stopBefore?: (url: URL) => boolean;
}

export class Person {
  /** Cookies by host, then name. */
  private readonly cookies = new Map<string, Map<string, string>>();
  /** Every address that was visited. */
  readonly visited: string[] = [];

  /** Goes to `url` and wherever it leads. */
  async visit(url: string, { method = 'GET', body, stopBefore = () => false }: Going = {}): Promise<Seen> {
    if (stopBefore(new URL(url))) return { url, status: 0, body: '', headers: new Headers() };
    this.visited.push(url);
    const jar = this.cookiesOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method,
      body,
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie && { cookie }) },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    const location = response.headers.get('location');
    if (location && response.status >= 300 && response.status < 400) {
      await response.arrayBuffer();
      return this.visit(new URL(location, url).href, { stopBefore });
    }
    return { url, status: response.status, body: await response.text(), headers: response.headers };
  }

  /** The cookies that are kept for the host of `url`, by name. */
  cookiesOf(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    return jar;
  }

  /** Follows the link with the class `button` of a page. */
  press(page: Seen, going: Going = {}): Promise<Seen> {
    return this.visit(linkOf(page, 'button'), going);
  }

  /** Logs in and consents at an `oidc-provider`, to the scopes in `only` if any, until it sends the person back. */
  consent(page: Seen, { only = [], ...going }: Going & { only?: readonly string[] } = {}): Promise<Seen> {
    const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1];
    // Whoever has consented before is not asked again.
    if (!action) return Promise.resolve(page);
    const body = new URLSearchParams(only.map((scope): [string, string] => ['only', scope]));
    return this.visit(new URL(action, page.url).href, { method: 'POST', body, ...going });
  }

  /** Declines at an `oidc-provider`. */
  decline(page: Seen): Promise<Seen> {
    return this.visit(linkOf(page, 'abort'));
  }
}

/** Where the link of this class on a page leads. */
export function linkOf({ url, body }: Seen, className: string): string {
  const href = new RegExp(`<a class="${className}" href="([^"]+)"`).exec(body)?.[1];
  if (!href) throw new Error(`There is no link of the class ${className} on ${url}: ${body}`);
  return new URL(href.replaceAll('&amp;', '&'), url).href;
}
