/** Watching a flow over a socket, as an application does while the person is away. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { FLOW_FIELDS, type Flow } from './oauth';
import { OWNER_KEY } from './server';

export interface Watched {
  /** The next state that is told; rejects when there is none any more. */
  next(): Promise<Flow>;
  /** The statuses of everything that is still told, until the server completes. */
  rest(): Promise<string[]>;
}

/** Watches a flow; the state as it is now is the first that is told. `url`: of the server. */
export function watchFlow(url: string, flowId: string, secret = OWNER_KEY): Watched {
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${secret}` },
    retryAttempts: 0,
  });
  const query = `subscription ($id: ID!) { authorizationFlow(id: $id) { ${FLOW_FIELDS} } }`;
  const told = client.iterate<{ authorizationFlow: Flow }>({ query, variables: { id: flowId } });
  const next = async () => {
    const { value, done } = await told.next();
    if (!done && !value.errors) return value.data?.authorizationFlow;
    await client.dispose();
    if (value?.errors) throw new Error(`The subscription told errors: ${JSON.stringify(value.errors)}`);
    return undefined;
  };
  return {
    async next() {
      const flow = await next();
      if (!flow) throw new Error('The subscription has ended.');
      return flow;
    },
    async rest() {
      const statuses: string[] = [];
      for (let flow = await next(); flow; flow = await next()) statuses.push(flow.status);
      return statuses;
    },
  };
}
