/** The input of `invokeUrl` and `invokePreview`: a request to a third-party API. */
import { GraphQLJSON } from 'graphql-scalars';
import { Field, InputType, Int, registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';
import { OneOf } from '../graphql/one-of';
import { ConnectionRef } from '../graphql/reference';
import { LIMITS } from './limits';

export enum HttpMethod {
  GET = 'GET',
  HEAD = 'HEAD',
  POST = 'POST',
  PUT = 'PUT',
  PATCH = 'PATCH',
  DELETE = 'DELETE',
  OPTIONS = 'OPTIONS',
}

registerEnumType(HttpMethod, {
  name: 'HttpMethod',
  description: 'The method of a request (RFC 9110 section 9, RFC 5789).',
  valuesConfig: describeValues<keyof typeof HttpMethod>({
    GET: 'Reads.',
    HEAD: 'Reads the headers only.',
    POST: 'Hands something over.',
    PUT: 'Puts something in place.',
    PATCH: 'Changes a part.',
    DELETE: 'Deletes.',
    OPTIONS: 'Asks what is possible.',
  }),
});

@InputType({ description: 'A name with a value.' })
export class NameValueInput {
  @Field({ description: 'The name.' })
  name!: string;

  @Field({ description: 'The value.' })
  value!: string;
}

@InputType({ description: 'A text as body.' })
export class TextBodyInput {
  @Field({ description: 'The text; sent as UTF-8.' })
  content!: string;

  @Field({ defaultValue: 'text/plain; charset=utf-8', description: 'Its media type.' })
  mediaType!: string;
}

@InputType({ description: 'Bytes as body.' })
export class BinaryBodyInput {
  @Field({ description: 'The bytes in base64 (RFC 4648 section 4).' })
  contentBase64!: string;

  @Field({ defaultValue: 'application/octet-stream', description: 'Their media type.' })
  mediaType!: string;
}

@InputType({ description: 'A part of a multipart body: a value or a file, one of `value` and `contentBase64`.' })
export class PartInput {
  @Field({ description: 'The name of the field.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Its value, as text.' })
  value?: string | null;

  @Field(() => String, { nullable: true, description: 'Its bytes in base64 (RFC 4648 section 4).' })
  contentBase64?: string | null;

  @Field(() => String, { nullable: true, description: 'The media type of the part.' })
  mediaType?: string | null;

  @Field(() => String, { nullable: true, description: 'The name of the file.' })
  fileName?: string | null;
}

@OneOf()
@InputType({ description: 'The body of a request: exactly one kind.' })
export class InvokeBodyInput {
  @Field(() => GraphQLJSON, {
    nullable: true,
    description: `Any JSON value but null, at most ${LIMITS.jsonDepth} levels deep; sent as application/json. To send null, give it as a text of that media type.`,
  })
  json?: unknown;

  @Field(() => [NameValueInput], { nullable: true, description: 'Fields; sent as application/x-www-form-urlencoded.' })
  form?: NameValueInput[] | null;

  @Field(() => TextBodyInput, { nullable: true, description: 'A text.' })
  text?: TextBodyInput | null;

  @Field(() => BinaryBodyInput, { nullable: true, description: 'Bytes.' })
  binary?: BinaryBodyInput | null;

  @Field(() => [PartInput], {
    nullable: true,
    description: 'Values and files; sent as multipart/form-data (RFC 7578).',
  })
  multipart?: PartInput[] | null;
}

@InputType({ description: 'A request to a third-party API, to be sent with the credentials of a connection.' })
export class InvokeUrlInput {
  @Field(() => ConnectionRef, { description: 'The connection whose credentials are applied.' })
  connection!: ConnectionRef;

  @Field(() => String, {
    nullable: true,
    description: 'Whose grant: needed for connections of the level LOGGED_IN_USER, refused for ADMIN.',
  })
  userId?: string | null;

  @Field({
    description: `http or https, without user name and fragment, at most ${LIMITS.url} characters; its host must be one of the connector's allowed hosts.`,
  })
  url!: string;

  @Field(() => HttpMethod, { description: 'The method.' })
  method!: HttpMethod;

  @Field(() => [NameValueInput], {
    defaultValue: [],
    description: `Headers: at most ${LIMITS.headers}, kept in order and with repetitions; none of the transport's (Host, Connection, Content-Length …), none that the connector sets, and no Content-Type beside a form or multipart body.`,
  })
  headers!: NameValueInput[];

  @Field(() => [NameValueInput], {
    defaultValue: [],
    description: `Parameters added to the end of the URL's query, percent-encoded: at most ${LIMITS.parameters}.`,
  })
  parameters!: NameValueInput[];

  @Field(() => InvokeBodyInput, { nullable: true, description: 'The body, if any.' })
  body?: InvokeBodyInput | null;

  @Field(() => Int, {
    defaultValue: LIMITS.timeoutMs.usual,
    description: `How long the whole call may take, in milliseconds: ${LIMITS.timeoutMs.least} to ${LIMITS.timeoutMs.most}.`,
  })
  timeoutMs!: number;

  @Field(() => Int, {
    defaultValue: LIMITS.responseBytes.usual,
    description: `How many bytes the body of the answer may have, decoded: ${LIMITS.responseBytes.least} to ${LIMITS.responseBytes.most}.`,
  })
  maxResponseBytes!: number;
}
