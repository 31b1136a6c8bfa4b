/** Sending spans: what the exporter tells the processor of it, and the log, once for each trouble. */
import { ROOT_CONTEXT } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { createLog } from '../../src/log';
import { otlpExporter } from '../../src/telemetry/otlp-exporter';
import { type Collector, startCollector } from './collector';

let collector: Collector;
const lines: string[] = [];

beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

function aSpan(): ReadableSpan {
  const kept = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] });
  provider.getTracer('tests').startSpan('one', {}, ROOT_CONTEXT).end();
  const [span] = kept.getFinishedSpans();
  if (!span) throw new Error('There is no span.');
  return span;
}

test('the first failure and the first success after it are logged; every result is told', async () => {
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const settings = {
    ...{ endpoint: new URL(`${collector.url}/v1/traces`), headers: [['x-key', 's3cret']] as const },
    ...{ serviceName: 'x', sampler: 'always_on', samplerArg: 1 },
  };
  const exporter = otlpExporter(settings, log);
  const span = aSpan();
  const send = (status: number) => {
    collector.answer((_received, response) => void response.writeHead(status, { location: '/elsewhere' }).end());
    return new Promise<number>((done) => exporter.export([span], ({ code }) => done(code)));
  };
  const codes: number[] = [];
  for (const status of [200, 503, 401, 307, 200, 202, 500]) codes.push(await send(status));
  await exporter.shutdown();
  // ExportResultCode: 0 success, 1 failure.
  expect(codes).toEqual([0, 1, 1, 1, 0, 0, 1]);
  expect(collector.spans().map(({ name }) => name)).toEqual(Array(7).fill('one'));
  expect(lines.map((line) => [JSON.parse(line).level, JSON.parse(line).err?.message])).toEqual([
    ['warn', 'The collector answered 503.'],
    ['info', undefined],
    ['warn', 'The collector answered 500.'],
  ]);
  expect(lines.join('')).not.toContain('s3cret');
});
