/** Opens the connections of undici, and only to addresses that were checked: the check and the call see the same bytes. */
import { isIP, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { buildConnector } from 'undici';
import { parseAddress, specialPurpose } from './addresses';
import type { AllowList } from './allow-list';
import { OutboundError } from './errors';
import { firstToConnect } from './happy-eyeballs';

/** All addresses of a host name; rejects or answers none when there are none. */
export type Resolve = (hostname: string) => Promise<readonly { readonly address: string }[]>;

export interface ConnectorOptions {
  readonly allow: AllowList;
  readonly resolve: Resolve;
  /** PEM certificates to trust instead of the built-in ones. */
  readonly ca?: string;
  /** Ends the attempts that are under way. */
  readonly signal: AbortSignal;
}

const TCP_KEEP_ALIVE_MS = 60_000;

/** A `connect` for undici. Fails with `TARGET_NOT_ALLOWED`, or with the error of the socket. */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  return (origin, callback) => {
    connect(origin, options).then(
      (socket) => callback(null, socket),
      (error) => callback(error, null),
    );
  };
}

async function connect(origin: buildConnector.Options, options: ConnectorOptions): Promise<Socket> {
  const secure = origin.protocol === 'https:';
  const port = Number(origin.port || (secure ? 443 : 80));
  const servername = isIP(origin.hostname) === 0 ? origin.hostname : undefined;
  const addresses = await checkedAddresses(origin, port, options);
  const open = (address: string): Socket => {
    // Always an IP literal: Node resolves nothing here, so a name cannot turn into another address after the check.
    const socket = secure
      ? tlsConnect({
          host: address,
          port,
          servername,
          ca: options.ca,
          ALPNProtocols: ['http/1.1'],
          // Both said because the environment and the command line of Node can weaken the defaults.
          rejectUnauthorized: true,
          minVersion: 'TLSv1.2',
        })
      : netConnect({ host: address, port });
    return socket.setNoDelay(true).setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  };
  return firstToConnect({ addresses, open, ready: secure ? 'secureConnect' : 'connect', signal: options.signal });
}

/** The addresses of the host, each one allowed; throws `TARGET_NOT_ALLOWED` when any of them is not. */
async function checkedAddresses(origin: buildConnector.Options, port: number, options: ConnectorOptions) {
  const { hostname } = origin;
  const host = origin.host ?? hostname;
  const isLiteral = isIP(hostname) !== 0;
  const found = isLiteral ? [{ address: hostname }] : await options.resolve(hostname);
  const nameIsAllowed = !isLiteral && options.allow.allowsName(hostname, port);
  return found.map(({ address: text }) => {
    const address = parseAddress(text);
    const purpose = address ? specialPurpose(address) : 'not a plain IP address';
    if (address && (purpose === undefined || nameIsAllowed || options.allow.allowsAddress(address, port))) {
      return address.toString();
    }
    const subject = isLiteral ? `The address ${address ?? text}` : `The address ${address ?? text} of ${host}`;
    const advice = 'Add it to OUTBOUND_ALLOW if it may be called.';
    throw new OutboundError('TARGET_NOT_ALLOWED', host, `${subject} is ${purpose}. ${advice}`);
  });
}
