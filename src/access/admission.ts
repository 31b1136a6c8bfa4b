/** Lets callers in, each as often as it may: requests are counted by key, guesses at keys by the network they come from. */
import ipaddr from 'ipaddr.js';
import { topLevelErrors } from '../errors';
import type { Authenticator } from './authenticate';
import type { Caller } from './caller';
import { share } from './holdings';
import { createLimiter, type Limiter, type LimiterOptions } from './limiter';

export class Admission {
  private readonly ofKeys: Limiter;
  private readonly ofTokens: Limiter;
  private readonly ofStrangers: Limiter;

  /** `limit`: requests of a key in a minute, and ten times those of a token or of strangers; 0: nothing is counted. */
  constructor(
    private readonly authenticator: Authenticator,
    limit: number,
    redis?: LimiterOptions['redis'],
  ) {
    const limiter = (name: string, most: number, sentence: (most: string) => string) =>
      createLimiter({ name, limit: most, sentence: sentence(most.toLocaleString('en')), redis });
    this.ofKeys = limiter('key', limit, (most) => `A key may make ${most} requests`);
    this.ofTokens = limiter('token', share(limit), (most) => `A session token may make ${most} requests`);
    this.ofStrangers = limiter('stranger', share(limit), (most) => `An address may show ${most} wrong keys`);
  }

  /** Who asks, counted. Throws UNAUTHENTICATED or RATE_LIMITED. */
  async admit(authorization: string | undefined, requestId: string, remote: string): Promise<Caller> {
    const caller = await this.authenticator.authenticate(authorization, requestId).catch(async (error) => {
      // A good key is let in whatever others tried from where it comes: behind a proxy, that is where all come from.
      if (error.extensions?.http?.status === topLevelErrors.UNAUTHENTICATED)
        await this.ofStrangers.take(networkOf(remote));
      throw error;
    });
    await this.charge(caller, 1);
    return caller;
  }

  /** Counts `points` more for what turned out to cost more than a request usually does. Throws RATE_LIMITED. */
  async charge({ keyId, tokenId }: Caller, points: number): Promise<void> {
    // First the token: what it may not ask is not counted for its key.
    if (tokenId !== null) await this.ofTokens.take(tokenId, points);
    await this.ofKeys.take(keyId, points);
  }
}

/** The network an address stands for: with IPv6, whoever has one address has 2^64 (RFC 6177). */
export function networkOf(remote: string): string {
  if (!ipaddr.isValid(remote)) return remote;
  const address = ipaddr.process(remote);
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString();
}
