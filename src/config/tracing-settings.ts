/** The settings of traces: the usual variables of OpenTelemetry, as far as they mean something here. */
import { parseUrl } from '../parse-url';
import { readFlag, setting } from './setting';

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
];

/** RFC 9110 section 5.6.2: what the name of a header is made of. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const NOT_URL = 'must be an http or https URL without user-info, such as http://127.0.0.1:4318';

export const tracingVariables = {
  otelEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'A collector of OpenTelemetry traces, by OTLP over HTTP as JSON, such as http://127.0.0.1:4318; /v1/traces is added. Default: no traces.',
    (value) => {
      const url = value === undefined ? undefined : endpointOf(value);
      if (url) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
      return url;
    },
  ),
  otelTracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'The same as a whole URL, which nothing is added to; it is the one that counts.',
    (value) => (value === undefined ? undefined : endpointOf(value)),
  ),
  otelHeaders: setting(
    'OTEL_EXPORTER_OTLP_HEADERS',
    'Headers for the collector: name=value, more of them separated by commas, values percent-encoded. Default: none.',
    (value) => (value === undefined ? [] : value.split(',').map(headerOf)),
  ),
  otelServiceName: setting(
    'OTEL_SERVICE_NAME',
    'What this server is called in traces. Default grapnel.',
    (value = 'grapnel') => value,
  ),
  otelSampler: setting(
    'OTEL_TRACES_SAMPLER',
    `Which traces are recorded: ${samplers.join(', ')}. Default parentbased_always_on.`,
    (value = 'parentbased_always_on') => {
      if (!samplers.includes(value)) throw new Error(`must be one of ${samplers.join(', ')}`);
      return value;
    },
  ),
  otelSamplerArg: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    'The part of the traces that traceidratio records, from 0 to 1. Default 1.',
    (value = '1') => {
      if (!/^\d*\.?\d+$/.test(value) || Number(value) > 1) throw new Error('must be a number from 0 to 1');
      return Number(value);
    },
  ),
  otelDisabled: setting('OTEL_SDK_DISABLED', 'true turns traces off. Default false.', (value = 'false') =>
    readFlag(value),
  ),
};

type TracingVariables = { [K in keyof typeof tracingVariables]: ReturnType<(typeof tracingVariables)[K]['read']> };

/** How to trace. */
export interface TracingSettings {
  readonly endpoint: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly serviceName: string;
  readonly sampler: string;
  readonly samplerArg: number;
}

/** `undefined`: no traces are asked for. */
export function tracingSettings(given: TracingVariables): TracingSettings | undefined {
  const endpoint = given.otelTracesEndpoint ?? given.otelEndpoint;
  if (!endpoint || given.otelDisabled) return undefined;
  const {
    otelHeaders: headers,
    otelServiceName: serviceName,
    otelSampler: sampler,
    otelSamplerArg: samplerArg,
  } = given;
  return { endpoint, headers, serviceName, sampler, samplerArg };
}

function endpointOf(value: string): URL {
  const url = parseUrl(value);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) throw new Error(NOT_URL);
  return url;
}

/** A message must not repeat any of it: headers for a collector are mostly keys. */
function headerOf(item: string): readonly [string, string] {
  const separator = item.indexOf('=');
  const name = item.slice(0, Math.max(separator, 0)).trim();
  const value = decoded(item.slice(separator + 1).trim());
  if (!token.test(name) || value === undefined || !/^[\t -~]*$/.test(value))
    throw new Error('must be a list of name=value, separated by commas, with values of percent-encoded ASCII');
  return [name, value];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
