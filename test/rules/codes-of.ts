/** Asks a rule about a value, as an input with that rule at a property would. */
import { problemsOf } from '../../src/rules/rule';

/** `CODE` of each broken rule, or `CODE path` where it is broken inside the value; in alphabetical order. */
export function codesOf(rule: PropertyDecorator, value: unknown): string[] {
  class Input {
    value: unknown = value;
  }
  rule(Input.prototype, 'value');
  return problemsOf(new Input())
    .map(({ code, path }) => [code, ...path.slice(1)].join(' '))
    .sort();
}

/** Every ASCII character, control characters included. */
export const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
export const isLetterOrDigit = (character: string): boolean => /^[A-Za-z0-9]$/.test(character);
