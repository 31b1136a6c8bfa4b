/** Names, descriptions, keys and secrets: which characters, which first, how many. */
import { Description, KeyOrSecret, Name, ParameterName } from '../../src/rules/text';
import { ascii, codesOf, isLetterOrDigit } from './codes-of';

const languages = [
  'Füße',
  'Łódź',
  'e\u0301te\u0301',
  'Ελλάδα',
  'Україна',
  '日本語',
  '葛\u{E0100}城',
  '한국어',
  'हिन्दी',
  'ภาษาไทย',
  'العَرَبِيَّة',
  'עִבְרִית',
  '٣٤٥',
  '\u{1D49C}\u{1D4B7}',
];

const neitherLettersNorDigits = [
  '😀',
  '👍🏽',
  '🇫🇷',
  '👩‍👧',
  '1\uFE0F\u20E3',
  '*\uFE0F\u20E3',
  '1\u20E3',
  'a\uFE0F',
  '❤',
  '™',
  '€',
  '½',
  'a\u200Bb',
  'a\u202Eb',
  'a\u0085b',
  'a\uD800b',
  'a\uDC00',
];

describe.each([
  { kind: 'a name', rule: Name('The name'), first: '_' },
  { kind: 'a parameter name', rule: ParameterName('The name'), first: '' },
])('$kind', ({ rule, first }) => {
  const punctuation = ' *_-@/!:|&~\\+';

  test('has 1 to 50 code points', () => {
    expect(codesOf(rule, 'a')).toEqual([]);
    expect(codesOf(rule, 'a'.repeat(50))).toEqual([]);
    expect(codesOf(rule, 'a'.repeat(51))).toEqual(['TOO_LONG']);
    expect(codesOf(rule, '\u{1D49C}'.repeat(50))).toEqual([]);
    expect(codesOf(rule, '\u{1D49C}'.repeat(51))).toEqual(['TOO_LONG']);
    expect(codesOf(rule, '')).toEqual(['REQUIRED']);
  });

  test('takes, of ASCII, letters, digits and its punctuation', () => {
    const taken = ascii.filter((character) => codesOf(rule, `a${character}`).length === 0);
    expect(taken).toEqual(ascii.filter((character) => isLetterOrDigit(character) || punctuation.includes(character)));
    const refused = ascii.filter((character) => !taken.includes(character));
    expect(new Set(refused.map((character) => codesOf(rule, `a${character}`).join()))).toEqual(
      new Set(['INVALID_CHARACTERS']),
    );
  });

  test('starts, of ASCII, with a letter, a digit or what is said', () => {
    const starts = ascii.filter((character) => codesOf(rule, `${character}a`).length === 0);
    expect(starts).toEqual(ascii.filter((character) => isLetterOrDigit(character) || first.includes(character)));
    expect(codesOf(rule, '*a')).toEqual(['INVALID_START']);
    expect(codesOf(rule, ' a')).toEqual(['INVALID_START']);
    expect(codesOf(rule, '\u0301a')).toEqual(['INVALID_START']);
  });

  test.each(languages)('takes the letters and digits of every language: %s', (text) =>
    expect(codesOf(rule, text)).toEqual([]),
  );

  test.each([...neitherLettersNorDigits, 'a\u00A0b', 'a\tb', 'a\nb'].map((text) => [text, escaped(text)]))(
    'takes no other characters: %2$s',
    (text) => expect(codesOf(rule, text)).toContain('INVALID_CHARACTERS'),
  );

  test('tells every broken rule at once', () =>
    expect(codesOf(rule, `$${'a'.repeat(50)}`)).toEqual(['INVALID_CHARACTERS', 'INVALID_START', 'TOO_LONG']));
});

test('a name may start with _, a parameter name may not', () => {
  expect(codesOf(Name(), '_a')).toEqual([]);
  expect(codesOf(ParameterName(), '_a')).toEqual(['INVALID_START']);
});

describe('a description', () => {
  const rule = Description();

  test('has at most 255 code points, and may be empty', () => {
    expect(codesOf(rule, '')).toEqual([]);
    expect(codesOf(rule, 'é'.repeat(255))).toEqual([]);
    expect(codesOf(rule, 'é'.repeat(256))).toEqual(['TOO_LONG']);
    expect(codesOf(rule, '\u{1D49C}'.repeat(255))).toEqual([]);
    expect(codesOf(rule, '\u{1D49C}'.repeat(256))).toEqual(['TOO_LONG']);
  });

  test('takes, of ASCII, letters, digits, white space and its punctuation, + not among it', () => {
    const others = ',.()-_*@/\\!:|~& \t\n\v\f\r';
    const taken = ascii.filter((character) => codesOf(rule, character).length === 0);
    expect(taken).toEqual(ascii.filter((character) => isLetterOrDigit(character) || others.includes(character)));
    expect(codesOf(rule, 'C+')).toEqual(['INVALID_CHARACTERS']);
  });

  test.each([...languages, 'a\u00A0b', 'a\u3000b', 'a\u2028b'])(
    'takes letters and white space of every language: %s',
    (text) => expect(codesOf(rule, text)).toEqual([]),
  );

  test.each(neitherLettersNorDigits.filter((text) => text !== 'a\u0085b').map((text) => [text, escaped(text)]))(
    'takes no other characters: %2$s',
    (text) => expect(codesOf(rule, text)).toEqual(['INVALID_CHARACTERS']),
  );
});

describe('a key or secret', () => {
  const rule = KeyOrSecret('The secret');

  test('takes ASCII letters, digits and all ASCII punctuation except !', () => {
    const taken = ascii.filter((character) => codesOf(rule, character).length === 0);
    expect(taken).toEqual(ascii.filter((character) => character > ' ' && character < '\x7f' && character !== '!'));
    expect(codesOf(rule, 'a!b')).toEqual(['INVALID_CHARACTERS']);
    expect(codesOf(rule, 'é')).toEqual(['INVALID_CHARACTERS']);
  });

  test.each(['a b', 'a b c', '" ~'])('takes single spaces inside: %j', (text) =>
    expect(codesOf(rule, text)).toEqual([]),
  );

  test.each([' ', ' a', 'a ', 'a  b', 'a\tb', 'a\u00A0b', 'a\n'])('takes no other white space: %j', (text) =>
    expect(codesOf(rule, text)).toEqual(['INVALID_CHARACTERS']),
  );

  test('has 1 to 2048 characters', () => {
    expect(codesOf(rule, '')).toEqual(['REQUIRED']);
    expect(codesOf(rule, 'k'.repeat(2048))).toEqual([]);
    expect(codesOf(rule, 'k'.repeat(2049))).toEqual(['TOO_LONG']);
  });
});

/** Readable in the list of tests, whatever it is made of. */
function escaped(text: string): string {
  return [...text].map((character) => `U+${character.codePointAt(0)?.toString(16).toUpperCase()}`).join(' ');
}
