/** What can be done with the logo of a connector: give one, tell of it, serve it. */
import { createHash } from 'node:crypto';
import type { Caller } from '../access/caller';
import { AuditAction } from '../audit/action';
import { record } from '../audit/trail';
import { Refused, UserErrorCode } from '../errors';
import type { Links } from '../links';
import { BASE64_RULE, fromBase64 } from '../rules/base64';
import type { Store } from '../storage/store';
import { asSubject, Connector } from './connector';
import { inspectImage, LOGO_MAX_BYTES } from './image';
import { type ConnectorLogo, Logo } from './logo';
import { getConnector } from './lookup';

export class Logos {
  constructor(
    private readonly store: Store,
    private readonly links: Links,
    private readonly now: () => Date,
  ) {}

  /** Keeps an image, in place of the former one, after every byte of it was looked at. */
  async set(caller: Caller, id: string, imageBase64: string): Promise<Connector> {
    const image = readImage(imageBase64);
    return this.store.write(async (tx) => {
      const subject = asSubject(await getConnector(tx, caller, { id }));
      await tx.delete(Logo, { connectorId: id });
      await tx.insert(Logo, { connectorId: id, ...image });
      await tx.update(Connector, { id }, { updatedAt: this.now() });
      const { mediaType, byteSize } = image;
      const details = { mediaType, byteSize };
      await record(tx, caller, this.now(), { action: AuditAction.CONNECTOR_LOGO_SET, subject, details });
      return tx.findOneByOrFail(Connector, { id });
    });
  }

  /** What is told of the logo of a connector. */
  async describe(connectorId: string): Promise<ConnectorLogo | null> {
    const logo = await this.store.read.findOne(Logo, {
      select: { connectorId: true, mediaType: true, width: true, height: true, byteSize: true, version: true },
      where: { connectorId },
    });
    return logo && { ...logo, url: `${this.links.logo(connectorId)}?v=${logo.version}` };
  }

  /** The image itself, for serving it. */
  async image(connectorId: string): Promise<{ mediaType: string; version: string; bytes: Buffer } | undefined> {
    const logo = await this.store.read.findOneBy(Logo, { connectorId });
    return logo
      ? { mediaType: logo.mediaType, version: logo.version, bytes: Buffer.from(logo.bytes, 'base64') }
      : undefined;
  }
}

/** The columns that keep an image. Throws `Refused` when it is none that a logo may be. */
function readImage(imageBase64: string): Omit<Logo, 'connectorId'> {
  const refused = (code: UserErrorCode, message: string) => new Refused({ code, path: ['imageBase64'], message });
  const bytes = fromBase64(imageBase64);
  if (!bytes) throw refused(UserErrorCode.INVALID_FORMAT, `The image is ${BASE64_RULE}.`);
  const image = inspectImage(bytes);
  const isTooLong = bytes.length >= LOGO_MAX_BYTES;
  if (!image.ok) throw refused(isTooLong ? UserErrorCode.TOO_LONG : UserErrorCode.INVALID_FORMAT, image.reason);
  const { mediaType, width, height } = image;
  const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  return { mediaType, width, height, byteSize: bytes.length, version, bytes: bytes.toString('base64') };
}
