import { str } from 'envalid';
import { commandLine, verificationKey } from './config-validators.js';
import { setting, unset } from './declared-setting.js';

/** The keys of the service, and where they are kept. */
export const KEY_SETTINGS = {
  MASTER_KEY: setting(
    null,
    str,
    unset('–'),
    "32 random bytes, base64 or hex: wraps every customer's data key. Required in production, here or as a file.",
  ),
  MASTER_KEY_FILE: setting(
    null,
    str,
    unset('DATA_DIR/master.key, generated in development'),
    'File that holds the master key.',
  ),
  MASTER_KEY_COMMAND: setting(
    null,
    commandLine,
    unset('–'),
    'In place of a master key: JSON array of a program and its arguments, started once by each process. It writes the master key to standard output, base64 or hex; so a KMS or an HSM can keep it.',
  ),
  MASTER_KEY_PREVIOUS: setting(
    null,
    str,
    unset('–'),
    'The master key that is being left, until `countersign keys forget` says that no process has it any more.',
  ),
  MASTER_KEY_PREVIOUS_FILE: setting(null, str, unset('–'), 'File that holds the master key that is being left.'),
  SIGNING_KEY: setting(
    null,
    str,
    unset('–'),
    'An Ed25519 private key, PKCS#8 PEM or JWK: signs checkpoints and evidence. Required in production, here or as a file. To rotate, set another; the public half of the former one stays published.',
  ),
  SIGNING_KEY_FILE: setting(
    null,
    str,
    unset('DATA_DIR/signing.key, generated in development'),
    'File that holds the signing key.',
  ),
  SIGNING_COMMAND: setting(
    null,
    commandLine,
    unset('–'),
    'In place of a signing key: JSON array of a program and its arguments. It reads what is to be signed on standard input and writes the 64 bytes of the Ed25519 signature to standard output; so the key can be in an HSM or a KMS.',
  ),
  SIGNING_PUBLIC_KEY: setting(
    null,
    verificationKey,
    unset('–'),
    'The public key of SIGNING_COMMAND, SPKI PEM or JWK. What does not verify by it is not used.',
  ),
} as const;
