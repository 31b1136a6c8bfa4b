/** Rules for names, descriptions, keys and secrets: which characters, which first, how many. */
import { UserErrorCode } from '../errors';
import { allOf, NotEmpty, Rule } from './rule';

/** Characters as a person counts them: code points. */
export const characters = (text: string): number => [...text].length;

/** At most `limit` characters. */
export const AtMost = (what: string, limit: number): PropertyDecorator =>
  Rule(UserErrorCode.TOO_LONG, `${what} has at most ${limit} characters.`, (text) => characters(text) <= limit);

/** Nothing but what `pattern` matches; an empty text is the business of `NotEmpty`. */
export const Only = (pattern: RegExp, message: string): PropertyDecorator =>
  Rule(UserErrorCode.INVALID_CHARACTERS, message, (text) => text === '' || pattern.test(text));

const StartsWith = (pattern: RegExp, message: string) =>
  Rule(UserErrorCode.INVALID_START, message, (text) => text === '' || pattern.test(text));

/** Letters of any language: many of them are written with combining marks (\p{M}). */
const nameCharacters = /^[\p{L}\p{M}\p{Nd} *_\-@/!:|&~\\+]*$/u;
const nameMessage = (what: string) =>
  `${what} takes letters (of any language), digits, spaces and * _ - @ / ! : | & ~ \\ + only.`;

export const NAME_LIMIT = 50;

/** The name of a connector, a connection or a key. */
export const Name = (what = 'The name'): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    AtMost(what, NAME_LIMIT),
    Only(nameCharacters, nameMessage(what)),
    StartsWith(/^[\p{L}\p{Nd}_]/u, `${what} starts with a letter, a digit or _.`),
  );

/** The name of a prompted parameter, or the display name of a scope: as `Name`, but it does not start with `_`. */
export const ParameterName = (what = 'The name'): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    AtMost(what, NAME_LIMIT),
    Only(nameCharacters, nameMessage(what)),
    StartsWith(/^[\p{L}\p{Nd}]/u, `${what} starts with a letter or a digit.`),
  );

export const DESCRIPTION_LIMIT = 255;

export const Description = (what = 'The description'): PropertyDecorator =>
  allOf(
    AtMost(what, DESCRIPTION_LIMIT),
    Only(
      /^[\p{L}\p{M}\p{Nd}\s,.()\-_*@/\\!:|~&]*$/u,
      `${what} takes letters (of any language), digits, white space and , . ( ) - _ * @ / \\ ! : | ~ & only.`,
    ),
  );

export const KEY_LIMIT = 2048;

/** A key or secret that a provider issued, or the key of a parameter. */
export const KeyOrSecret = (what: string): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    AtMost(what, KEY_LIMIT),
    Only(
      /^["-~]+(?: ["-~]+)*$/,
      `${what} takes ASCII letters, digits, all ASCII punctuation except ! and single spaces inside only.`,
    ),
  );
