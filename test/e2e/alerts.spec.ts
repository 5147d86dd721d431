import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const RULES = (
  load(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap(({ rules }) => rules);
const BOARDS = readdirSync('deploy/grafana').map((file) => ({
  file,
  board: JSON.parse(readFileSync(join('deploy/grafana', file), 'utf8')) as {
    uid: string;
    panels: { title: string; targets: { expr: string }[] }[];
  },
}));
const QUERIES = [
  ...RULES.map(({ expr }) => expr),
  ...BOARDS.flatMap(({ board }) => board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))),
];

let service: TestService;
/** Each metric's labels, as the service declares them. */
const declared = new Map<string, { type: string; labels: readonly string[] }>();
beforeAll(async () => {
  service = await startTestService();
  const { body } = await service.admin.get<string>('/metrics');
  for (const [, name, type] of body.matchAll(/^# TYPE (\w+) (\w+)$/gm))
    declared.set(name!, { type: type!, labels: [] });
});
afterAll(() => service.stop());

/** As Prometheus would see it, beside what a process and a scrape have. */
function isKnown(name: string): boolean {
  const histogram = declared.get(name.replace(/_(bucket|sum|count)$/, ''));
  return declared.has(name) || (histogram?.type === 'histogram' && /_(bucket|sum|count)$/.test(name)) || name === 'up';
}

const metricsIn = (query: string): string[] =>
  query.match(/\b(?:countersign|process|nodejs)_\w+\b|\bup(?=\{)/g)?.filter((name) => name !== 'process_') ?? [];

describe('alerts and dashboards', () => {
  it('ask for metrics that a running service has', () => {
    const asked = QUERIES.map((query) => ({ query, names: metricsIn(query) }));
    expect(asked.filter(({ names }) => names.length === 0)).toEqual([]);
    const unknown = new Set(asked.flatMap(({ names }) => names).filter((name) => !isKnown(name)));
    expect([...unknown]).toEqual([]);
  });

  it('ask for every metric that is worth watching: a new one has its place', () => {
    const asked = new Set(QUERIES.flatMap(metricsIn).map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    const own = [...declared.keys()].filter((name) => name.startsWith('countersign_'));
    expect(own.filter((name) => !asked.has(name))).toEqual([]);
  });

  it('name a verdict route that there is', () => {
    const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as { paths: Record<string, unknown> };
    const routes = new Set(
      QUERIES.flatMap((query) => [...query.matchAll(/route="([^"]+)"/g)].map(([, route]) => route!)),
    );
    expect(routes.size).toBeGreaterThan(0);
    for (const route of routes) expect(paths).toHaveProperty([route.replace(/:(\w+)/g, '{$1}')]);
  });

  it('each have a runbook of their own, and every runbook is of an alert', () => {
    const page = readFileSync('docs/operations/alerts.md', 'utf8');
    const headings = [...page.matchAll(/^## (\w+)$/gm)].map(([, name]) => name!);
    expect(headings).toEqual(RULES.map(({ alert }) => alert));
    for (const { alert, labels, annotations } of RULES) {
      expect(annotations.runbook_url).toBe(`docs/operations/alerts.md#${alert.toLowerCase()}`);
      expect(['page', 'ticket']).toContain(labels.severity);
      const [, runbook] = page.split(`## ${alert}\n`);
      expect(runbook!.split('\n## ')[0]).toContain(`_${labels.severity}_`);
      expect(runbook!.split('\n## ')[0]!.trim().split('\n\n').length).toBeGreaterThan(1);
    }
  });
});
