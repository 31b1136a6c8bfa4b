/** The answers of `invokeUrl` and `invokePreview`. */
import { GraphQLJSON } from 'graphql-scalars';
import { Field, Int, ObjectType } from 'type-graphql';
import { Payload } from '../graphql/user-errors';
import { HttpMethod } from './inputs';
import { LIMITS } from './limits';

@ObjectType({ simpleResolvers: true, description: 'A header field.' })
export class HttpHeader {
  @Field({ description: 'Its name, in lower case in answers.' })
  name!: string;

  @Field({ description: 'Its value.' })
  value!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'What the third-party API answered; its status is data, not an error.',
})
export class InvokeResponse {
  @Field(() => Int, { description: 'The HTTP status. Redirects (3xx) are answers like others: they are not followed.' })
  status!: number;

  @Field(() => [HttpHeader], { description: 'The headers in the order received.' })
  headers!: HttpHeader[];

  @Field(() => String, {
    nullable: true,
    description: 'The media type of the body without parameters; null when the API named none.',
  })
  mediaType!: string | null;

  @Field(() => String, { nullable: true, description: 'The body as text; null when it is not text.' })
  body!: string | null;

  @Field(() => String, { nullable: true, description: 'The body in base64 when it is not text; null otherwise.' })
  bodyBase64!: string | null;

  @Field(() => GraphQLJSON, {
    nullable: true,
    description: `The body as JSON when it is JSON of at most ${LIMITS.jsonDepth} levels; null otherwise.`,
  })
  json!: unknown;

  @Field(() => Int, { description: 'The bytes of the body, decoded.' })
  byteSize!: number;

  @Field(() => Int, { description: 'How long the call took, in milliseconds.' })
  durationMs!: number;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `invokeUrl`.' })
export class InvokeUrlPayload extends Payload {
  @Field(() => InvokeResponse, { nullable: true, description: 'The answer; null when there was none.' })
  response?: InvokeResponse;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A request as it would be sent, signed with *** in place of every secret.',
})
export class PreviewedRequest {
  @Field(() => HttpMethod, { description: 'The method.' })
  method!: string;

  @Field({ description: 'The final URL.' })
  url!: string;

  @Field(() => [HttpHeader], { description: 'The headers.' })
  headers!: HttpHeader[];

  @Field(() => String, {
    nullable: true,
    description: 'The body as text; null when there is none or it is not UTF-8 text.',
  })
  body!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `invokePreview`.' })
export class InvokePreviewPayload extends Payload {
  @Field(() => PreviewedRequest, { nullable: true, description: 'The request; null when it would be refused.' })
  request?: PreviewedRequest;
}
