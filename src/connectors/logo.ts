/** The logo of a connector: as it is kept, and what is told of it. */
import { Field, Int, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { CountColumn, TextColumn } from '../storage/columns';

@Entity('connector_logo')
export class Logo {
  @PrimaryColumn('text')
  connectorId!: string;

  @TextColumn()
  mediaType!: string;

  @CountColumn()
  width!: number;

  @CountColumn()
  height!: number;

  @CountColumn()
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
