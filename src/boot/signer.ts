import type { Config } from '../config/config.js';
import { type CheckpointSigner, LocalSigner } from '../transparency/checkpoint-signer.js';
import { CommandSigner } from '../transparency/command-signer.js';

/** What signs checkpoints and evidence. A signing program has three seconds: a transaction waits for it, which the database ends after ten. */
export function signerOf({ signing }: Config): CheckpointSigner {
  return 'key' in signing ? new LocalSigner(signing.key) : new CommandSigner({ ...signing, timeLimitMs: 3_000 });
}
