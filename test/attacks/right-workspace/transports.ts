/** One operation over HTTP, over a socket and as server-sent events: all that came back, to be compared byte for byte. */
import { BEGUN, codesOf, openSocket, untilBegun } from '../../support/sockets';
import { openStream } from '../../support/streams';

export interface Came {
  /** The codes of the errors of the answer; of a subscription that goes on without a word, none. */
  readonly codes: string[];
  /** Everything that came, but date and request id. */
  readonly bytes: string;
}

/** What a caller (`secret`) gets for `query`, with nothing else going on at the server. */
export type Transport = (url: string, secret: string | undefined, query: string) => Promise<Came>;

const isTold = ([name]: [string, string]) => !['date', 'x-request-id', 'keep-alive'].includes(name);

const codesIn = (results: readonly { errors?: { extensions: { code: string } }[] }[]) =>
  results.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions.code));

export const transports: Record<string, Transport> = {
  async HTTP(url, secret, query) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(secret && { authorization: `Bearer ${secret}` }) },
      body: JSON.stringify({ query }),
    });
    const body = await response.text();
    const bytes = JSON.stringify([response.status, [...response.headers].filter(isTold), body]);
    return { codes: codesIn([JSON.parse(body)]), bytes };
  },

  async socket(url, secret, query) {
    const socket = openSocket(url, secret);
    try {
      return await untilBegun(async (begun) => {
        const watch = socket.subscribe(query);
        if ((await Promise.race([begun, watch.ended])) === BEGUN) return listening;
        const end = await watch.ended;
        const { code, reason } = (end ?? {}) as { code?: number; reason?: string };
        if (code !== undefined) return { codes: [`${reason}`], bytes: `closed ${code} ${reason}` };
        return { codes: await codesOf(watch), bytes: JSON.stringify([watch.told, end]) };
      });
    } finally {
      socket.close();
    }
  },

  async 'server-sent events'(url, secret, query) {
    return untilBegun(async (begun) => {
      const stream = await openStream(url, secret, query);
      if ((await Promise.race([begun, stream.ended])) === BEGUN) {
        stream.stop();
        return listening;
      }
      const bytes = JSON.stringify([stream.status, [...stream.headers].filter(isTold), await stream.ended]);
      return { codes: codesIn(stream.told), bytes };
    });
  },
};

/** A subscription that goes on without a word. */
const listening: Came = { codes: [], bytes: 'listening' };
