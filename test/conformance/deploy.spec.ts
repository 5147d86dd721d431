import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** What an environment file sets. */
const pairsOf = (content: string): Record<string, string> =>
  Object.fromEntries([...content.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));

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
      ...['kubernetes/settings.env', 'two-nodes/settings.env', 'two-nodes/one.env', 'two-nodes/two.env'].flatMap(
        (file) => Object.keys(pairsOf(text(file))),
      ),
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

describe('two nodes on a bare Debian', () => {
  const page = readFileSync('docs/operations/two-nodes.md', 'utf8');
  const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block!).join('');
  const settings = pairsOf(text('two-nodes/settings.env'));
  const services = ['one', 'two'].map((name) => pairsOf(text(`two-nodes/${name}.env`)));
  const targetsOf = (job: string): string[] =>
    documents('two-nodes/prometheus.yml')[0]
      .scrape_configs.filter((one: any) => one.job_name === job)
      .flatMap((one: any) => one.static_configs.flatMap(({ targets }: any) => targets));

  it('installs every file that it has, and none that is not there', () => {
    const named = commands.match(/\b(?:deploy|examples)\/[\w./-]+\w/g)!;
    for (const file of named) expect(existsSync(file), file).toBe(true);
    for (const file of readdirSync('deploy/two-nodes')) expect(named).toContain(`deploy/two-nodes/${file}`);
  });

  it('has each service where the proxy, the collector and the page look for it', () => {
    const ports = services.map(({ PORT }) => PORT);
    const upstream = [...text('proxies/nginx.conf').matchAll(/^\s+server 127\.0\.0\.1:(\d+)/gm)].map(
      ([, port]) => port,
    );
    expect(ports).toEqual(upstream);
    expect(commands).toContain(`for port in ${ports.join(' ')};`);
    expect(targetsOf('countersign')).toEqual(services.map(({ METRICS_PORT }) => `127.0.0.1:${METRICS_PORT}`));
    const host = new URL(settings.PUBLIC_URL!).hostname;
    expect(text('proxies/nginx.conf')).toContain(`server_name ${host};`);
    expect(commands).toContain(`subjectAltName=DNS:${host}`);
    for (const file of text('proxies/nginx.conf').matchAll(/ssl_certificate\w* (\S+);/g))
      expect(commands).toContain(file[1]!);
  });

  it('takes its issuer for a tenant', () => {
    const tenants = JSON.parse(settings.TENANTS!.replace(/^'|'$/g, '')) as { issuer: string }[];
    expect(commands).toContain(`ISSUER_URL=${tenants[0]!.issuer} `);
  });

  it('makes secrets once, for their owner alone, and two nodes that differ in name, ports and folders', () => {
    const root = mkdtempSync(join(tmpdir(), 'countersign-two-nodes-'));
    const prepare = (): Record<string, string> => {
      execFileSync('sh', ['deploy/two-nodes/prepare.sh'], { env: { ...process.env, DESTDIR: root } });
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
        statSync(join(root, file)).isFile(),
      );
      return Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
    };
    try {
      const made = prepare();
      expect(prepare()).toEqual(made);
      for (const file of Object.keys(made))
        expect([file, statSync(join(root, file)).mode & 0o777]).toEqual([file, file.endsWith('.yml') ? 0o644 : 0o600]);
      const [a, b] = ['a', 'b'].map((name) => pairsOf(made[`etc/patroni/${name}.env`]!)) as [
        Record<string, string>,
        Record<string, string>,
      ];
      const passwords = pairsOf(made['etc/patroni/passwords.env']!);
      for (const node of [a, b])
        expect(Object.keys({ ...node, ...passwords }).sort()).toEqual(
          Object.keys(pairsOf(text('patroni/node.env'))).sort(),
        );
      expect(Object.keys(a).filter((name) => a[name] === b[name])).toEqual([
        'PATRONI_ETCD3_HOSTS',
        'PATRONI_POSTGRESQL_BIN_DIR',
        'PATRONI_SUPERUSER_USERNAME',
        'PATRONI_REPLICATION_USERNAME',
        'PATRONI_REWIND_USERNAME',
        'PATRONI_RESTAPI_USERNAME',
      ]);
      const hosts = [a, b].map((node) => node.PATRONI_POSTGRESQL_CONNECT_ADDRESS).join(',');
      expect(made['etc/countersign/secrets/database-url']).toContain(`@${hosts}/countersign?`);
      expect(targetsOf('patroni')).toEqual([a, b].map((node) => node.PATRONI_RESTAPI_CONNECT_ADDRESS));
      for (const value of Object.values(passwords)) expect(value).toMatch(/^[0-9a-f]{48}$/);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
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
