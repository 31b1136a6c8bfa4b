/** What is told of a secret: that it is there, and since when. */
import { Field, ObjectType } from 'type-graphql';

/** A secret with the time it was set, as it is kept (encrypted). */
export interface KeptSecret {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

@ObjectType({ simpleResolvers: true, description: 'What is told of a write-only secret.' })
export class SecretPresence {
  @Field({ description: 'Whether it has been given.' })
  isSet!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Its last four characters, to tell secrets apart; null when it is shorter than 12 characters.',
  })
  lastFour!: string | null;

  @Field(() => Date, { nullable: true, description: 'When it was last set or rotated.' })
  updatedAt!: Date | null;
}

/** Four characters of a short secret would tell too much of it. */
const SHORTEST_TOLD = 12;

export function presenceOf(secret: KeptSecret | undefined): SecretPresence {
  return {
    isSet: secret !== undefined,
    lastFour: secret && secret.value.length >= SHORTEST_TOLD ? secret.value.slice(-4) : null,
    updatedAt: secret ? new Date(secret.updatedAt) : null,
  };
}
