/** The deeds that the audit log tells of, and the kinds of things they are done to. */
import { registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';

export enum AuditAction {
  CONNECTOR_CREATED = 'CONNECTOR_CREATED',
  CONNECTOR_UPDATED = 'CONNECTOR_UPDATED',
  CONNECTOR_AUTH_CONFIG_SET = 'CONNECTOR_AUTH_CONFIG_SET',
  CONNECTOR_MARKED_READY = 'CONNECTOR_MARKED_READY',
  CONNECTOR_SECRET_ROTATED = 'CONNECTOR_SECRET_ROTATED',
  CONNECTOR_LOGO_SET = 'CONNECTOR_LOGO_SET',
  CONNECTOR_CLONED = 'CONNECTOR_CLONED',
  CONNECTOR_DELETED = 'CONNECTOR_DELETED',
  SCOPE_ADDED = 'SCOPE_ADDED',
  SCOPE_UPDATED = 'SCOPE_UPDATED',
  SCOPE_DELETED = 'SCOPE_DELETED',
  CONNECTION_CREATED = 'CONNECTION_CREATED',
  CONNECTION_UPDATED = 'CONNECTION_UPDATED',
  AUTHORIZATION_BEGUN = 'AUTHORIZATION_BEGUN',
  CONNECTION_AUTHORIZED = 'CONNECTION_AUTHORIZED',
  AUTHORIZATION_DENIED = 'AUTHORIZATION_DENIED',
  AUTHORIZATION_FAILED = 'AUTHORIZATION_FAILED',
  CONNECTION_REFRESHED = 'CONNECTION_REFRESHED',
  CONNECTION_REVOKED = 'CONNECTION_REVOKED',
  CONNECTION_DELETED = 'CONNECTION_DELETED',
  API_KEY_CREATED = 'API_KEY_CREATED',
  API_KEY_REVOKED = 'API_KEY_REVOKED',
  SESSION_TOKEN_CREATED = 'SESSION_TOKEN_CREATED',
  WORKSPACE_CREATED = 'WORKSPACE_CREATED',
  WORKSPACE_UPDATED = 'WORKSPACE_UPDATED',
}

registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'What was done.',
  valuesConfig: describeValues<keyof typeof AuditAction>({
    CONNECTOR_CREATED: 'A connector was made.',
    CONNECTOR_UPDATED: 'The general section of a connector was changed; `fields` says which parts.',
    CONNECTOR_AUTH_CONFIG_SET: 'The authentication of a connector was configured; `fields` says what changed of it.',
    CONNECTOR_MARKED_READY: 'A connector was marked READY.',
    CONNECTOR_SECRET_ROTATED: 'The client (or consumer) secret of a connector was replaced.',
    CONNECTOR_LOGO_SET: 'A connector was given a logo.',
    CONNECTOR_CLONED: 'A connector was made as a copy; `original` says of which.',
    CONNECTOR_DELETED: 'A connector was deleted, with its scopes and its logo.',
    SCOPE_ADDED: 'A scope was added to a connector.',
    SCOPE_UPDATED: 'A scope was changed.',
    SCOPE_DELETED: 'A scope was deleted.',
    CONNECTION_CREATED: 'A connection was made.',
    CONNECTION_UPDATED: 'The settings of a connection were changed; `fields` says which.',
    AUTHORIZATION_BEGUN: 'A link was asked for that sends a person to the provider.',
    CONNECTION_AUTHORIZED:
      'A connection, or a user of it, was authorized. Where a person did so in the browser, the actor is who began it.',
    AUTHORIZATION_DENIED: 'A person declined at the provider; the actor is who began it.',
    AUTHORIZATION_FAILED: 'An authorization came to nothing; the actor is who began it.',
    CONNECTION_REFRESHED: 'The credentials of a connection were renewed because somebody asked for it.',
    CONNECTION_REVOKED: 'The credentials of a connection, or of a user of it, were given back and forgotten.',
    CONNECTION_DELETED: 'A connection was deleted, with its credentials.',
    API_KEY_CREATED: 'A key to this API was made.',
    API_KEY_REVOKED: 'A key to this API was ended.',
    SESSION_TOKEN_CREATED: 'A token for a browser was made.',
    WORKSPACE_CREATED: 'A workspace was made: told to the one it was made from, and to itself.',
    WORKSPACE_UPDATED: 'The workspace was changed; `fields` says which parts.',
  }),
});

export enum AuditSubjectKind {
  CONNECTOR = 'CONNECTOR',
  SCOPE = 'SCOPE',
  CONNECTION = 'CONNECTION',
  KEY = 'KEY',
  SESSION_TOKEN = 'SESSION_TOKEN',
  WORKSPACE = 'WORKSPACE',
}

registerEnumType(AuditSubjectKind, {
  name: 'AuditSubjectKind',
  description: 'What kind of thing a deed was done to.',
  valuesConfig: describeValues<keyof typeof AuditSubjectKind>({
    CONNECTOR: 'A connector.',
    SCOPE: 'A scope of a connector.',
    CONNECTION: 'A connection.',
    KEY: 'A key to this API.',
    SESSION_TOKEN: 'A session token.',
    WORKSPACE: 'A workspace.',
  }),
});
