import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/settings.js';
import { SETTINGS_BY_FILE } from '../../src/config/settings-by-file.js';

/** What deploy/ says of the service is true of it: names of settings, ports, paths, programs and how Node.js is started. */
const text = (file: string): string => readFileSync(join('deploy', file), 'utf8');
const FILES = readdirSync('deploy', { recursive: true, encoding: 'utf8' }).filter((file) => !file.includes('secrets'));
const YAML = FILES.filter((file) => /\.ya?ml$/.test(file));
const documents = (file: string): any[] => loadAll(text(file)) as any[];
const MANIFESTS = YAML.filter((file) => file.startsWith('kubernetes/') && !file.endsWith('kustomization.yaml'));
const objects = MANIFESTS.flatMap(documents);
const of = (kind: string, component?: string): any =>
  objects.find(
    (one) =>
      one.kind === kind &&
      (component === undefined || one.metadata.labels['app.kubernetes.io/component'] === component),
  );

const OF_THE_SERVICE = new Set([...Object.keys(SETTINGS), ...SETTINGS_BY_FILE.map((name) => `${name}_FILE`)]);
/** Of Node.js, of the C library, and of the images and programs beside the service. */
const OF_OTHERS = /^(NODE_EXTRA_CA_CERTS|TZ|POSTGRES_\w+|ISSUER_(HOST|PORT|URL)|COUNTERSIGN_(URL|VERSION))$/;
const START = (
  JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } }
).scripts.start.replace(/^exec node /, '');
const dockerfile = text('Dockerfile');
const imageEnvironment = Object.fromEntries(
  [
    ...dockerfile
      .split('ENV ')[1]!
      .split('\nEXPOSE')[0]!
      .matchAll(/(\w+)=(\S+)/g),
  ].map(([, name, value]) => [name!, value!]),
);

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'environment' && typeof inner === 'object')
      return Object.keys(inner as object).filter((one) => one !== '<<');
    if (key === 'env' && Array.isArray(inner)) return inner.map(({ name }: { name: string }) => name);
    return namesIn(inner);
  });
}

describe('the files of deploy/', () => {
  it('are YAML where they say so, and those of kustomize name files that are there', () => {
    for (const file of YAML) expect(documents(file).length, file).toBeGreaterThan(0);
    const [kustomization] = documents('kubernetes/kustomization.yaml');
    expect([...kustomization.resources].sort()).toEqual(MANIFESTS.map((file) => file.split('/')[1]).sort());
    const [{ version }] = [JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }];
    expect(kustomization.images).toEqual([{ name: 'countersign', newTag: version }]);
  });

  it('set nothing that the service does not know', () => {
    const settings = [
      ...YAML.flatMap((file) => documents(file).flatMap(namesIn)),
      ...[...text('kubernetes/settings.env').matchAll(/^(\w+)=/gm)].map(([, name]) => name!),
      ...[...text('systemd/countersign.service').matchAll(/^Environment=(.*)$/gm)].flatMap(([, pairs]) =>
        pairs!.split(' ').map((pair) => pair.split('=')[0]!),
      ),
      ...Object.keys(imageEnvironment),
    ];
    expect(settings.length).toBeGreaterThan(20);
    expect(settings.filter((name) => !OF_THE_SERVICE.has(name) && !OF_OTHERS.test(name))).toEqual([]);
  });

  it('start Node.js as npm start does, and programs that are built', () => {
    const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)![1]!) as string[];
    expect(command.join(' ')).toBe(START);
    expect(/^ExecStart=\S+\/node (.*)$/m.exec(text('systemd/countersign.service'))![1]).toBe(START);
    const programs = FILES.filter((file) => /\.(ya?ml|service)$|Dockerfile$/.test(file)).flatMap(
      (file) => text(file).match(/dist\/[\w/-]+\.js/g) ?? [],
    );
    expect(programs).toContain('dist/scripts/migrate.js');
    for (const program of programs)
      expect(existsSync(program.replace(/^dist\//, '').replace(/js$/, 'ts')), program).toBe(true);
  });

  it('ask at ports and paths that the service has', () => {
    const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: Record<string, unknown> };
    const [service] = of('Deployment').spec.template.spec.containers;
    const ports = new Map(service.ports.map(({ name, containerPort }: any) => [name, String(containerPort)]));
    expect([ports.get('http'), ports.get('metrics')]).toEqual([imageEnvironment.PORT, imageEnvironment.METRICS_PORT]);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      expect(paths).toHaveProperty([service[probe].httpGet.path, 'get']);
      expect(ports.has(service[probe].httpGet.port)).toBe(true);
    }
    expect(paths).toHaveProperty([/GET uri (\S+)/i.exec(text('proxies/haproxy.cfg').replace('meth GET', 'GET'))![1]!]);
    const allowed = of('NetworkPolicy').spec.ingress.flatMap((rule: any) =>
      rule.ports.map(({ port }: any) => String(port)),
    );
    expect(allowed).toEqual([...ports.values()]);
  });

  it('give a process more time to end than it takes', () => {
    const pod = of('Deployment').spec.template.spec;
    const grace = Number(/^SHUTDOWN_GRACE_SECONDS=(\d+)$/m.exec(text('kubernetes/settings.env'))![1]);
    const pause = pod.containers[0].lifecycle.preStop.sleep.seconds as number;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(grace + pause + 5);
    const stop = Number(/^TimeoutStopSec=(\d+)$/m.exec(text('systemd/countersign.service'))![1]);
    expect(stop).toBeGreaterThan(Number(SETTINGS.SHUTDOWN_GRACE_SECONDS.fallback) + 5);
  });

  it('run as nobody, with nothing to write to and no right', () => {
    expect(dockerfile).toMatch(/^USER 65532:65532$/m);
    for (const kind of ['Deployment', 'Job']) {
      const { securityContext, containers } = of(kind).spec.template.spec;
      expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 });
      for (const one of containers)
        expect(one.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
    const [{ services }] = documents('compose.yaml');
    for (const name of ['migrate', 'service', 'issuer', 'first-verdict']) {
      const own = services[name]['<<'] ?? services[name];
      expect(own, name).toMatchObject({ read_only: true, user: '65532:65532', cap_drop: ['ALL'] });
    }
  });

  it('hold no secret: each is in a file that is not here', () => {
    for (const file of FILES.filter((one) => /\.\w+$/.test(one)))
      expect(text(file), file).not.toMatch(/PRIVATE KEY|postgres:\/\/\w+:[^%@\s]+@/);
    const containers = ['Deployment', 'Job'].flatMap((kind) => of(kind).spec.template.spec.containers);
    const names = containers.flatMap(({ env }: any) => env.map(({ name }: any) => name as string));
    expect(names.filter((name) => /URL|KEY/.test(name)).every((name) => name.endsWith('_FILE'))).toBe(true);
  });
});

describe('the image', () => {
  it('is made of every workspace, and needs nothing of the last stage but what was put into it', () => {
    const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8')) as { workspaces: string[] };
    const manifests = workspaces
      .map(dirname)
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name, 'package.json')))
      .filter((file) => existsSync(file));
    const copied = [...dockerfile.matchAll(/^COPY (\S+\/package\.json) /gm)].map(([, file]) => file!);
    expect(copied.sort()).toEqual(manifests.sort());
    expect(dockerfile).toMatch(/^FROM scratch$/m);
  });
});
