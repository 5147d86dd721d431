/*
 * Walks the production section of README.md and docs/operations.md in a clone of its own, as it stands there: builds,
 * leaves the tools of development behind, and runs each command that is named for what was built. Needs nothing but
 * git, Node and npm; ends with 1 at the first command that does not do what the documents say.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'countersign-production-'));
const clone = join(folder, 'clone');
const data = join(folder, 'data');
const environment = { ...process.env, NODE_ENV: undefined, DATABASE_URL: undefined, DATA_DIR: data };
const started = [];

function run(command, { env = {}, says = /(?:)/ } = {}) {
  process.stdout.write(`$ ${command}\n`);
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: clone,
    env: { ...environment, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0 || !says.test(stdout))
    throw new Error(`${command}: exit ${status}\n${stdout.slice(-2_000)}\n${stderr.slice(-2_000)}`);
  return stdout;
}

async function serve(command, env) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  process.stdout.write(`$ ${command} &\n`);
  const child = spawn('bash', ['-c', `exec ${command}`], {
    cwd: clone,
    env: { ...environment, ...env, PORT: String(port) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  const ended = new Promise((resolve) => child.once('close', resolve));
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}\n${output}`);
    const ready = await fetch(`${url}/health/ready`).catch(() => null);
    if (ready?.status === 200) return { url, stop: () => stop(child, ended, command) };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${command} does not get ready\n${output.slice(-4_000)}`);
}

/** As Ctrl-C does, all of the command; npm itself may end by the signal, the service with 0. */
async function stop(child, ended, command) {
  process.kill(-child.pid, 'SIGTERM');
  const status = await ended;
  if (status !== 0 && !(status === null && command.startsWith('npm')))
    throw new Error(`${command} ended with ${status} after SIGTERM`);
}

function killAll({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The commands of the production section, as the documents have them. */
function documented() {
  const [build] =
    /^npm ci && npm run build && npm prune --omit=dev$/m.exec(readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')) ??
    [];
  const [, serving] =
    /and run `(node [^`]* dist\/src\/main\.js)`/.exec(readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')) ?? [];
  if (!build || !serving || !readFileSync(join(ROOT, 'README.md'), 'utf8').includes(`\`${build}\``))
    throw new Error('the production section does not say how to build and to serve');
  return { build, serving };
}

async function inDevelopment() {
  const service = await serve('npm start', {});
  const env = { COUNTERSIGN_URL: service.url };
  run('npm run -s token -- app', { env, says: /^[\w-]+\.[\w-]+\.[\w-]+\n$/ });
  run('npm run demo', { env, says: /went as they should/ });
  await service.stop();
}

async function inProduction(serving) {
  const { startEmbeddedPostgres } = await import(
    pathToFileURL(join(clone, 'dist/src/embedded-postgres/embedded-postgres.js')).href
  );
  const server = await startEmbeddedPostgres({
    dataDirectory: join(folder, 'database'),
    database: 'countersign',
    settings: {},
    log: () => undefined,
  });
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: server.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    TENANTS: '[{"id":"northbank","issuer":"https://login.example"}]',
    PUBLIC_URL: 'https://countersign.example',
  };
  try {
    run('npm run migrate', { env });
    run('npm run mend-log', { env, says: /in order/ });
    const service = await serve(serving, env);
    const unknown = await fetch(`${service.url}/v1/policy`);
    if (unknown.status !== 401) throw new Error(`without a token: ${unknown.status}`);
    await service.stop();
  } finally {
    await server.stop();
  }
}

/** The same build on the release that README recommends, which comes as a package and goes with the folder. */
async function onRecommendedNode(serving) {
  if (process.platform !== 'linux') return void process.stdout.write('Node 24 is tried on Linux alone.\n');
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = join(folder, 'node24');
  run(`npm install --prefix ${prefix} --no-save --ignore-scripts --no-audit --no-fund ${name}@24`);
  const node = join(prefix, 'node_modules', name, 'bin', 'node');
  run(`${node} --version`, { says: /^v24\./ });
  const service = await serve(serving.replace(/^node/, node), {});
  run(`${node} dist/scripts/demo.js`, { env: { COUNTERSIGN_URL: service.url }, says: /went as they should/ });
  await service.stop();
}

try {
  const { build, serving } = documented();
  const cloned = spawnSync('git', ['clone', '--quiet', ROOT, clone], { encoding: 'utf8' });
  if (cloned.status !== 0) throw new Error(cloned.stderr);
  run(build);
  for (const command of [
    'npm start -- --help',
    'npm run migrate -- --help',
    'npm run worker -- --help',
    'npm run mend-log -- --help',
    'npm run verify-evidence -- --help',
  ])
    run(command, { says: /\S/ });
  await inDevelopment();
  await inProduction(serving);
  await onRecommendedNode(serving);
  process.stdout.write('The production section works as it is written.\n');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  for (const child of started) killAll(child);
  rmSync(folder, { recursive: true, force: true });
}
