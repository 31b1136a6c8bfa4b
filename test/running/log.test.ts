/** The log: one line of JSON an entry, at the level asked for, without secrets and without what errors carry along. */
import { createLog } from '../../src/log';

function logged(write: (log: ReturnType<typeof createLog>) => void, level = 'trace'): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLog(level, { write: (line) => void lines.push(line) }));
  for (const line of lines) expect(line).toMatch(/^\{[^\n]*\}\n$/);
  return lines.map((line) => JSON.parse(line));
}

test('an entry has a level in words, a moment, a message and its fields', () => {
  const [entry] = logged((log) => log.warn({ requestId: 'abc' }, 'Careful'));
  expect(entry).toEqual({ level: 'warn', time: expect.any(String), requestId: 'abc', msg: 'Careful' });
  expect(new Date(entry?.time as string).toISOString()).toBe(entry?.time);
});

test.each([
  ['trace', 6],
  ['debug', 5],
  ['info', 4],
  ['warn', 3],
  ['error', 2],
  ['fatal', 1],
  ['silent', 0],
])('the level %s lets %d of six levels through', (level, count) => {
  const all = (log: ReturnType<typeof createLog>) => {
    for (const name of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[name]('x');
  };
  expect(logged(all, level)).toHaveLength(count);
});

test.each([
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'clientSecret',
  'consumerSecret',
  'credentials',
  'variables',
])('the field %s is never written, three levels deep', (field) => {
  const entries = logged((log) => {
    log.info({ [field]: 's3cret' }, 'x');
    log.info({ a: { [field]: 's3cret' } }, 'x');
    log.info({ a: { b: { [field]: { deep: 's3cret' } } } }, 'x');
  });
  expect(entries).toHaveLength(3);
  for (const entry of entries) {
    expect(JSON.stringify(entry)).toContain('[redacted]');
    expect(JSON.stringify(entry)).not.toContain('s3cret');
  }
});

test('of an error its type, message, code and stack are written, and nothing else it carries', () => {
  const error = Object.assign(new TypeError('went wrong', { cause: new Error('s3cret') }), {
    code: 'ECODE',
    query: 'SELECT s3cret',
    parameters: ['s3cret'],
    headers: { authorization: 's3cret' },
  });
  const [entry] = logged((log) => log.error({ err: error }, 'x'));
  expect(entry?.err).toEqual({ type: 'TypeError', message: 'went wrong', code: 'ECODE', stack: error.stack });
  expect(JSON.stringify(entry)).not.toContain('s3cret');
});

test.each([['s3cret'], [null], [{ message: 's3cret' }], [7]])(
  '%j, thrown in place of an error, is only said to be',
  (thrown) => {
    const [entry] = logged((log) => log.error({ err: thrown }, 'x'));
    expect(entry?.err).toEqual({ type: typeof thrown });
  },
);
