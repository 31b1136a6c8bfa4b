/** A person with a browser: follows links and forms, keeps cookies, and sees the pages; no script runs. */

interface Seen {
  readonly url: string;
  readonly status: number;
  readonly body: string;
}

export class Person {
  /** Cookies by host, then name. */
  private readonly cookies = new Map<string, Map<string, string>>();
  /** Every address that was visited. */
  readonly visited: string[] = [];

  /** Goes to `url` and wherever it leads. Stops before hosts in `stopAt`. */
  async visit(url: string, { method = 'GET', body, stopAt = [] }: { method?: string; body?: URLSearchParams; stopAt?: readonly string[] } = {}): Promise<Seen> {
    this.visited.push(url);
    const { host } = new URL(url);
    if (stopAt.includes(host)) return { url, status: 0, body: '' };
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    const response = await fetch(url, {
      method,
      body,
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    const location = response.headers.get('location');
    if (location && response.status >= 300 && response.status < 400) return this.visit(new URL(location, url).href, { stopAt });
    return { url, status: response.status, body: await response.text() };
  }

  /** Follows the link with the class `button` of a page. */
  async press({ url, body }: Seen, options = {}): Promise<Seen> {
    const href = /<a class="button" href="([^"]+)"/.exec(body)?.[1];
    if (!href) throw new Error(`There is no button on ${url}: ${body}`);
    return this.visit(new URL(href.replaceAll('&amp;', '&'), url).href, options);
  }

  /** Fills in and sends the first form of a page. */
  async submit({ url, body }: Seen, values: Record<string, string> = {}): Promise<Seen> {
    const form = /<form[^>]*action="([^"]+)"[^>]*>(.*?)<\/form>/s.exec(body);
    if (!form) throw new Error(`There is no form on ${url}: ${body}`);
    const hidden = [...(form[2] ?? '').matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value] as [string, string]);
    return this.visit(new URL((form[1] ?? '').replaceAll('&amp;', '&'), url).href, { method: 'POST', body: new URLSearchParams([...hidden, ...Object.entries(values)]) });
  }

  /** Logs in and consents at an `oidc-provider` with its development pages, until it sends the person back. */
  async consent(page: Seen): Promise<Seen> {
    const loggedIn = /name="login"/.test(page.body) ? await this.submit(page, { login: 'alice', password: 'any' }) : page;
    return /consent/.test(loggedIn.body) && loggedIn.url.includes('/interaction/') ? this.submit(loggedIn) : loggedIn;
  }
}
