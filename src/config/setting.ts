/** What a setting is, and what is said when some are wrong. */

/** All that is wrong with the environment, a line each. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The settings are wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

export interface Setting<T> {
  readonly variable: string;
  readonly help: string;
  /** Throws an error that says what the value must be, or a `ConfigError`; never repeats a value that may be a secret. */
  readonly read: (value: string | undefined) => T;
}

export function setting<T>(variable: string, help: string, read: (value: string | undefined) => T): Setting<T> {
  return { variable, help, read };
}

/** `value` is `true` or `false`. */
export function readFlag(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
  return value === 'true';
}
