/*
 * Lays out in a folder what the last stage of deploy/Dockerfile holds, from a build in the working folder: Node.js with the
 * libraries that it is linked with, the service without its sources, and the little that both expect of a system. No shell.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NOBODY = 65_532;
const root = process.argv[2];
if (root === undefined) throw new Error('Name the folder that is to hold the image.');

/** Where a file of this system stands in the image: at the same place, and never as a link. */
function take(file) {
  const target = join(root, file);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(realpathSync(file), target, { dereference: true });
}

function takeNode() {
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  cpSync(realpathSync(process.execPath), join(root, 'usr/local/bin/node'));
  const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  const libraries = [...linked.matchAll(/(\/\S+\.so[.\d]*)/g)].map(([, file]) => file);
  for (const file of new Set(libraries)) take(file);
  return libraries;
}

/** Scanners of images look here for what has to be renewed (as in Google's distroless images). */
function tellOfPackages(libraries) {
  const owners = new Set();
  for (const file of [...libraries, ...libraries.map((library) => realpathSync(library))]) {
    const found = [file, file.replace(/^\/usr\//, '/')].map(ownersOf).find(({ length }) => length > 0);
    for (const name of found ?? []) owners.add(name);
  }
  mkdirSync(join(root, 'var/lib/dpkg/status.d'), { recursive: true });
  for (const name of owners)
    writeFileSync(join(root, 'var/lib/dpkg/status.d', name), execFileSync('dpkg-query', ['--status', name]));
  take('/etc/os-release');
}

/** Several packages may own a folder; a library is of one, and of one architecture. */
function ownersOf(path) {
  try {
    const said = execFileSync('dpkg-query', ['--search', path], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return said
      .slice(0, said.lastIndexOf(': '))
      .split(', ')
      .map((name) => name.split(':')[0]);
  } catch {
    return [];
  }
}

function takeSystem() {
  // Where what starts containers mounts what is of the machine.
  for (const name of ['etc', 'proc', 'dev', 'sys', 'run']) mkdirSync(join(root, name), { recursive: true });
  mkdirSync(join(root, 'tmp'), { recursive: true, mode: 0o1777 });
  writeFileSync(join(root, 'etc/passwd'), `countersign:x:${NOBODY}:${NOBODY}:Countersign:/app:/nonexistent\n`);
  writeFileSync(join(root, 'etc/group'), `countersign:x:${NOBODY}:\n`);
  // Names in files come before those of DNS, as everywhere.
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  if (existsSync('/etc/ssl/certs/ca-certificates.crt')) take('/etc/ssl/certs/ca-certificates.crt');
}

/** What runs; links of workspaces stay links, within the folder. */
function takeService() {
  const app = join(root, 'app');
  mkdirSync(app, { recursive: true });
  for (const name of ['dist', 'node_modules', 'packages', 'web', 'examples/first-day-issuer.mjs', 'package.json'])
    if (existsSync(name)) cpSync(name, join(app, name), { recursive: true, verbatimSymlinks: true });
  const unused = [
    '{packages,web}/*/{src,test}',
    '**/*.map',
    '**/*.tsbuildinfo',
    'node_modules/**/*.{md,d.ts,d.mts,d.cts}',
  ];
  for (const file of globSync(unused, { cwd: app })) rmSync(join(app, file), { recursive: true, force: true });
  if (!existsSync(join(app, 'dist/src/main.js'))) throw new Error('Nothing is built here: run npm run build first.');
  JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
}

rmSync(root, { recursive: true, force: true });
tellOfPackages(takeNode());
takeSystem();
takeService();
