/** API keys: one or more prompted parameters in the query, in the form or in headers. */
import { InputType, ObjectType } from 'type-graphql';
import { type AuthType, MASK } from '../auth-type';
import { credentialField } from '../form';
import { missingDetail, missingFields } from '../missing';
import { ParameterLocation } from '../parameter-location';
import { withCredential } from '../placement';
import { ApiKeyParameters } from './parameters';
import { ApiKeyCredentialsInput, valueProblems } from './values';

@ObjectType({ simpleResolvers: true, description: 'One or more keys in the query, the form or headers.' })
class ApiKeyAuthConfig extends ApiKeyParameters {}

@InputType({ description: 'Which keys an API wants, and where.' })
class ApiKeyAuthConfigInput extends ApiKeyParameters {}

export const apiKey = {
  name: 'API_KEY',
  description: 'One or more keys in the query, the form or headers.',
  field: 'apiKey',
  Config: ApiKeyAuthConfig,
  ConfigInput: ApiKeyAuthConfigInput,
  CredentialsInput: ApiKeyCredentialsInput,
  secretFields: [],
  urlFields: [],
  missing({ config: { parameters } }) {
    if (parameters.length === 0) return [missingDetail(['parameters'], 'At least one parameter')];
    return parameters.flatMap((parameter, index) =>
      missingFields(parameter, {
        name: 'The name of a parameter',
        key: 'The key of a parameter',
        location: 'The location of a parameter',
      }).map((problem) => ({ ...problem, path: ['parameters', `${index}`, ...problem.path] })),
    );
  },
  form({ parameters }) {
    return parameters.map(({ key, name }) => credentialField(key ?? '', name ?? '', ['apiKey', 'values']));
  },
  credentialProblems: ({ values }, { parameters }) => valueProblems(values, parameters),
  credentials: ({ values }) => Object.fromEntries(values.map(({ key, value }) => [key, value])),
  maskedCredentials: ({ parameters }) => Object.fromEntries(parameters.map(({ key }) => [key ?? '', MASK])),
  sign(request, { config: { parameters } }, credentials) {
    let signed = request;
    for (const { key, location, prefix } of parameters) {
      const name = key ?? '';
      signed = withCredential(signed, location, name, `${prefix ?? ''}${credentials[name] ?? ''}`);
    }
    return signed;
  },
  signedHeaders({ parameters }) {
    return parameters.flatMap(({ key, location }) =>
      location === ParameterLocation.HEADER && key ? [key.toLowerCase()] : [],
    );
  },
} satisfies AuthType<ApiKeyParameters, ApiKeyCredentialsInput>;
