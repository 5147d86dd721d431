import { sealLog } from '../../src/transparency/log-seal.js';
import { LocalSigner } from '../../src/transparency/checkpoint-signer.js';
import { parseSigningKey } from '../../src/crypto/signing-key.js';
import { TenantDatabase } from '../../src/platform/tenant-database.js';

/** A node that does nothing but seal, until it is killed. */
const { DATABASE, SIGNING_KEY } = process.env as Record<string, string>;
const db = new TenantDatabase({ url: DATABASE!, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 2 });
const writer = { signer: new LocalSigner(parseSigningKey(SIGNING_KEY!)), publicUrl: 'https://countersign.test', keyMac: () => Buffer.alloc(32) };
for (;;) {
  await sealLog(db, writer);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
