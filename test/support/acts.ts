/** What tests do to a connection: change it, authorize it, use it, revoke it, delete it. */
import type { PeerApi } from './peer-api';
import { USER_ERRORS } from './refusals';
import { type Ask, dataOf } from './server';

export const updateConnection = (ask: Ask, id: string, input: object) =>
  dataOf(
    ask(
      `mutation ($id: ID!, $input: ConnectionUpdateInput!) {
        connectionUpdate(id: $id, input: $input) { userErrors { code } }
      }`,
      { id, input },
    ),
  );

export const revokeConnection = (ask: Ask, id: string, userId?: string) =>
  dataOf(
    ask('mutation ($id: ID!, $userId: String) { connectionRevoke(id: $id, userId: $userId) { userErrors { code } } }', {
      id,
      userId,
    }),
  );

export const deleteConnection = (ask: Ask, id: string) =>
  dataOf(ask('mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }', { id }));

/** Calls a URL with a connection; gives the status of the answer, or the code of the error. */
export async function callUrl(ask: Ask, id: string, url: string, userId?: string): Promise<number | string> {
  const query = `mutation ($input: InvokeUrlInput!) {
    invokeUrl(input: $input) { response { status } userErrors { code } }
  }`;
  const { invokeUrl } = await dataOf(ask(query, { input: { connection: { id }, userId, method: 'GET', url } }));
  return invokeUrl.response?.status ?? invokeUrl.userErrors[0].code;
}

/** Calls an API that answers with `status`. */
export function callApi(
  ask: Ask,
  peer: PeerApi,
  id: string,
  status: number,
  userId?: string,
): Promise<number | string> {
  peer.answer((_received, response) => response.writeHead(status).end());
  return callUrl(ask, id, `${peer.url}/`, userId);
}

/** The whole payload of an authorization, refused or not. */
export async function tryAuthorize(ask: Ask, input: object) {
  const query = `mutation ($input: ConnectionAuthorizeInput!) {
    connectionAuthorize(input: $input) {
      flow { id status authorizationUrl userId error { code } expiresAt connection { id status } }
      connection { id status }
      ${USER_ERRORS}
    }
  }`;
  return (await dataOf(ask(query, { input }))).connectionAuthorize;
}

/** The grant of a connection (of a user of it); `null` when there is none. */
export async function grantOf(ask: Ask, id: string, userId?: string) {
  const query = `query ($id: ID!, $userId: String) {
    connection(by: { id: $id }) {
      grant(userId: $userId) {
        id status userId authorizedAt grantedScopes expiresAt health { state remedy since lastSuccessAt }
      }
    }
  }`;
  return (await dataOf(ask(query, { id, userId }))).connection.grant;
}
