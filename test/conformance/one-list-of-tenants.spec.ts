import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may read the tenants of the settings: a bank that is added, changed or suspended later is not among them. */
const MAY_READ_SETTINGS: Readonly<Record<string, string>> = {
  'boot/announcement.ts': 'says at a start in development who is there',
  'boot/application.ts': 'the development issuer is of its own two tenants',
  'boot/keys/owner.ts': 'beside those of the table',
  'boot/processes/several.ts': 'the development issuer is of its own two tenants',
  'boot/service-database.ts': 'before there is a database to ask',
  'boot/tenants/at-start.ts': 'puts them together with those of the table',
  'boot/tenants/commands.ts': 'refuses to change them',
};

/** Who may go through all of the registry: what they make of it is made anew when it changes. */
const MAY_TAKE_ALL: Readonly<Record<string, string>> = {
  'boot/app.module.ts': 'looks for keys of before at the start',
  'boot/connection-room.ts': 'counts at the start',
  'boot/service.ts': 'says at the start who is there',
  'boot/worker.ts': 'says at the start who is there',
  'database/databases.ts': 'hears of changes',
  'config/tenant-pages.ts': 'takes the first that has pages, each time',
  'http/access/auth.module.ts': 'hears of changes',
  'http/cross-origin.ts': 'hears of changes',
  'http/limits/rate-limited.ts': 'takes any, each time',
};

/** Who takes the databases of all tenants while it is made, and not each time. */
const CONSTRUCTOR = /constructor\([\s\S]*?\n {2}\}\n/;

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }));

const namers = (form: RegExp): string[] =>
  files
    .filter(({ text }) => form.test(text))
    .map(({ file }) => file)
    .sort();

describe('nobody keeps a list of tenants of their own', () => {
  it('by the settings', () => {
    const readers = namers(/\b[cC]onfig\.tenants\b|\{[^{}]*\btenants\b[^{}]*\}(?:: Config\b| = (?:this\.)?config\b)/);
    expect(readers).toEqual(Object.keys(MAY_READ_SETTINGS).sort());
  });

  it('by the registry, without hearing of changes', () => {
    const takers = namers(/\b(?:tenants|registry)\??\.(?:all|active)\(\)/);
    const sweeping = ['upkeep/sweeps.ts']; // each round
    expect(takers.filter((file) => !sweeping.includes(file))).toEqual(Object.keys(MAY_TAKE_ALL).sort());
    for (const [file, why] of Object.entries(MAY_TAKE_ALL))
      if (why === 'hears of changes')
        expect(files.find((one) => one.file === file)!.text, file).toContain('.onChange(');
  });

  it('by the databases, once as it is made', () => {
    const once = files.filter(({ text }) => {
      const made = CONSTRUCTOR.exec(text)?.[0] ?? '';
      return made
        .split('\n')
        .some((line) => /^(?!.*=>)\s+(?:this\.\w+ =|\w+:).*\bdatabases\.all(?:Kept)?\(\)/.test(line));
    });
    expect(once.map(({ file }) => file)).toEqual([]);
    // What they begin at a start is begun for those that come later as well.
    const begun = files.filter(({ text }) => /onApplicationBootstrap\(\)[^}]*databases\.all/.test(text));
    for (const { file, text } of begun) expect(text, file).toContain('databases.onChange(');
  });
});
