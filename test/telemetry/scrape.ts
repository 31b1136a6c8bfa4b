/** What Prometheus would read: the page, taken apart by a reader of our own. */
import { OWNER_KEY } from '../support/server';

/** The samples by name and labels as they are written, such as `name{a="b"}`. */
export type Samples = ReadonlyMap<string, number>;

export const fetchMetrics = (url: string, authorization: string | undefined = `Bearer ${OWNER_KEY}`) =>
  fetch(`${url}/metrics`, { headers: authorization === undefined ? {} : { authorization } });

export async function scrape(url: string): Promise<Samples> {
  const response = await fetchMetrics(url);
  if (response.status !== 200) throw new Error(`The page answered ${response.status}.`);
  return samplesIn(await response.text());
}

export function samplesIn(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(\S+?(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      if (name === '') throw new Error(`Not a sample: ${line}`);
      return [name, Number(value)];
    }),
  );
}

/** How much each sample grew whose name begins with `prefix`; those that did not grow are left out. */
export function growth(before: Samples, after: Samples, prefix: string): Record<string, number> {
  return Object.fromEntries(
    [...after]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value - (before.get(name) ?? 0)] as const)
      .filter(([, grown]) => grown !== 0),
  );
}
