import { makeValidator, str } from 'envalid';
import { httpUrl, whole } from './config-validators.js';
import { setting, unset } from './declared-setting.js';

const share = makeValidator<number>((text) => {
  if (!/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/.test(text)) throw new Error('a number from 0 to 1');
  return Number(text);
});

/** `name=value` with commas between, values percent-encoded (OpenTelemetry, protocol exporter). */
const headers = makeValidator<Readonly<Record<string, string>>>((text) => {
  const form = 'headers as `name=value`, with commas between';
  const pairs = text.split(',').map((pair) => /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*([\x20-\x7e]*?)\s*$/.exec(pair));
  if (pairs.some((pair) => pair === null)) throw new Error(form);
  try {
    return Object.fromEntries(pairs.map((pair) => [pair![1]!, decodeURIComponent(pair![2]!)]));
  } catch {
    throw new Error(form);
  }
});

/** What is told to others: to an OpenTelemetry collector, by OpenTelemetry's own names, and to the audit log. */
export const TELEMETRY_SETTINGS = {
  AUDIT_LOG: setting(
    'auditLog',
    str,
    unset('– (off)'),
    'A file to which each request of somebody whose token is good is appended, refused or not, as an event of OCSF: who read or changed what.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    'telemetryUrl',
    httpUrl,
    unset('– (off: nothing of it is loaded)'),
    'Where an OpenTelemetry collector takes OTLP over HTTP (protobuf), such as `http://127.0.0.1:4318`: traces go to `/v1/traces` under it, metrics to `/v1/metrics`. Turns both on.',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: setting(
    'telemetryHeaders',
    headers,
    unset('none'),
    'Headers for it, `name=value` with commas between, such as a token.',
  ),
  OTEL_SERVICE_NAME: setting('telemetryServiceName', str, 'countersign', 'Under which name the service is seen there.'),
  OTEL_TRACES_SAMPLER_ARG: setting(
    'telemetryShare',
    share,
    0.05,
    'The share of traces that is recorded, from 0 to 1, by the id of the trace; what a caller says of it in `traceparent` is not asked. The log has the id of the trace of each request, recorded or not.',
  ),
  OTEL_METRIC_EXPORT_INTERVAL: setting(
    'telemetryIntervalMs',
    whole(1_000, 3_600_000),
    60_000,
    'How often metrics are sent there, milliseconds.',
  ),
};
