import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

describe('what a customer id is', () => {
  it('is said in one place', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
      .filter((file) => readFileSync(join('src', file), 'utf8').includes('/^[A-Za-z0-9._-]{1,64}$/'));
    expect(sources).toEqual([join('ids', 'customer-id.ts')]);
  });
});
