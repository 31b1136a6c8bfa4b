/** Flows to watch: as many as it takes, open, each with an id of its own. */
import { idInSql, idOf, multiply, openDatabase } from './database';
import type { Grapnel } from './grapnel';
import { authorize, connection, oauthConnector } from './story';

/** What an idle flow must not end before: far beyond any benchmark, in milliseconds. */
const LONG = 86_400_000;

export interface Flows {
  /** A connection that can be authorized again and again, by callbacks. */
  readonly connectionId: string;
  /** The ids of flows that stay as they are. */
  readonly idle: readonly string[];
}

export async function openFlows(grapnel: Grapnel, upstream: string, count: number): Promise<Flows> {
  const connectorId = await oauthConnector(grapnel, upstream, { grantType: 'AUTHORIZATION_CODE' });
  const [idleOn, connectionId] = [
    await connection(grapnel, connectorId, 'Idle'),
    await connection(grapnel, connectorId, 'Busy'),
  ];
  const { id } = await authorize(grapnel, idleOn);
  const db = openDatabase(grapnel.folder);
  multiply(db, 'authorization_flow', id, count, {
    id: idInSql('flw'),
    startHash: 'NULL',
    stateHash: 'NULL',
    confirmationHash: 'NULL',
    expiresAt: `${Date.now() + LONG}`,
  });
  db.close();
  return { connectionId, idle: Array.from({ length: count }, (_, index) => idOf('flw', index + 1)) };
}
