/** Asks a rule about a value, as an input with that rule at a property would. */
import type { Problem } from '../../src/errors';
import { problemsOf } from '../../src/rules/rule';

function problems(rule: PropertyDecorator, value: unknown): Problem[] {
  class Input {
    value: unknown = value;
  }
  rule(Input.prototype, 'value');
  return problemsOf(new Input());
}

/** `CODE` of each broken rule, or `CODE path` where it is broken inside the value; in alphabetical order. */
export const codesOf = (rule: PropertyDecorator, value: unknown): string[] =>
  problems(rule, value)
    .map(({ code, path }) => [code, ...path.slice(1)].join(' '))
    .sort();

export const messagesOf = (rule: PropertyDecorator, value: unknown): string[] =>
  problems(rule, value).map(({ message }) => message);

/** Every ASCII character, control characters included. */
export const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
export const isLetterOrDigit = (character: string): boolean => /^[A-Za-z0-9]$/.test(character);
