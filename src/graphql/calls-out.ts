/** Marks root fields that may call a third-party API: what an operation costs counts them as far more than others. */
import { Extensions } from 'type-graphql';

export const CallsOut = (): MethodDecorator & PropertyDecorator & ClassDecorator => Extensions({ callsOut: true });
