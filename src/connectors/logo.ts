/** The logo of a connector: an image that is checked byte by byte before it is kept. */
import { createHash } from 'node:crypto';
import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Caller } from '../access/caller';
import { Refused, UserErrorCode } from '../errors';
import type { Links } from '../links';
import { BASE64_RULE, fromBase64 } from '../rules/base64';
import { TextColumn } from '../storage/columns';
import type { Store } from '../storage/store';
import { Connector } from './connector';
import { inspectImage, LOGO_MAX_BYTES } from './logo-image';
import { getConnector } from './lookup';

@Entity('connector_logo')
export class Logo {
  @PrimaryColumn('text')
  connectorId!: string;

  @TextColumn()
  mediaType!: string;

  @Column('integer')
  width!: number;

  @Column('integer')
  height!: number;

  @Column('integer')
  byteSize!: number;

  /** A hash of the bytes: tells browsers (and URLs) one logo from the next. */
  @TextColumn()
  version!: string;

  /** Base64, which every database keeps alike. */
  @TextColumn()
  bytes!: string;
}

@ObjectType({ simpleResolvers: true, description: 'The logo of a connector.' })
export class ConnectorLogo {
  @Field({ description: 'Where it is served; another logo has another URL.' })
  url!: string;

  @Field({ description: 'image/png or image/jpeg.' })
  mediaType!: string;

  @Field(() => Int, { description: 'In pixels.' })
  width!: number;

  @Field(() => Int, { description: 'In pixels.' })
  height!: number;

  @Field(() => Int, { description: 'In bytes.' })
  byteSize!: number;
}

export class Logos {
  constructor(
    private readonly store: Store,
    private readonly links: Links,
    private readonly now: () => Date,
  ) {}

  async set(caller: Caller, id: string, imageBase64: string): Promise<Connector> {
    const bytes = bytesOf(imageBase64);
    const image = inspectImage(bytes);
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      if (!image.ok)
        throw new Refused({ code: UserErrorCode.INVALID_FORMAT, path: ['imageBase64'], message: image.reason });
      const { mediaType, width, height } = image;
      await tx.delete(Logo, { connectorId: id });
      await tx.insert(Logo, {
        connectorId: id,
        mediaType,
        width,
        height,
        byteSize: bytes.length,
        version: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
        bytes: bytes.toString('base64'),
      });
      await tx.update(Connector, { id }, { updatedAt: this.now() });
      return { ...connector, updatedAt: this.now() };
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

/** The bytes of a logo. Throws `Refused`. */
function bytesOf(base64: string): Buffer {
  const path = ['imageBase64'];
  const bytes = fromBase64(base64);
  if (!bytes) throw new Refused({ code: UserErrorCode.INVALID_FORMAT, path, message: `The image is ${BASE64_RULE}.` });
  if (bytes.length < LOGO_MAX_BYTES) return bytes;
  const message = `A logo has less than ${LOGO_MAX_BYTES} bytes (1 MiB); this one has ${bytes.length}.`;
  throw new Refused({ code: UserErrorCode.TOO_LONG, path, message });
}
