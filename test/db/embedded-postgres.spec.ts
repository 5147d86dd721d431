import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/embedded-postgres/cluster.js';
import { findPostmaster } from '../../src/embedded-postgres/postmaster.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import {
  AS_CONTAINED_ROOT,
  PLAIN_USER,
  type ServeOptions,
  type Service,
  asRoot,
  makeClone,
  native,
  serveFrom,
} from '../support/embedded-service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

const running: { stop(): Promise<unknown> }[] = [];
let scratch: string;
let clone: string;

function serve(dataDirectory: string, options: Partial<ServeOptions> = {}): Service {
  const service = serveFrom({ from: clone, ...options }, dataDirectory);
  running.push(service);
  return service;
}

async function start(dataDirectory: string, settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDirectory,
    database: 'bank',
    settings: { fsync: 'off', ...settings },
    log: () => undefined,
  });
  running.push(server);
  return server;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function eventually<T>(work: () => T | Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

const postmasterOf = (dataDirectory: string): ReturnType<typeof findPostmaster> =>
  findPostmaster(layoutOf(dataDirectory).data);

async function postmasterPid(dataDirectory: string): Promise<number> {
  const found = await postmasterOf(dataDirectory);
  if (!found) throw new Error('no database runs');
  return found.pid;
}

beforeAll(async () => {
  scratch = await makeTemporaryFolder();
  clone = await makeClone(join(scratch, 'clone'));
});

afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.stop();
});

afterAll(async () => {
  await removeTemporaryFolder(scratch);
});

