/** What tests of connections do to one: change it, use it, revoke it, delete it. */
import type { PeerApi } from '../support/peer-api';
import { type Ask, dataOf } from '../support/server';

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
