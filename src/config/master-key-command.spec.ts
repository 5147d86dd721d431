import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.js';

const KEY = Buffer.alloc(32, 7);
const folder = mkdtempSync(join(tmpdir(), 'countersign-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DATABASE_URL = 'postgres://owner:secret@db:5432/countersign';
const read = (environment: NodeJS.ProcessEnv) => readConfig({ DATA_DIR: folder, DATABASE_URL, ...environment });
const running = (script: string, ...parameters: string[]): string =>
  JSON.stringify([process.execPath, '-e', script, ...parameters]);
const refusal = (environment: NodeJS.ProcessEnv): string => {
  try {
    read(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('was not refused');
};

describe('the program that gives the master key', () => {
  it.each([
    ['base64', `${KEY.toString('base64')}\n`],
    ['hex', KEY.toString('hex')],
  ])('writes it as %s', (_, text) => {
    const MASTER_KEY_COMMAND = running('process.stdout.write(process.argv[1])', text);
    expect(read({ MASTER_KEY_COMMAND }).masterKey).toEqual(KEY);
  });

  it('is started without a shell, with nothing to read, and finds none of our settings', () => {
    const report = join(folder, 'report.json');
    const script = `
      const { writeFileSync, readFileSync } = require('node:fs');
      writeFileSync(process.argv[1], JSON.stringify({ arguments: process.argv.slice(2), environment: process.env, input: readFileSync(0, 'utf8') }));
      process.stdout.write('${KEY.toString('hex')}')`;
    const MASTER_KEY_COMMAND = running(script, report, '$(id)', '; rm -rf /');
    read({ MASTER_KEY_COMMAND, KMS_REGION: 'eu-west-2', VAPID_SUBJECT: 'mailto:a@b.example' });
    const seen = JSON.parse(readFileSync(report, 'utf8')) as Record<string, unknown>;
    expect(seen).toMatchObject({
      arguments: ['$(id)', '; rm -rf /'],
      environment: { KMS_REGION: 'eu-west-2' },
      input: '',
    });
    for (const setting of ['DATABASE_URL', 'MASTER_KEY_COMMAND', 'VAPID_SUBJECT', 'DATA_DIR'])
      expect(seen.environment).not.toHaveProperty(setting);
  });

  it.each([
    ['cannot be started', JSON.stringify([join(folder, 'none')]), 'it could not be started'],
    ['fails', running('process.stdout.write("53cret"); process.exit(3)'), 'it ended with 3'],
    ['is killed', running('process.kill(process.pid, "SIGKILL")'), 'it ended with a signal'],
    [
      'writes without end',
      running('setInterval(() => process.stdout.write("53cret".repeat(99)))'),
      'it wrote more than 256 bytes',
    ],
    ['writes nothing', running(''), 'what it wrote is not 32 bytes as hex or base64'],
    [
      'writes something else',
      running('process.stdout.write("53cret")'),
      'what it wrote is not 32 bytes as hex or base64',
    ],
    ['writes zeros', running('process.stdout.write("0".repeat(64))'), 'what it wrote is not 32 bytes as hex or base64'],
  ])('that %s keeps the service from starting, with one sentence and none of its output', (_, command, why) => {
    expect(refusal({ MASTER_KEY_COMMAND: command })).toBe(`MASTER_KEY_COMMAND gave no master key: ${why}.`);
  });

  it('excludes a master key that is given otherwise, and is a JSON array', () => {
    const MASTER_KEY_COMMAND = running('');
    for (const other of [{ MASTER_KEY: KEY.toString('hex') }, { MASTER_KEY_FILE: join(folder, 'key') }])
      expect(refusal({ MASTER_KEY_COMMAND, ...other })).toContain('exclude each other');
    expect(refusal({ MASTER_KEY_COMMAND: 'vault read' })).toContain('MASTER_KEY_COMMAND should be a JSON array');
  });
});

describe('the master key that is being left', () => {
  it('is read beside the new one, from a file too', () => {
    const file = join(folder, 'previous');
    writeFileSync(file, `${Buffer.alloc(32, 8).toString('base64')}\n`);
    const MASTER_KEY = KEY.toString('hex');
    expect(read({ MASTER_KEY })).not.toHaveProperty('previousMasterKey');
    for (const previous of [{ MASTER_KEY_PREVIOUS_FILE: file }, { MASTER_KEY_PREVIOUS: '08'.repeat(32) }])
      expect(read({ MASTER_KEY, ...previous })).toMatchObject({
        masterKey: KEY,
        previousMasterKey: Buffer.alloc(32, 8),
      });
    expect(refusal({ MASTER_KEY, MASTER_KEY_PREVIOUS: '53cret' })).toBe(
      'MASTER_KEY_PREVIOUS should be exactly 32 random bytes, base64 or hex.',
    );
    expect(refusal({ MASTER_KEY, MASTER_KEY_PREVIOUS_FILE: join(folder, 'none') })).toContain(
      'MASTER_KEY_PREVIOUS_FILE',
    );
    expect(refusal({ MASTER_KEY, MASTER_KEY_PREVIOUS: '08'.repeat(32), MASTER_KEY_PREVIOUS_FILE: file })).toContain(
      'exclude each other',
    );
  });
});