describe('an embedded PostgreSQL', () => {
  const used = (): string => join(scratch, `a data directory ${'with a long name '.repeat(8)}`, 'below');

  it('starts private to its user, on a path with spaces that is longer than a socket path may be', async () => {
    const directory = used();
    const server = await start(directory);
    const [row] = await query(
      server.url,
      `
      SELECT current_user AS role, rolsuper, current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
             current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding, current_setting('max_connections') AS connections,
             (SELECT datlocale FROM pg_database WHERE datname = 'bank') AS locale FROM pg_roles WHERE rolname = current_user`,
    );
    expect(row).toEqual({
      role: 'countersign_owner',
      rolsuper: true,
      addresses: '127.0.0.1',
      sockets: '',
      checksums: 'on',
      encoding: 'UTF8',
      connections: '100',
      locale: 'C.UTF-8',
    });
    const { connection, password, data } = layoutOf(directory);
    expect(JSON.parse(readFileSync(connection, 'utf8'))).toEqual({
      url: server.url,
      port: server.port,
      pid: await postmasterPid(directory),
    });
    for (const file of [connection, password]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(data).uid === 0).toBe(false);
    const wrong = new URL(server.url);
    wrong.password = 'guess';
    await expect(query(wrong.toString(), 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('keeps its data from one start to the next, and may be stopped twice', async () => {
    const first = await start(used());
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await Promise.all([first.stop(), first.stop()]);
    await first.stop();
    expect(await postmasterOf(used())).toBeUndefined();
    expect(existsSync(layoutOf(used()).connection)).toBe(false);
    const second = await start(used(), { work_mem: '5MB' });
    expect(await query(second.url, 'SELECT answer, current_setting($$work_mem$$) AS work_mem FROM kept')).toEqual([
      { answer: 42, work_mem: '5MB' },
    ]);
  });

  it('comes back at the same address when the server is killed, also while a query is busy', async () => {
    const server = await start(used());
    const busy = query(server.url, 'DO $$ BEGIN LOOP END LOOP; END $$').catch(() => 'cut off');
    const loops = `SELECT 1 AS one FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %LOOP%'`;
    await eventually(async () => expect(await query(server.url, loops)).toEqual([{ one: 1 }]));
    const pid = await postmasterPid(used());
    process.kill(pid, 'SIGKILL');
    expect(await busy).toBe('cut off');
    expect(await eventually(() => query(server.url, 'SELECT answer FROM kept'))).toEqual([{ answer: 42 }]);
    expect(await postmasterPid(used())).not.toBe(pid);
    process.kill(await postmasterPid(used()), 'SIGKILL');
    await sleep(20);
    expect(await eventually(() => query(server.url, 'SELECT answer FROM kept'))).toEqual([{ answer: 42 }]);
  });

  it('survives the kill of the service, and goes on where it was started as it would be now', async () => {
    const service = serve(used());
    const url = await service.url;
    await query(url, 'INSERT INTO kept VALUES (43)');
    const pid = await postmasterPid(used());
    service.process.kill('SIGKILL');
    await service.stop();
    const next = await start(used());
    expect(await postmasterPid(used())).toBe(pid);
    expect(next.url).toBe(url);
    expect(await query(next.url, 'SELECT answer FROM kept ORDER BY 1')).toEqual([{ answer: 42 }, { answer: 43 }]);
    process.kill(pid, 'SIGKILL');
    expect(await eventually(() => query(url, 'SELECT count(*)::int FROM kept'))).toEqual([{ count: 2 }]);
    await next.stop();
    expect(await postmasterOf(used())).toBeUndefined();
  });

  it.each<[string, Record<string, string>, (pid: number) => void]>([
    ['with another setting', { work_mem: '5MB' }, () => undefined],
    ['with room for fewer connections', { max_connections: '110' }, () => undefined],
    ['as it would be now, but does not answer', {}, (pid) => process.kill(pid, 'SIGSTOP')],
  ])('is ended and started anew where a killed service had started it %s', async (_case, settings, harm) => {
    const service = serve(used());
    const url = await service.url;
    const pid = await postmasterPid(used());
    service.process.kill('SIGKILL');
    await service.stop();
    harm(pid);
    const next = await start(used(), settings);
    expect(await postmasterPid(used())).not.toBe(pid);
    expect(next.url).toBe(url);
    expect(await query(next.url, 'SELECT count(*)::int FROM kept')).toEqual([{ count: 2 }]);
  });

  it('goes on with room for more connections than are wanted', async () => {
    const service = serve(used(), { settings: { max_connections: '120' } });
    await service.url;
    const pid = await postmasterPid(used());
    service.process.kill('SIGKILL');
    await service.stop();
    await start(used());
    expect(await postmasterPid(used())).toBe(pid);
  });

  it('is not misled by a process number that now belongs to another program', async () => {
    const stranger = spawn('sleep', ['60'], asRoot ? { uid: statSync(layoutOf(used()).data).uid } : {});
    await writeFile(
      join(layoutOf(used()).data, 'postmaster.pid'),
      `${stranger.pid}\n${layoutOf(used()).data}\n0\n5432\n\n127.0.0.1\n\nready\n`,
    );
    await writeFile(layoutOf(used()).lock, JSON.stringify({ pid: stranger.pid, born: 'long ago' }));
    try {
      const server = await start(used());
      expect(await query(server.url, 'SELECT count(*)::int FROM kept')).toEqual([{ count: 2 }]);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    } finally {
      stranger.kill();
    }
  });

  it('is ended when the service exits without stopping it', async () => {
    const service = serve(used());
    await service.url;
    service.process.stdin?.write('exit\n');
    await service.stop();
    await eventually(async () => expect(await postmasterOf(used())).toBeUndefined());
  });

  it('stays up on a Ctrl-C in the terminal of the service', async () => {
    await start(used());
    const pid = await postmasterPid(used());
    const group = (of: number): string =>
      spawnSync('ps', ['-o', 'pgid=', '-p', String(of)], { encoding: 'utf8' }).stdout.trim();
    expect(group(pid)).toBe(String(pid));
    expect(group(process.pid)).not.toBe(group(pid));
  });

  it('refuses the data of another version of PostgreSQL, and leaves them alone', async () => {
    const file = join(layoutOf(used()).data, 'PG_VERSION');
    const version = await readFile(file, 'utf8');
    await writeFile(file, '14\n');
    await expect(start(used())).rejects.toThrow(/was made by PostgreSQL 14/);
    await writeFile(file, version);
  });
});

describe('two services on one data directory', () => {
  it('share one server, however close their starts, and the last to go ends it', async () => {
    const directory = join(scratch, 'shared');
    const [first, second, third] = [serve(directory), serve(directory), await start(directory)];
    expect(new Set([await first.url, await second.url, third.url]).size).toBe(1);
    const pid = await postmasterPid(directory);
    await first.stop();
    await third.stop();
    expect(await postmasterPid(directory)).toBe(pid);
    process.kill(pid, 'SIGKILL');
    await eventually(async () => query(await second.url, 'SELECT 1'));
    const late = await start(directory);
    expect(late.url).toBe(await second.url);
    await second.stop();
    expect(await query(late.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await late.stop();
    expect(await postmasterOf(directory)).toBeUndefined();
  });

  it('agree on the address when the server is killed just as another service starts', async () => {
    const directory = join(scratch, 'shared');
    const first = await start(directory);
    process.kill(await postmasterPid(directory), 'SIGKILL');
    const second = serve(directory);
    expect(await second.url).toBe(first.url);
    await eventually(() => query(first.url, 'SELECT 1'));
  });
});

describe('a first start that was killed', () => {
  it('leaves nothing that keeps the next from working', async () => {
    const directory = join(scratch, 'interrupted');
    const service = serve(directory);
    await eventually(() => {
      const making = readdirSync(directory).find((name) => name.startsWith('cluster.new-'));
      if (!making || !existsSync(join(directory, making, 'data', 'base'))) throw new Error('not yet');
    });
    service.process.kill('SIGKILL');
    await service.stop();
    const server = await start(directory);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readdirSync(directory).sort()).toEqual(['cluster', 'connection.json', 'postgres.log', 'sessions']);
  });
});

describe('an install that ran no scripts', () => {
  it('works for several at once, also in a folder that only its owner may enter', async () => {
    const hidden = join(scratch, 'hidden');
    await mkdir(hidden, { mode: 0o700 });
    const from = await makeClone(join(hidden, 'clone'));
    expect(existsSync(join(native(from), 'lib', 'libpq.so.5'))).toBe(false);
    for (const program of ['initdb', 'postgres']) await chmod(join(native(from), 'bin', program), 0o644);
    const services = ['one', 'two'].map((name) =>
      serve(join(hidden, name), { from, through: name === 'two' ? AS_CONTAINED_ROOT : [] }),
    );
    for (const service of services) {
      expect(await query(await service.url, 'SELECT lower($$É$$) AS low')).toEqual([{ low: 'é' }]);
    }
    expect(statSync(hidden).mode & 0o777).toBe(0o700);
    const pids = await Promise.all(['one', 'two'].map((name) => postmasterPid(join(hidden, name))));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    for (const service of services) await eventually(async () => query(await service.url, 'SELECT 1'));
    await Promise.all(services.map((service) => service.stop()));
    expect(await postmasterOf(join(hidden, 'one'))).toBeUndefined();
    expect(await postmasterOf(join(hidden, 'two'))).toBeUndefined();
  });

  it('works for a user who may not write to it', async () => {
    const from = await makeClone(join(scratch, 'read only'));
    await chmod(join(native(from), 'lib'), 0o555);
    const directory = join(scratch, 'plain');
    await mkdir(directory, { mode: 0o700 });
    if (asRoot) await chown(directory, PLAIN_USER.uid ?? 0, PLAIN_USER.gid ?? 0);
    const service = serve(directory, { from, ...PLAIN_USER });
    expect(await query(await service.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(service.said()).toContain('so they were copied to');
    expect(existsSync(join(native(from), 'lib', 'libpq.so.5'))).toBe(false);
    await service.stop();
    await chmod(join(native(from), 'lib'), 0o755);
  });
});
