/** The places of a request where a parameter with a credential can stand. */
import { registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';

export enum ParameterLocation {
  QUERY_STRING = 'QUERY_STRING',
  FORM_DATA = 'FORM_DATA',
  HEADER = 'HEADER',
}

registerEnumType(ParameterLocation, {
  name: 'ParameterLocation',
  description: 'Where a parameter stands in the request.',
  valuesConfig: describeValues<keyof typeof ParameterLocation>({
    QUERY_STRING: 'At the end of the query of the URL.',
    FORM_DATA: 'In the form of the body; a request without body gets one.',
    HEADER: 'A header field.',
  }),
});
