/** The client of graphql-ws (on a socket) runs every operation. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { OWNER_KEY } from '../support/server';
import { runsEverything } from './streaming';

runsEverything('graphql-ws', ({ wsUrl }) =>
  createClient({
    url: wsUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${OWNER_KEY}` },
  }),
);
