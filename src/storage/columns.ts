/** Column types that mean the same on SQLite and Postgres. */
import { Column, type ColumnOptions } from 'typeorm';

/**
 * A number as it is given to TypeORM, which writes numbers into the text of SQLite statements: each would be another one, compiled
 * anew, and push those that come again out of its cache. A bigint is bound.
 */
const bound = (value: number | null | undefined) => (typeof value === 'number' ? BigInt(value) : value);

/** A whole number. */
export const CountColumn = (): PropertyDecorator =>
  Column({ type: 'integer', transformer: { to: bound, from: (count: number | null) => count } });

/** A moment, kept as milliseconds since 1970. */
export const MomentColumn = (options: ColumnOptions = {}): PropertyDecorator =>
  Column({
    type: 'bigint',
    ...options,
    transformer: {
      to: (moment: Date | null | undefined) => bound(moment?.getTime()) ?? moment,
      // Postgres answers bigint as text.
      from: (millis: number | string | null) => (millis === null ? null : new Date(Number(millis))),
    },
  });

/** A value kept as JSON text. */
export const JsonColumn = (options: ColumnOptions = {}): PropertyDecorator =>
  Column({ type: 'simple-json', ...options });

export const TextColumn = (options: ColumnOptions = {}): PropertyDecorator => Column({ type: 'text', ...options });
