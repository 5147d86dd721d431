import { describe, expect, it } from 'vitest';
import { resolve } from 'node:path';
import { welcome } from './announcement.js';
import { readConfig } from '../config/config.js';
import { DEMO_PEOPLE } from '../http/access/issuer/demo-people.js';

const usual = readConfig({
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  SIGNING_KEY:
    '-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIOtLP4BgpPHjtNCeMwunRU+maqjoQV+I2DCIGSOw5SzH\\n-----END PRIVATE KEY-----',
});

describe('what a newcomer reads', () => {
  it('has no variable to set where all is as the commands look for it', () => {
    expect(welcome(usual, true)).toContain('npm run demo');
    expect(welcome(usual, true)).not.toMatch(/COUNTERSIGN_URL|DATA_DIR/);
  });

  it('names those that differ, ready to be pasted', () => {
    const elsewhere = { ...usual, publicUrl: 'http://127.0.0.1:4000' };
    expect(welcome(elsewhere, true)).toContain('\n  export COUNTERSIGN_URL=http://127.0.0.1:4000\n');
    expect(welcome({ ...elsewhere, dataDirectory: resolve('/data') }, true)).toContain(
      '\n  export COUNTERSIGN_URL=http://127.0.0.1:4000 DATA_DIR=/data\n',
    );
    expect(welcome({ ...usual, dataDirectory: "/it's here" }, true)).toContain(`export DATA_DIR='/it'\\''s here'\n`);
  });

  it('names everybody whom one can be', () => {
    for (const { kind, id } of DEMO_PEOPLE) expect(welcome(usual, true)).toContain(` ${kind}:${id}`);
  });

  it('is nothing in production', () => {
    expect(welcome({ ...usual, developmentIssuer: false }, false)).toBe('');
  });
});
