import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchIssuer } from '../load/issuer.js';
import { Bank, registerLine } from './bank.js';
import { countersign, type Ended } from './commands.js';
import type { Installation } from './debian-postgres.js';
import { plainPath } from './plain-path.js';
import { PASSWORD, PostgresNode } from './postgres-node.js';
import type { Query } from './proof.js';
import { DrillService, type DrillServiceOptions, environmentOf } from './service.js';

export const DATABASE = 'countersign';
export const OWNER = 'countersign_owner';
const WORKERS = 8;

/** A checkpoint that somebody outside has kept. */
export interface Kept {
  readonly file: string;
  readonly size: number;
}

/** What a drill of restoring works on: clusters, services, the bank, and what is kept outside. */
export class Site {
  readonly figures: Record<string, number> = {};
  readonly faults: string[] = [];
  private readonly nodes: PostgresNode[] = [];
  private readonly services: DrillService[] = [];

  private constructor(
    readonly directory: string,
    readonly installation: Installation,
    private readonly issuer: BenchIssuer,
    private readonly tokens: { readonly app: string; readonly agent: string },
  ) {}

  static async make(directory: string, installation: Installation, issuer: BenchIssuer): Promise<Site> {
    const [app, agent] = await Promise.all([issuer.token('app'), issuer.token('agent', 'amara', 'Amara Okafor')]);
    return new Site(directory, installation, issuer, { app, agent });
  }

  /** The file of the keys that were kept. */
  private get keys(): string {
    return join(this.directory, 'jwks.json');
  }

  async node(name: string): Promise<PostgresNode> {
    const node = new PostgresNode(name, this.directory, this.installation, await plainPath());
    this.nodes.push(node);
    return node;
  }

  /** As docs/operations/backup.md makes the roles and the database of a new cluster. */
  async prepareDatabase(node: PostgresNode): Promise<void> {
    await node.sql(
      'postgres',
      `CREATE ROLE ${OWNER} LOGIN CREATEROLE PASSWORD '${PASSWORD}'`,
      'CREATE ROLE countersign_service',
      `GRANT countersign_service TO ${OWNER} WITH ADMIN OPTION`,
      `CREATE DATABASE ${DATABASE} OWNER ${OWNER}`,
    );
  }

  optionsFor(node: PostgresNode, name: string, environment: NodeJS.ProcessEnv = {}): DrillServiceOptions {
    return {
      databaseUrl: node.url(DATABASE, OWNER),
      directory: this.directory,
      issuer: this.issuer,
      name,
      // The same at every cluster: the log has its name from it.
      environment: { PUBLIC_URL: 'https://countersign.example', LOG_LEVEL: 'warn', ...environment },
    };
  }

  service(options: DrillServiceOptions): DrillService {
    const service = new DrillService(options);
    this.services.push(service);
    return service;
  }

  async registerLine(url: string): Promise<void> {
    await registerLine(url, await this.issuer.token('admin'));
  }

  bank(url: string): Bank {
    return new Bank({ urls: () => [url], tokens: this.tokens, workers: WORKERS });
  }

  queryOf(node: PostgresNode): Query {
    return (statement) => node.sql(DATABASE, statement);
  }

  /** Keeps what `GET /log/checkpoint` answers now, and the keys, as a witness or an auditor does. */
  async keepCheckpoint(url: string, name: string): Promise<Kept> {
    const [note, keys] = await Promise.all(
      ['/log/checkpoint', '/.well-known/jwks.json'].map(async (path) => {
        const response = await fetch(url + path);
        if (!response.ok) throw new Error(`${path}: ${response.status}`);
        return response.text();
      }),
    );
    const file = join(this.directory, `checkpoint-${name}`);
    await Promise.all([writeFile(file, note!), writeFile(this.keys, keys!)]);
    return { file, size: Number(note!.split('\n')[1]) };
  }

  /** `countersign verify-log` against what was kept. */
  verifyLog(url: string, { file }: Kept): Promise<Ended> {
    return countersign(process.env, 'verify-log', url, '--keys', this.keys, '--checkpoint', file);
  }

  command(options: DrillServiceOptions, ...args: string[]): Promise<Ended> {
    return countersign(environmentOf(options), ...args);
  }

  /** The status and body of a request, as somebody in a scope. */
  async ask(
    url: string,
    scope: 'app' | 'agent',
    path: string,
    body: object,
  ): Promise<{ status: number; body: unknown }> {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.tokens[scope]}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  /** Notes it as a fault where it is not so. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.faults.push(otherwise);
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** How long something took, in seconds, and what it was for. */
  async timed<Result>(figure: string, work: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    const result = await work();
    this.figures[figure] = Math.round(performance.now() - began) / 1_000;
    return result;
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop().catch(() => undefined)));
    for (const node of this.nodes) await node.kill().catch(() => undefined);
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
