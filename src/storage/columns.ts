/** Column types that mean the same on SQLite and Postgres. */
import { Column, type ColumnOptions } from 'typeorm';

/** A moment, kept as milliseconds since 1970. */
export const MomentColumn = (options: ColumnOptions = {}): PropertyDecorator =>
  Column({
    type: 'bigint',
    ...options,
    transformer: {
      to: (moment: Date | null | undefined) => moment?.getTime() ?? moment,
      // Postgres answers bigint as text.
      from: (millis: number | string | null) => (millis === null ? null : new Date(Number(millis))),
    },
  });

/** A value kept as JSON text. */
export const JsonColumn = (options: ColumnOptions = {}): PropertyDecorator =>
  Column({ type: 'simple-json', ...options });

export const TextColumn = (options: ColumnOptions = {}): PropertyDecorator => Column({ type: 'text', ...options });
