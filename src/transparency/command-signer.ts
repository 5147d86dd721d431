import { spawn } from 'node:child_process';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Ed25519Jwk, signingKeyId } from '../crypto/signing-key.js';
import { withinTimeLimit } from '../upkeep/time-limit.js';
import { type CheckpointSigner, SignerUnavailable } from './checkpoint-signer.js';

export interface CommandSignerOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly [program: string, ...parameters: string[]];
  /** What the program finds in its environment: none of the service's own secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly publicJwk: Ed25519Jwk;
  readonly timeLimitMs: number;
}

const SIGNATURE_BYTES = 64;
/** An HSM has few sessions. */
const MOST_AT_ONCE = 4;

/**
 * Signs with a key that is elsewhere: in an HSM, a KMS, or a process of its own. A program of the operator's is given the
 * message on its standard input, and writes the raw signature to its standard output. No signature is used before it
 * was verified, so that a program that is wrong, or has another key, signs nothing.
 */
export class CommandSigner implements CheckpointSigner {
  readonly keyId: string;
  readonly publicJwk: Ed25519Jwk;
  private readonly key: KeyObject;
  private readonly lanes: Promise<unknown>[] = Array.from({ length: MOST_AT_ONCE }, () => Promise.resolve());
  private next = 0;

  constructor(private readonly options: CommandSignerOptions) {
    this.publicJwk = options.publicJwk;
    this.keyId = signingKeyId(options.publicJwk);
    this.key = createPublicKey({ key: { ...options.publicJwk }, format: 'jwk' });
  }

  /** @throws SignerUnavailable where no valid signature comes in time. */
  async sign(message: Uint8Array): Promise<Buffer> {
    const lane = this.next++ % MOST_AT_ONCE;
    const signing = this.lanes[lane]!.then(() => this.run(message));
    this.lanes[lane] = signing.catch(() => undefined);
    const signature = await withinTimeLimit(signing, this.options.timeLimitMs).catch((error: Error) => {
      throw error instanceof SignerUnavailable ? error : new SignerUnavailable('the signing program took too long');
    });
    if (signature.length !== SIGNATURE_BYTES || !verify(null, message, this.key, signature))
      throw new SignerUnavailable('the signing program gave no signature of the configured key');
    return signature;
  }

  private run(message: Uint8Array): Promise<Buffer> {
    const [program, ...parameters] = this.options.command;
    return new Promise((resolve, reject) => {
      const child = spawn(program, parameters, {
        env: this.options.environment,
        stdio: ['pipe', 'pipe', 'ignore'],
        timeout: this.options.timeLimitMs,
        killSignal: 'SIGKILL',
      });
      let output = Buffer.alloc(0);
      child.on('error', () => reject(new SignerUnavailable('the signing program could not be started')));
      child.stdin.on('error', () => undefined); // it may end without reading: its status says what came of it
      child.stdout.on('data', (chunk: Buffer) => {
        output = Buffer.concat([output, chunk]);
        if (output.length > SIGNATURE_BYTES) child.kill('SIGKILL');
      });
      child.on('close', (status) =>
        status === 0
          ? resolve(output)
          : reject(new SignerUnavailable(`the signing program ended with ${status ?? 'a signal'}`)),
      );
      child.stdin.end(message);
    });
  }
}
