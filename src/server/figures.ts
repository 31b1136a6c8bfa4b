/** The figures that nobody has to count, because they can be read whenever Prometheus asks. */
import { countDueRefreshes, countOpenFlows } from '../authorization/open-work';
import type { GraphqlSse } from '../http/graphql-sse';
import type { GraphqlWs } from '../http/graphql-ws';
import type { Store } from '../storage/store';
import type { Telemetry } from '../telemetry';

interface Sources {
  readonly store: Store;
  readonly now: () => Date;
  readonly sockets: Pick<GraphqlWs, 'callers'>;
  readonly events: Pick<GraphqlSse, 'callers'>;
}

export function addFigures(metrics: Telemetry['metrics'], { store, now, sockets, events }: Sources): void {
  metrics.figure('grapnel_sockets', 'Open WebSockets whose key was good.', () => [...sockets.callers()].length);
  metrics.figure(
    'grapnel_event_streams',
    'Open server-sent event streams with a subscription.',
    () => [...events.callers()].length,
  );
  metrics.figure(
    'grapnel_refreshes_due',
    'Grants whose credentials are to be refreshed by now, 10000 at most; those that failed count again when their next try is due.',
    () => countDueRefreshes(store, now()),
  );
  metrics.figure('grapnel_flows_open', 'Authorization flows that have not ended, 10000 at most.', () =>
    countOpenFlows(store),
  );
}
