import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { publicJwkOf } from '../crypto/signing-key.js';
import { SignerUnavailable } from './checkpoint-signer.js';
import { CommandSigner } from './command-signer.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-signer-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
writeFileSync(join(folder, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
writeFileSync(
  join(folder, 'other.pem'),
  generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }),
);
writeFileSync(
  join(folder, 'sign.mjs'),
  `
  import { sign } from 'node:crypto';
  import { readFileSync } from 'node:fs';
  process.stdout.write(sign(null, readFileSync(0), readFileSync(process.argv[2])));
`,
);
const message = Buffer.from('countersign.example/log/northbank\n8\nXdnaeacGWamtVZy3Ad7aoqudgjqtL0lgz+Nw7/RgQyg=\n');

const signer = (
  command: readonly [string, ...string[]],
  timeLimitMs = 10_000,
  environment: Record<string, string> = {},
) => new CommandSigner({ command, environment, publicJwk: publicJwkOf(privateKey).jwk, timeLimitMs });
const node = (script: string): [string, ...string[]] => [process.execPath, '-e', script];
const refusal = (of: CommandSigner) =>
  of.sign(message).then(
    () => null,
    (error: Error) => (error instanceof SignerUnavailable ? error.message : error),
  );

describe('a signing program', () => {
  it('that holds the key signs, also many messages at once', async () => {
    const one = signer([process.execPath, join(folder, 'sign.mjs'), join(folder, 'key.pem')]);
    expect({ keyId: one.keyId, jwk: one.publicJwk }).toEqual(publicJwkOf(privateKey));
    const messages = [message, Buffer.alloc(0), ...Array.from({ length: 6 }, (_, n) => Buffer.alloc(100_000, n))];
    const signatures = await Promise.all(messages.map((each) => one.sign(each)));
    signatures.forEach((signature, at) => expect(verify(null, messages[at]!, publicKey, signature)).toBe(true));
  });

  it.each([
    [
      'has another key',
      [process.execPath, join(folder, 'sign.mjs'), join(folder, 'other.pem')],
      'no signature of the configured key',
    ],
    ['says nothing', node(''), 'no signature of the configured key'],
    ['says too little', node(`process.stdout.write('short')`), 'no signature of the configured key'],
    ['fails', node('process.exit(3)'), 'ended with 3'],
    ['writes without end', node(`for (;;) require('fs').writeSync(1, 'x'.repeat(4096))`), 'ended with a signal'],
    ['is not there', [join(folder, 'none')], 'could not be started'],
  ] as [string, [string, ...string[]], string][])('that %s signs nothing', async (_name, command, message) => {
    expect(await refusal(signer(command))).toContain(message);
  });

  it('that hangs is ended in time, and does not hold up the next', async () => {
    const hanging = signer(node('setInterval(() => {}, 1000)'), 400);
    expect(await Promise.all(Array.from({ length: 6 }, () => refusal(hanging)))).toEqual(
      Array.from({ length: 6 }, () => expect.stringMatching(/took too long|ended with a signal/)),
    );
  });

  it('finds in its environment what it is given and nothing else', async () => {
    process.env.MASTER_KEY_OF_THE_TEST = 'secret';
    const script = `process.exit(process.env.MASTER_KEY_OF_THE_TEST === undefined && process.env.HSM_PIN === '1234' ? 7 : 8)`;
    expect(await refusal(signer(node(script), 10_000, { HSM_PIN: '1234' }))).toContain('ended with 7');
    delete process.env.MASTER_KEY_OF_THE_TEST;
  });
});
