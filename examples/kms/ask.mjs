import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

// What the four examples share: bounded requests, what they are asked to do, and one line on standard error where nothing comes of it.

const SIGNATURE_BYTES = 64;
const MOST_OF_AN_ANSWER = 64 * 1024;
const MOST_OF_A_MESSAGE = 8 * 1024 * 1024;
/** The service ends a program that signs after three seconds. */
const SIGNING_MS = 2_500;

let allRequests; // a time limit for all of them together

/** The value of a variable, or of the file that `<name>_FILE` names. */
export function required(name) {
  const value = optional(name);
  if (value === undefined) throw new Error(`${name} or ${name}_FILE is missing`);
  return value;
}

export function optional(name) {
  const file = process.env[`${name}_FILE`];
  const value = file ? readFileSync(file, 'utf8').trim() : process.env[name];
  return value === '' ? undefined : value;
}

/** Sends one request and reads JSON. Redirects are refused: they would take a token along. @param reason what of an error may be said */
export async function ask(url, init, reason = () => '') {
  const { hostname, ok, status, text } = await read(url, init);
  const body = parsed(text) ?? {};
  if (!ok) throw new Error(`${hostname} answers ${status} ${word(reason(body))}`.trim());
  return body;
}

/** Sends one request and reads a text, of which there is not much. */
export async function read(url, { timeoutMs = 10_000, ...init }) {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !isLocal(hostname)) throw new Error(`${hostname} is asked by https alone`);
  const own = AbortSignal.timeout(timeoutMs);
  const signal = allRequests === undefined ? own : AbortSignal.any([own, allRequests]);
  const chunks = [];
  let bytes = 0;
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal });
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MOST_OF_AN_ANSWER) break;
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    if (bytes <= MOST_OF_AN_ANSWER) return { hostname, ok: response.ok, status: response.status, text };
  } catch (error) {
    throw new Error(`${hostname} does not answer (${error.cause?.code ?? error.name})`, { cause: error });
  }
  throw new Error(`${hostname} answers too much`);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Loopback, and the addresses at which clouds tell a machine who it is. */
function isLocal(hostname) {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|169\.254\.\d+\.\d+|metadata\.google\.internal)$/.test(hostname);
}

/** Names of errors, and nothing else that a server wrote. */
function word(text) {
  return /^[\w.# -]{1,80}$/.test(text ?? '') ? text : '';
}

/** The bytes of a base64 that a server wrote; none of what is no text, which `Buffer.from` would repeat in its error. */
export function bytesOf(base64) {
  return Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64');
}

/** The text of a key of 32 bytes as the service reads it. @param bytes what was decrypted: the bytes, or their base64 or hex */
function masterKey(bytes) {
  const text = bytes.length === 32 ? '' : bytes.toString('latin1').trim();
  const key = bytes.length === 32 ? bytes : Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  if (key.length !== 32) throw new Error('what was decrypted is not 32 bytes');
  return `${key.toString('base64')}\n`;
}

async function message() {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    bytes += chunk.length;
    if (bytes > MOST_OF_A_MESSAGE) throw new Error(`more than ${MOST_OF_A_MESSAGE} bytes are to be signed`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function signatureOf(base64) {
  const signature = bytesOf(base64);
  if (signature.length !== SIGNATURE_BYTES) throw new Error(`what came is not a signature of ${SIGNATURE_BYTES} bytes`);
  return signature;
}

function pemOf(key) {
  let given;
  try {
    given = createPublicKey(key);
  } catch {
    // Said below, without what came.
  }
  if (given?.asymmetricKeyType !== 'ed25519') throw new Error('the key is not of Ed25519');
  return given.export({ type: 'spki', format: 'pem' });
}

/**
 * Does what the program was started for: decrypts the file that is its one argument, or with `--sign <key>` signs what
 * is on standard input, or with `--public-key <key>` writes the public key.
 * @param sign gives base64 of a signature; `publicKey` gives what `createPublicKey` reads
 */
export async function main({ decrypt, sign, publicKey }) {
  const [given = '', key = ''] = process.argv.slice(2);
  const [what, work] = {
    '--sign': ['signature', async () => signatureOf(await sign(key, await message()))],
    '--public-key': ['public key', async () => pemOf(await publicKey(key))],
  }[given] ?? ['master key', async () => masterKey(await decrypt(readFileSync(given)))];
  if (given === '--sign') allRequests = AbortSignal.timeout(SIGNING_MS);
  try {
    if (given.startsWith('--') && sign === undefined) throw new Error('there is no Ed25519 here');
    if (given.startsWith('--') && key === '') throw new Error('the name of the key is missing');
    process.stdout.write(await work());
  } catch (error) {
    process.stderr.write(`no ${what}: ${error.message}\n`);
    process.exitCode = 1;
    process.stdin.destroy();
  }
}
