/** Keys, workspaces and session tokens for tests. */
import { type Ask, dataOf } from './server';
import { succeeded } from './story';

export type RoleName = 'OWNER' | 'ADMIN' | 'INTEGRATOR' | 'VIEWER';

/** Makes a key; gives its id and its secret. */
export async function createKey(
  ask: Ask,
  role: RoleName,
  more: { name?: string; expiresAt?: string } = {},
): Promise<{ id: string; secret: string }> {
  const query = `mutation ($input: ApiKeyCreateInput!) {
    apiKeyCreate(input: $input) { apiKey { id } secret userErrors { code message path } }
  }`;
  const { apiKeyCreate } = await dataOf(ask(query, { input: { name: 'Key of a test', role, ...more } }));
  const { apiKey, secret } = succeeded<{ userErrors: unknown[]; apiKey: { id: string }; secret: string }>(apiKeyCreate);
  return { id: apiKey.id, secret };
}

export async function revokeKey(ask: Ask, id: string): Promise<void> {
  const query = 'mutation ($id: ID!) { apiKeyRevoke(id: $id) { userErrors { code message path } } }';
  succeeded((await dataOf(ask(query, { id }))).apiKeyRevoke);
}

/** Makes a workspace; gives its id and the secret of its first key. */
export async function createWorkspace(ask: Ask, name: string): Promise<{ id: string; secret: string }> {
  const query = `mutation ($input: WorkspaceCreateInput!) {
    workspaceCreate(input: $input) { workspace { id } adminKey userErrors { code message path } }
  }`;
  const { workspaceCreate } = await dataOf(ask(query, { input: { name } }));
  const { workspace, adminKey } = succeeded<{
    userErrors: unknown[];
    workspace: { id: string };
    adminKey: string;
  }>(workspaceCreate);
  return { id: workspace.id, secret: adminKey };
}

/** Makes a session token for a connection (and a user of it); gives the token. */
export async function createSessionToken(
  ask: Ask,
  connectionId: string,
  more: { userId?: string; expiresInSeconds?: number } = {},
): Promise<string> {
  const query = `mutation ($input: SessionTokenCreateInput!) {
    sessionTokenCreate(input: $input) { token userErrors { code message path } }
  }`;
  const input = { connection: { id: connectionId }, ...more };
  const { sessionTokenCreate } = await dataOf(ask(query, { input }));
  return succeeded<{ userErrors: unknown[]; token: string }>(sessionTokenCreate).token;
}
