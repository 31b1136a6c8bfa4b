/** Puts a credential into a request as a parameter of its own, where the connector says. */
import { Refused, UserErrorCode } from '../errors';
import { ParameterLocation } from './parameter-location';
import { indexOfContentType, type SignableRequest, withHeader, withParameter } from './request';

/** `request` with the parameter. Throws `Refused` where its body cannot carry it, or the caller gave one of that name. */
export function withCredential(
  request: SignableRequest,
  location: ParameterLocation | null | undefined,
  name: string,
  value: string,
): SignableRequest {
  if (location === ParameterLocation.HEADER) return withHeader(request, name, value);
  if (location === ParameterLocation.FORM_DATA) return { ...request, body: formWith(request, name, value) };
  if (request.url.searchParams.has(name)) throw reserved(['url'], `The parameter ${name}`);
  return { ...request, url: withParameter(request.url, name, value) };
}

function formWith(request: SignableRequest, name: string, value: string): SignableRequest['body'] {
  const { body } = request;
  switch (body.kind) {
    case 'none': {
      const at = indexOfContentType(request);
      if (at !== -1) throw reserved(['headers', `${at}`, 'name'], 'The header Content-Type');
      return { kind: 'form', fields: [[name, value]] };
    }
    case 'form':
      if (body.fields.some(([field]) => field === name)) throw reserved(['body', 'form'], `The field ${name}`);
      return { ...body, fields: [...body.fields, [name, value]] };
    case 'multipart':
      if (body.parts.some((part) => part.name === name)) throw reserved(['body', 'multipart'], `The part ${name}`);
      return { ...body, parts: [...body.parts, { name, bytes: Buffer.from(value) }] };
    case 'bytes':
      throw new Refused({
        code: UserErrorCode.NOT_ACCEPTED,
        path: ['body'],
        message: `The connector sends ${name} as form data, which does not fit into a ${body.of} body: give a form, a multipart body, or none.`,
      });
  }
}

/** Of two parameters of one name some APIs read the first, others the last: the caller's must not take the place of ours. */
function reserved(path: string[], what: string): Refused {
  const message = `${what} is set by the connector and cannot be set by the caller: leave it out.`;
  return new Refused({ code: UserErrorCode.RESERVED, path, message });
}
