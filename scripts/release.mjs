import { createPrivateKey } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { digestOf, provenanceOf, signProvenance } from './provenance.mjs';

/*
 * Makes a release of the version in package.json: a tag with its section of the changelog, an image, a bill of materials and a
 * signed statement of where they come from. Without --really it says what it would do, and changes nothing but its folder.
 */
const HELP = `Usage: npm run release -- [--really] [--image-tool docker|podman|buildah] [--out FOLDER]

  --really      build the image and make the tag; without it both are left out, and nothing is signed for
  --image-tool  what builds the image (docker)
  --out         where the release is written (dist/release)

RELEASE_KEY_FILE  an Ed25519 private key (PEM): signs the provenance. Required with --really.
RELEASE_BUILDER   who builds, a URI (such as that of a CI workflow). Required with --really.
`;
const ROOT = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    really: { type: 'boolean', default: false },
    'image-tool': { type: 'string', default: 'docker' },
    out: { type: 'string', default: join('dist', 'release') },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

function run(command, args, stdio = ['ignore', 'pipe', 'inherit']) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit ${status}`}`);
  return (stdout ?? '').trim();
}

/** The section of CHANGELOG.md that tells of a version, without its heading; null where there is none. */
function sectionOf(version) {
  const sections = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8').split(/^## /m).slice(1);
  const section = sections.find((one) => one.startsWith(`[${version}]`));
  return section === undefined ? null : section.slice(section.indexOf('\n') + 1).trim();
}

/** What keeps this from being a release, as sentences. */
function obstacles(version, notes) {
  return [
    notes === null ? `CHANGELOG.md has no section "## [${version}]".` : null,
    run('git', ['status', '--porcelain']) === '' ? null : 'There are changes that are not committed.',
    run('git', ['tag', '--list', `v${version}`]) === '' ? null : `The tag v${version} is there already.`,
    values.really && !process.env.RELEASE_KEY_FILE ? 'RELEASE_KEY_FILE names no key.' : null,
    values.really && !process.env.RELEASE_BUILDER ? 'RELEASE_BUILDER does not say who builds.' : null,
  ].filter((one) => one !== null);
}

function buildImage(version) {
  const tool = values['image-tool'];
  const image = `countersign:${version}`;
  const build = tool === 'buildah' ? ['bud', '--format', 'docker'] : ['build'];
  run(tool, [...build, '--file', 'deploy/Dockerfile', '--tag', image, '.'], 'inherit');
  const id = run(tool, [
    'inspect',
    ...(tool === 'buildah' ? ['--type', 'image'] : []),
    '--format',
    tool === 'buildah' ? '{{.FromImageID}}' : '{{.Id}}',
    image,
  ]);
  return { name: image, sha256: id.replace(/^sha256:/, '') };
}

function main() {
  if (values.help) return void process.stdout.write(HELP);
  const startedOn = new Date().toISOString();
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const notes = sectionOf(version) ?? sectionOf('Unreleased');
  const inTheWay = obstacles(version, sectionOf(version));
  if (values.really && inTheWay.length > 0) throw new Error(inTheWay.join('\n'));
  for (const one of inTheWay) process.stdout.write(`In the way of a release: ${one}\n`);
  const folder = join(ROOT, values.out);
  mkdirSync(folder, { recursive: true });
  const bill = `countersign-${version}.cdx.json`;
  const sbom = run('npm', ['run', '--silent', 'sbom']);
  writeFileSync(join(folder, bill), `${sbom}\n`);
  writeFileSync(join(folder, 'notes.md'), `${notes}\n`);
  const image = values.really ? buildImage(version) : null;
  const statement = provenanceOf({
    version,
    repository: process.env.RELEASE_REPOSITORY ?? 'https://git.example/countersign',
    commit: run('git', ['rev-parse', 'HEAD']),
    builder: process.env.RELEASE_BUILDER ?? 'urn:nobody:dry-run',
    files: [{ name: bill, sha256: digestOf(`${sbom}\n`) }, ...(image ? [image] : [])],
    startedOn,
    finishedOn: new Date().toISOString(),
  });
  if (values.really) {
    const key = createPrivateKey(readFileSync(process.env.RELEASE_KEY_FILE));
    writeFileSync(join(folder, 'provenance.intoto.json'), `${JSON.stringify(signProvenance(statement, key))}\n`);
    run('git', ['tag', '--annotate', `v${version}`, '--message', `Countersign ${version}\n\n${notes}`]);
    process.stdout.write(
      `Released ${version}: tag v${version}, image ${image.name}, and what is in ${values.out}.\nPush the tag and the image.\n`,
    );
    return;
  }
  process.stdout.write(
    `Would sign:\n${JSON.stringify(statement, null, 2)}\nWould build countersign:${version} with ${values['image-tool']}, and make the tag v${version}.\n`,
  );
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
