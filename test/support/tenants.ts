import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTenants } from '../../src/boot/tenants/program.js';
import type { TestService } from './service.js';
import { masterKeyOf } from './keys.js';

/** What a command ended with, and all that it said. */
export interface Told {
  readonly code: number;
  readonly text: string;
}

/** As they are typed. */
export interface TypedLimits {
  readonly requestsPerSecond?: string;
  readonly eventsPerSecond?: string;
}

let files = 0;

/** The operator of a test service, who works at its banks as `countersign tenants …` does. */
export class TenantsOperator {
  constructor(
    private readonly service: TestService,
    private readonly environment: NodeJS.ProcessEnv = {},
  ) {}

  /** @param more after the command: an id, or an entry that goes by file */
  async run(command: string, more?: string | object, asJson = false, limits: TypedLimits = {}): Promise<Told> {
    const said: string[] = [];
    const words = more === undefined ? [] : [typeof more === 'string' ? more : await this.fileOf(more)];
    const code = await runTenants([command, ...words], this.settings, {
      asJson,
      by: 'the operator of a test',
      ...limits,
      say: (text) => void said.push(text),
    });
    return { code, text: said.join('') };
  }

  private async fileOf(entry: object): Promise<string> {
    const file = join(this.service.dataDirectory, `entry-${(files += 1)}.json`);
    await writeFile(file, JSON.stringify(entry));
    return file;
  }

  private get settings(): NodeJS.ProcessEnv {
    const { ownerUrl, dataDirectory, url } = this.service;
    return {
      DATABASE_URL: ownerUrl,
      DATA_DIR: dataDirectory,
      MASTER_KEY: masterKeyOf(7),
      PUBLIC_URL: url,
      ...this.environment,
    };
  }
}
