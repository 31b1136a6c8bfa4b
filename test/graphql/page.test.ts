/** The arguments of pages: which go together, how many, and what a cursor is. */
import { newId } from '../../src/graphql/node';
import { pageRequest, toCursor } from '../../src/graphql/page';
import { startTestServer, type TestServer } from '../support/server';

const id = newId('Connection');
const cursor = toCursor(id);

test.each([
  [{}, { forward: true, size: 20, beyond: undefined }],
  [
    { first: null, after: null, last: null, before: null },
    { forward: true, size: 20, beyond: undefined },
  ],
  [{ first: 1 }, { forward: true, size: 1, beyond: undefined }],
  [
    { first: 100, after: cursor },
    { forward: true, size: 100, beyond: id },
  ],
  [{ after: cursor }, { forward: true, size: 20, beyond: id }],
  [{ last: 1 }, { forward: false, size: 1, beyond: undefined }],
  [
    { last: 100, before: cursor },
    { forward: false, size: 100, beyond: id },
  ],
  [{ before: cursor }, { forward: false, size: 20, beyond: id }],
])('%j asks for %j', (args, expected) => {
  expect(pageRequest(args)).toEqual(expected);
});

test.each([
  [{ first: 0 }, 'first is 1 to 100, not 0'],
  [{ first: 101 }, 'first is 1 to 100, not 101'],
  [{ first: -1 }, 'first is 1 to 100, not -1'],
  [{ last: 0 }, 'last is 1 to 100, not 0'],
  [{ last: 101 }, 'last is 1 to 100, not 101'],
  [{ first: 1, last: 1 }, 'forward with first and after, or backward'],
  [{ first: 1, before: cursor }, 'forward with first and after, or backward'],
  [{ after: cursor, last: 1 }, 'forward with first and after, or backward'],
  [{ after: cursor, before: cursor }, 'forward with first and after, or backward'],
  [{ after: '' }, 'not a cursor'],
  [{ after: id }, 'not a cursor'],
  [{ after: `${cursor}=` }, 'not a cursor'],
  [{ after: toCursor('nonsense') }, 'not a cursor'],
  [{ after: toCursor(`${id}0`) }, 'not a cursor'],
  [{ before: toCursor("cnn_' OR 1=1 --") }, 'not a cursor'],
])('%j is refused', (args, message) => {
  const refused = expect(() => pageRequest(args));
  refused.toThrow(message);
  refused.toThrow(expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } }));
});

describe('over the API', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.remove());

  test.each(['apiKeys', 'connectors', 'connections'])(
    '%s refuses what no page can be, as BAD_USER_INPUT',
    async (list) => {
      for (const args of ['first: 0', 'first: 101', 'last: 0', 'first: 1, last: 1', 'after: "x"']) {
        const { errors = [] } = await server.ask(`{ ${list}(${args}) { totalCount } }`);
        expect(errors.map(({ extensions, path }) => [extensions.code, path])).toEqual([['BAD_USER_INPUT', [list]]]);
      }
      expect((await server.ask(`{ ${list}(first: 100) { totalCount } }`)).errors).toBeUndefined();
    },
  );
});
