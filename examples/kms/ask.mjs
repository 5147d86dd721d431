import { readFileSync } from 'node:fs';

// What the four examples share: one request, and one line on standard error where there is no key.

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
export async function ask(url, { timeoutMs = 10_000, ...init }, reason = () => '') {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !isLocal(hostname)) throw new Error(`${hostname} is asked by https alone`);
  const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) }).catch(
    (error) => {
      throw new Error(`${hostname} does not answer (${error.cause?.code ?? error.name})`);
    },
  );
  const body = (await response.json().catch(() => null)) ?? {};
  if (!response.ok) throw new Error(`${hostname} answers ${response.status} ${word(reason(body))}`.trim());
  return body;
}

/** Loopback, and the addresses at which clouds tell a machine who it is. */
function isLocal(hostname) {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|169\.254\.\d+\.\d+|metadata\.google\.internal)$/.test(hostname);
}

/** Names of errors, and nothing else that a server wrote. */
function word(text) {
  return /^[\w.# -]{1,80}$/.test(text ?? '') ? text : '';
}

/** Writes a key of 32 bytes as the service reads it. @param bytes what was decrypted: the bytes, or their base64 or hex */
export function handOver(bytes) {
  const text = bytes.length === 32 ? '' : bytes.toString('latin1').trim();
  const key = bytes.length === 32 ? bytes : Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  if (key.length !== 32) throw new Error('what was decrypted is not 32 bytes');
  process.stdout.write(`${key.toString('base64')}\n`);
}

export async function main(work) {
  try {
    handOver(await work());
  } catch (error) {
    process.stderr.write(`no master key: ${error.message}\n`);
    process.exitCode = 1;
  }
}
