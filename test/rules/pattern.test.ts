/** Patterns that users wrote: whether they are ones, and whether the whole of a value matches, in bounded time. */
import { isPattern, matchesWhole } from '../../src/rules/pattern';

test.each(['^[a-z0-9-]+$', 'a|b', '\\p{Lu}+', '(?<year>\\d{4})', '.', '(a+)+'])('%s is a pattern', (pattern) =>
  expect(isPattern(pattern)).toBe(true),
);

test.each(['[a-z', '(', ')', '*', 'a)|(b', '\\', '\\p{Nothing}', '(?<a>x)(?<a>y)', 'a{2,1}'])(
  '%s is no pattern',
  (pattern) => expect(isPattern(pattern)).toBe(false),
);

test.each([
  ['[a-z]+', 'abc', true],
  ['[a-z]+', 'abc1', false],
  ['[a-z]+', '1abc', false],
  ['[a-z]+', 'abc\n', false],
  ['^[a-z]+$', 'abc', true],
  ['a|ab', 'ab', true],
  ['a|b', 'ab', false],
  ['.', '😀', true],
  ['\\p{L}', 'é', true],
  ['', '', true],
  ['(a+)+', 'a'.repeat(40), true],
])('%s against %j: %s', (pattern, value, expected) => expect(matchesWhole(pattern, value)).toBe(expected));

// Without the limit this one would take longer than anybody waits: each further letter doubles it.
test('a match that would take exponential time is none', () =>
  expect(matchesWhole('(a+)+', `${'a'.repeat(60)}b`)).toBe(false));
