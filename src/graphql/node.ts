/** Things that have an id of their own: the `Node` interface, and what ids look like. */
import { randomBytes } from 'node:crypto';
import { Field, ID, InterfaceType } from 'type-graphql';
import { v7 } from 'uuid';

/** The kinds of things, by the prefix of their ids. */
export const idPrefix = {
  Workspace: 'wsp',
  ApiKey: 'key',
  SessionToken: 'ses',
  Connector: 'cnr',
  Scope: 'scp',
  Connection: 'cnn',
  Grant: 'grt',
  AuthorizationFlow: 'flw',
  ConnectionEvent: 'evt',
  AuditEvent: 'aud',
} as const;

export type Kind = keyof typeof idPrefix;

/** A new id. It begins with the kind and the time (UUIDv7), so that the order of ids is the order of creation. */
export function newId(kind: Kind): string {
  return `${idPrefix[kind]}_${v7().replaceAll('-', '')}`;
}

/** A new id of the kind that is numbered: it begins with the number, so that the order of ids is that of the numbers. */
export function newNumberedId(kind: Kind, number: number): string {
  return `${idPrefix[kind]}_${number.toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`;
}

/** The kind that an id is of; `undefined` when it is no id of ours. */
export function kindOf(id: string): Kind | undefined {
  const [, prefix] = /^([a-z]{3})_[0-9a-f]{32}$/.exec(id) ?? [];
  return (Object.keys(idPrefix) as Kind[]).find((kind) => idPrefix[kind] === prefix);
}

@InterfaceType('Node', {
  description: 'A thing with an id of its own.',
  resolveType: (value: { id: string }) => kindOf(value.id),
})
export abstract class Node {
  @Field(() => ID, { description: 'Opaque and unique; its prefix tells the kind.' })
  id!: string;
}
