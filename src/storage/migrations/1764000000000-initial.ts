/** The first schema: workspaces and keys, connectors, connections, grants, flows. */
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const text = (name: string): TableColumnOptions => ({ name, type: 'text' });
const integer = (name: string): TableColumnOptions => ({ name, type: 'integer' });
const moment = (name: string): TableColumnOptions => ({ name, type: 'bigint' });
const flag = (name: string): TableColumnOptions => ({ name, type: 'boolean' });
const orNull = (column: TableColumnOptions): TableColumnOptions => ({ ...column, isNullable: true });
const id: TableColumnOptions = { name: 'id', type: 'text', isPrimary: true };

const index = (table: string, columns: string[], isUnique = false) => ({
  name: `${table}_by_${columns.join('_')}`.toLowerCase(),
  columnNames: columns,
  isUnique,
});

const belongsTo = (table: string, column: string, onDelete: 'CASCADE' | 'RESTRICT') => ({
  columnNames: [column],
  referencedTableName: table,
  referencedColumnNames: ['id'],
  onDelete,
});

const health = [
  text('status'),
  text('state'),
  text('reason'),
  text('remedy'),
  moment('since'),
  orNull(moment('lastSuccessAt')),
  orNull(moment('lastErrorAt')),
  orNull(moment('expiresAt')),
  orNull(moment('nextRefreshAt')),
];

const names = [text('name'), text('nameKey'), text('linkName'), text('linkNameKey')];

const tables = [
  new Table({ name: 'workspace', columns: [id, text('name'), text('returnToUrls'), moment('createdAt')] }),
  new Table({
    name: 'api_key',
    columns: [
      id,
      text('workspaceId'),
      text('name'),
      text('role'),
      text('hash'),
      text('lastFour'),
      flag('bootstrap'),
      moment('createdAt'),
      orNull(moment('expiresAt')),
      orNull(moment('lastUsedAt')),
    ],
    indices: [index('api_key', ['hash'], true), index('api_key', ['workspaceId', 'id'])],
    foreignKeys: [belongsTo('workspace', 'workspaceId', 'RESTRICT')],
  }),
  new Table({
    name: 'connector',
    columns: [
      id,
      text('workspaceId'),
      ...names,
      orNull(text('description')),
      text('stage'),
      orNull(text('authType')),
      orNull(text('config')),
      orNull(text('secrets')),
      text('allowedHosts'),
      text('connectionFields'),
      moment('createdAt'),
      moment('updatedAt'),
    ],
    indices: [index('connector', ['workspaceId', 'linkNameKey'], true), index('connector', ['workspaceId', 'id'])],
    foreignKeys: [belongsTo('workspace', 'workspaceId', 'RESTRICT')],
  }),
  new Table({
    name: 'connector_logo',
    columns: [
      { ...text('connectorId'), isPrimary: true },
      text('mediaType'),
      integer('width'),
      integer('height'),
      integer('byteSize'),
      text('version'),
      text('bytes'),
    ],
    foreignKeys: [belongsTo('connector', 'connectorId', 'CASCADE')],
  }),
  new Table({
    name: 'scope',
    columns: [id, text('workspaceId'), text('connectorId'), text('name'), text('value'), text('searchKey')],
    indices: [index('scope', ['connectorId', 'value'], true), index('scope', ['connectorId', 'id'])],
    foreignKeys: [belongsTo('connector', 'connectorId', 'CASCADE')],
  }),
  new Table({
    name: 'connection',
    columns: [
      id,
      text('workspaceId'),
      text('connectorId'),
      ...names,
      text('authorizationLevel'),
      text('scopeIds'),
      text('plainVariables'),
      orNull(text('secretVariables')),
      text('secretVariableNames'),
      ...health,
      moment('createdAt'),
      moment('updatedAt'),
    ],
    indices: [
      index('connection', ['workspaceId', 'linkNameKey'], true),
      index('connection', ['workspaceId', 'id']),
      index('connection', ['workspaceId', 'status', 'id']),
      index('connection', ['connectorId', 'id']),
    ],
    foreignKeys: [belongsTo('connector', 'connectorId', 'RESTRICT')],
  }),
  new Table({
    name: 'connection_grant',
    columns: [
      id,
      text('workspaceId'),
      text('connectionId'),
      text('userKey'),
      orNull(text('credentials')),
      text('grantedScopes'),
      text('missingScopes'),
      moment('authorizedAt'),
      orNull(moment('leaseUntil')),
      integer('fence'),
      integer('refreshFailures'),
      orNull(moment('endsAt')),
      ...health,
    ],
    indices: [
      index('connection_grant', ['connectionId', 'userKey'], true),
      index('connection_grant', ['connectionId', 'id']),
      index('connection_grant', ['nextRefreshAt']),
      index('connection_grant', ['endsAt']),
    ],
    foreignKeys: [belongsTo('connection', 'connectionId', 'CASCADE')],
  }),
  new Table({
    name: 'authorization_flow',
    columns: [
      id,
      text('workspaceId'),
      text('connectionId'),
      text('userKey'),
      text('status'),
      text('connectorId'),
      text('step'),
      text('requestedBy'),
      orNull(text('startHash')),
      orNull(text('stateHash')),
      orNull(text('browserHash')),
      orNull(text('returnTo')),
      orNull(text('confirmationHash')),
      orNull(text('secrets')),
      orNull(text('error')),
      moment('createdAt'),
      moment('expiresAt'),
    ],
    indices: [
      index('authorization_flow', ['connectionId', 'id']),
      index('authorization_flow', ['status', 'expiresAt']),
      index('authorization_flow', ['startHash'], true),
      index('authorization_flow', ['stateHash'], true),
      index('authorization_flow', ['confirmationHash'], true),
    ],
    foreignKeys: [belongsTo('connection', 'connectionId', 'CASCADE')],
  }),
  new Table({
    name: 'session_token',
    columns: [
      id,
      text('workspaceId'),
      text('keyId'),
      text('connectionId'),
      orNull(text('userId')),
      text('hash'),
      moment('expiresAt'),
    ],
    indices: [
      index('session_token', ['hash'], true),
      index('session_token', ['keyId']),
      index('session_token', ['expiresAt']),
    ],
    foreignKeys: [belongsTo('api_key', 'keyId', 'CASCADE'), belongsTo('connection', 'connectionId', 'CASCADE')],
  }),
];

export class Initial1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.createTable(table, false, true, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...tables].reverse()) await runner.dropTable(table);
  }
}
