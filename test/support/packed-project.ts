import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary.js';

const run = promisify(execFile);
const PACKAGES = ['client', 'device', 'elements', 'hosts'];

/** An empty project with the packages in it as they would be published, and nothing from a registry. */
export class PackedProject {
  private constructor(readonly folder: string) {}

  static async make(): Promise<PackedProject> {
    const folder = await makeTemporaryFolder();
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const ours = PACKAGES.map((name) => resolve('packages', name));
    const theirs = (await dependenciesOf(ours)).map((name) => resolve('node_modules', name));
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...ours, ...theirs];
    const archives = packedNames(JSON.parse((await run('npm', pack)).stdout)).map((name) => join(folder, name));
    const install = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    // An empty cache: what is not among the archives is not there.
    await run('npm', [...install, '--cache', join(folder, '.cache'), ...archives], { cwd: folder });
    return new PackedProject(folder);
  }

  /** Writes a program and runs it with Node.js; gives what it printed. */
  async run(name: string, program: string, ...args: string[]): Promise<string> {
    await this.write(name, program);
    const { stdout } = await run(process.execPath, [name, ...args], { cwd: this.folder });
    return stdout.trim();
  }

  async write(name: string, content: string): Promise<void> {
    await writeFile(join(this.folder, name), content);
  }

  /** Bundles its `index.html` as a bank would, and gives each file by its path. */
  async bundle(): Promise<ReadonlyMap<string, string>> {
    await build({
      root: this.folder,
      configFile: false,
      logLevel: 'error',
      // A test is no production by itself.
      resolve: { conditions: ['production', 'module', 'browser'] },
      build: { outDir: 'bundle', target: 'es2022' },
    });
    const folder = join(this.folder, 'bundle');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return new Map(
      await Promise.all(
        files.map(async (file) => [file.slice(folder.length), await readFile(file, 'utf8')] as [string, string]),
      ),
    );
  }

  remove(): Promise<void> {
    return removeTemporaryFolder(this.folder);
  }
}

/** The names of all that packages need at run time, but for each other. */
async function dependenciesOf(folders: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const waiting = [...folders];
  for (let folder = waiting.shift(); folder; folder = waiting.shift()) {
    const text = await readFile(join(folder, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    for (const name of Object.keys(dependencies)) {
      if (name.startsWith('@countersign/') || found.has(name)) continue;
      found.add(name);
      waiting.push(resolve('node_modules', name));
    }
  }
  return [...found];
}

/** npm lists what it packed, or gives it by name, depending on its version. */
function packedNames(packed: unknown): string[] {
  return (Object.values(packed as object) as { filename: string }[]).map(({ filename }) => filename);
}
