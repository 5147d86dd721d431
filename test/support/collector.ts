import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly failed: boolean;
}

export interface CollectedMetric {
  readonly name: string;
  readonly type: 'gauge' | 'sum' | 'histogram';
  readonly points: readonly {
    attributes: Readonly<Record<string, string | number>>;
    value: number;
    counts: number[];
  }[];
}

/** A message of protobuf by the numbers of its fields (Protocol Buffers, Encoding). */
type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

function read(bytes: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const take = (length: number): Buffer => bytes.subarray(at, (at += length));
    const value = wire === 0 ? varint() : wire === 1 ? take(8) : wire === 2 ? take(Number(varint())) : take(4);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const all = (fields: Fields, number: number): Buffer[] => (fields.get(number) ?? []) as Buffer[];
const text = (fields: Fields, number: number): string => all(fields, number)[0]?.toString('utf8') ?? '';
const within = (fields: Fields, ...numbers: readonly number[]): Fields[] =>
  numbers.reduce((found, number) => found.flatMap((one) => all(one, number).map(read)), [fields]);

function attributesOf(fields: Fields, number: number): Record<string, string | number> {
  return Object.fromEntries(
    within(fields, number).map((pair) => {
      const value = within(pair, 2)[0]!;
      const whole = value.get(3)?.[0];
      return [text(pair, 1), whole === undefined ? text(value, 1) : Number(whole)];
    }),
  );
}

/** A collector on this machine that takes OTLP over HTTP in protobuf (opentelemetry-proto 1.x), and keeps what it was sent. */
export class Collector {
  readonly spans: CollectedSpan[] = [];
  readonly metrics: CollectedMetric[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** All of it as it came, to look for what must not be in it. */
  readonly raw: Buffer[] = [];
  status = 200;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Collector> {
    const server = createServer();
    const collector = new Collector(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const sent = Buffer.concat(chunks);
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
        collector.headers.push(request.headers);
        collector.raw.push(body);
        if (request.url === '/v1/traces') collector.takeSpans(read(body));
        if (request.url === '/v1/metrics') collector.takeMetrics(read(body));
        response.writeHead(collector.status, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private takeSpans(request: Fields): void {
    for (const span of within(request, 1, 2, 2)) {
      const hex = (number: number): string => all(span, number)[0]?.toString('hex') ?? '';
      this.spans.push({
        traceId: hex(1),
        spanId: hex(2),
        parentSpanId: hex(4),
        name: text(span, 5),
        kind: Number(span.get(6)?.[0] ?? 0n),
        attributes: attributesOf(span, 9),
        failed: within(span, 15).some((status) => status.get(3)?.[0] === 2n),
      });
    }
  }

  private takeMetrics(request: Fields): void {
    for (const metric of within(request, 1, 2, 2)) {
      const [number, type] = metric.has(5)
        ? ([5, 'gauge'] as const)
        : metric.has(7)
          ? ([7, 'sum'] as const)
          : ([9, 'histogram'] as const);
      const points = within(metric, number, 1).map((point) => ({
        attributes: attributesOf(point, type === 'histogram' ? 9 : 7),
        value:
          type === 'histogram'
            ? Number(all(point, 4)[0]?.readBigUInt64LE() ?? 0n)
            : (all(point, 4)[0]?.readDoubleLE() ?? Number(all(point, 6)[0]?.readBigInt64LE() ?? 0n)),
        counts: type === 'histogram' ? eights(all(point, 6)) : [],
      }));
      this.metrics.push({ name: text(metric, 1), type, points });
    }
  }
}

/** Repeated numbers of eight bytes, packed or not. */
function eights(parts: readonly Buffer[]): number[] {
  const bytes = Buffer.concat(parts);
  return Array.from({ length: bytes.length / 8 }, (_, at) => Number(bytes.readBigUInt64LE(at * 8)));
}
