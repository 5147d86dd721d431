import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Metrics } from '../observability/metrics.js';
import { Sweeps } from './sweeps.js';
import { Upkeep } from './upkeep.js';
import { registryOf } from '../../test/support/registry.js';

let metrics: Metrics;
let lines: { msg: string; tenant?: string }[];
let sweeps: Sweeps;
let changed: string[];
beforeEach(() => {
  vi.useFakeTimers();
  metrics = new Metrics(() => 0);
  [lines, changed] = [[], []];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  sweeps = new Sweeps(new Upkeep(metrics, logger), metrics, registryOf('northbank', 'southbank'), logger);
});
afterEach(async () => {
  await sweeps.stop();
  vi.useRealTimers();
});

const begin = () => sweeps.begin((tenantId) => changed.push(tenantId));
const runs = async (job: string) =>
  (await metrics.registry.getSingleMetricAsString('countersign_upkeep_runs_total')).match(
    new RegExp(`job="${job}"\\} (\\d+)`),
  )?.[1];

describe('what is done for each tenant at intervals', () => {
  it('is done each second where something happened, and ever more rarely elsewhere', async () => {
    const at: Record<string, number> = { northbank: 0, southbank: 0 };
    sweeps.lapse('call', async (tenantId) => void (at[tenantId]! += 1));
    begin();
    sweeps.attend('northbank');
    await vi.advanceTimersByTimeAsync(120_500);
    expect(at.northbank).toBe(120);
    expect(at.southbank).toBeGreaterThan(3);
    expect(at.southbank).toBeLessThan(15);
  });

  it('tells whom it concerns where it ended anything, and counts', async () => {
    sweeps.lapse('call', (tenantId) => Promise.resolve(tenantId === 'southbank' ? 3 : 0));
    begin();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(changed).toEqual(['southbank']);
    expect(await metrics.registry.getSingleMetricAsString('countersign_lapses_total')).toContain('{kind="call"} 3');
    expect(await runs('lapse_call')).toBe('2');
    expect(await runs('sweep')).toBe('1');
  });

  it('fails for one tenant and not for the others, is counted, and is tried again', async () => {
    let down = true;
    sweeps.lapse('call', () => Promise.resolve(1));
    sweeps.lapse('change', (tenantId) =>
      down && tenantId === 'northbank' ? Promise.reject(new Error('down')) : Promise.resolve(0),
    );
    begin();
    sweeps.attend('northbank');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines).toMatchObject([{ tenant: 'northbank', msg: 'could not sweep; trying again' }]);
    expect(changed).toEqual(['northbank', 'southbank']);
    expect(await metrics.registry.getSingleMetricAsString('countersign_upkeep_failures_total')).toContain(
      '{job="lapse_change"} 1',
    );
    down = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines).toHaveLength(1);
    expect(await runs('lapse_change')).toBe('4');
  });

  it('is tidied each minute, at whatever tenant', async () => {
    const tidied: string[] = [];
    sweeps.tidy('keys', async (tenantId) => void tidied.push(tenantId));
    begin();
    await vi.advanceTimersByTimeAsync(59_500);
    expect(tidied).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tidied).toEqual(['northbank', 'southbank']);
  });

  it('is over when it was stopped', async () => {
    const job = vi.fn(() => Promise.resolve());
    sweeps.lapse('call', job);
    begin();
    await sweeps.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(job).not.toHaveBeenCalled();
  });
});
