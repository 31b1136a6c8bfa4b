/** API key: two keys, one in a header behind a prefix and one in the query. */
import { MASK, type StaticStep } from '../step';

const [key, application] = ['key-of-bob-5f1d8c', 'weather-desk'];

export const apiKey: StaticStep = {
  title: 'API key',
  about: 'one in a header, one in the query',
  authConfig: {
    apiKey: {
      parameters: [
        { name: 'Key', key: 'X-Api-Key', location: 'HEADER', prefix: 'Token ' },
        { name: 'Application', key: 'app', location: 'QUERY_STRING' },
      ],
    },
  },
  credentials: {
    apiKey: {
      values: [
        { key: 'X-Api-Key', value: key },
        { key: 'app', value: application },
      ],
    },
  },
  method: 'GET',
  path: '/api-key/forecast?city=Oslo',
  check({ headers, url }) {
    const header = `${headers['x-api-key']}`;
    const app = url.searchParams.get('app');
    const isRight = header === `Token ${key}` && app === application;
    return {
      who: isRight ? 'bob' : undefined,
      seen: [
        `X-Api-Key: ${header.replace(/(?<=^Token )\S+$/, MASK)}`,
        `${url.search.replace(/(?<=[?&]app=)[^&]*/, MASK)}`,
      ],
    };
  },
};
