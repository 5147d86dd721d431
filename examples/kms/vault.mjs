// The master key, decrypted by HashiCorp Vault's or OpenBao's transit engine (`/transit/decrypt/:name`).
//   node examples/kms/vault.mjs /etc/countersign/master-key.enc
// The file holds the ciphertext, `vault:v1:…`. VAULT_ADDR, VAULT_TRANSIT_KEY, VAULT_TOKEN or VAULT_TOKEN_FILE (what an agent
// writes), and where they are used VAULT_NAMESPACE and VAULT_TRANSIT_MOUNT (`transit`).
import { readFileSync } from 'node:fs';
import { ask, main, optional, required } from './ask.mjs';

await main(async () => {
  const mount = optional('VAULT_TRANSIT_MOUNT') ?? 'transit';
  const url = `${required('VAULT_ADDR').replace(/\/+$/, '')}/v1/${mount}/decrypt/${encodeURIComponent(required('VAULT_TRANSIT_KEY'))}`;
  const namespace = optional('VAULT_NAMESPACE');
  const headers = {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    'x-vault-token': required('VAULT_TOKEN'),
    ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
  };
  const body = JSON.stringify({ ciphertext: readFileSync(process.argv[2] ?? '', 'utf8').trim() });
  const { data } = await ask(url, { method: 'POST', headers, body });
  return Buffer.from(data?.plaintext ?? '', 'base64');
});
