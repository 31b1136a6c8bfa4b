/** Rules for names, descriptions, keys and secrets: which characters, which first, how many; and how the schema says them. */
import { UserErrorCode } from '../errors';
import { allOf, NotEmpty, Rule } from './rule';

/** Characters as a person counts them: code points. */
export const characters = (text: string): number => [...text].length;

/** Whether a text may be kept at all: Postgres has no place for a NUL, so that what has one names nothing, on every database. */
export const isKeepable = (text: string): boolean => !text.includes('\0');

/** At most `limit` characters, each of which is one or two units of a string. */
export const AtMost = (what: string, limit: number): PropertyDecorator =>
  Rule(
    UserErrorCode.TOO_LONG,
    `${what} has at most ${limit} characters.`,
    (text) => text.length <= 2 * limit && characters(text) <= limit,
  );

/** Nothing that `forbidden` finds: a search needs no memory, while a match of the whole of a long text can run out of it. */
export const Without = (forbidden: RegExp, message: string): PropertyDecorator =>
  Rule(UserErrorCode.INVALID_CHARACTERS, message, (text) => !forbidden.test(text));

/** An empty text is the business of `NotEmpty`. */
export const StartsWith = (pattern: RegExp, message: string): PropertyDecorator =>
  Rule(UserErrorCode.INVALID_START, message, (text) => text === '' || pattern.test(text));

/** Text that is sent to others: a control character could end a line or a field there, an unpaired surrogate has no encoding. */
export const NoControlCharacters = (what: string): PropertyDecorator =>
  Without(/[\p{Cc}\p{Cs}]/u, `${what} has no control characters and no unpaired surrogates.`);

export const VisibleAscii = (what: string): PropertyDecorator =>
  Without(/[^!-~]/, `${what} has visible ASCII characters only, no spaces.`);

const namePunctuation = '* _ - @ / ! : | & ~ \\ +';
/** Many letters are written with combining marks, but the marks U+FE0F and U+20E3 (\p{Me}) make an emoji of a digit. */
const noNameCharacter = /[^\p{L}\p{M}\p{Nd} *_\-@/!:|&~\\+]|\p{Me}|\uFE0F/u;
const NameCharacters = (what: string) =>
  Without(noNameCharacter, `${what} takes letters (of any language), digits, spaces and ${namePunctuation} only.`);

export const NAME_LIMIT = 50;
export const nameRule = `at most ${NAME_LIMIT} letters, digits, spaces and ${namePunctuation}, first a letter, digit or _.`;

/** The name of a connector, a connection or a key. */
export const Name = (what = 'The name'): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    AtMost(what, NAME_LIMIT),
    NameCharacters(what),
    StartsWith(/^[\p{L}\p{Nd}_]/u, `${what} starts with a letter, a digit or _.`),
  );

export const parameterNameRule = `at most ${NAME_LIMIT} letters, digits, spaces and ${namePunctuation}, first a letter or digit.`;

/** The name of a prompted parameter, or the display name of a scope: as `Name`, but it does not start with `_`. */
export const ParameterName = (what = 'The name'): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    AtMost(what, NAME_LIMIT),
    NameCharacters(what),
    StartsWith(/^[\p{L}\p{Nd}]/u, `${what} starts with a letter or a digit.`),
  );

export const DESCRIPTION_LIMIT = 255;
const descriptionPunctuation = ', . ( ) - _ * @ / \\ ! : | ~ &';
export const descriptionRule = `at most ${DESCRIPTION_LIMIT} letters, digits, white space and ${descriptionPunctuation}`;

export const Description = (what = 'The description'): PropertyDecorator =>
  allOf(
    AtMost(what, DESCRIPTION_LIMIT),
    Without(
      /[^\p{L}\p{M}\p{Nd}\s,.()\-_*@/\\!:|~&]|\p{Me}|\uFE0F/u,
      `${what} takes letters (of any language), digits, white space and ${descriptionPunctuation} only.`,
    ),
  );

export const KEY_LIMIT = 2048;
export const keyRule = `1 to ${KEY_LIMIT} ASCII letters, digits and punctuation except !, single spaces inside.`;

/** A key or secret that a provider issued, or the key of a parameter. */
export const KeyOrSecret = (what: string): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    AtMost(what, KEY_LIMIT),
    Without(
      /[^"-~ ]|^ | $| {2}/,
      `${what} takes ASCII letters, digits, ASCII punctuation except !, and single spaces inside only.`,
    ),
  );
