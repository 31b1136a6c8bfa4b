/** Sends finished spans to a collector: OTLP over HTTP as JSON, through the one door out. */
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { TracingSettings } from '../config';
import type { Log } from '../log';
import { createOutbound } from '../outbound';

const TIMEOUT = 10_000;
const MAX_ANSWER = 64 * 1024;

/** `ExportResultCode` of a package that is not ours to import. */
const [SUCCESS, FAILED] = [0, 1];

/** An exporter that may call the host of its endpoint and no other private one. */
export function otlpExporter({ endpoint, headers }: TracingSettings, log: Log): SpanExporter {
  const { hostname, port, protocol } = endpoint;
  const allow = [`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`];
  const outbound = createOutbound({ allow, requireHttps: false });
  let isInTrouble = false;

  async function send(spans: ReadableSpan[]): Promise<void> {
    const { status } = await outbound.send({
      method: 'POST',
      url: endpoint,
      headers: [...headers, ['content-type', 'application/json']],
      body: JsonTraceSerializer.serializeRequest(spans),
      timeoutMs: TIMEOUT,
      maxBytes: MAX_ANSWER,
    });
    if (status < 200 || status > 299) throw new Error(`The collector answered ${status}.`);
  }

  /** The first failure and the first success after it: a collector that is gone must not fill the log. */
  function tell(err: unknown): void {
    if (err && !isInTrouble)
      log.warn({ err }, 'Traces cannot be sent; they are dropped until the collector takes them.');
    if (!err && isInTrouble) log.info('Traces are sent again.');
    isInTrouble = err !== undefined;
  }

  return {
    export(spans, done) {
      send(spans).then(
        () => {
          tell(undefined);
          done({ code: SUCCESS });
        },
        (error: Error) => {
          tell(error);
          done({ code: FAILED, error });
        },
      );
    },
    shutdown: () => outbound.close(),
  };
}
