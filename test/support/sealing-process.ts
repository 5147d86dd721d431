import { sealLog } from '../../src/transparency/log-seal.js';
import { LocalSigner } from '../../src/transparency/checkpoint-signer.js';
import { parseSigningKey } from '../../src/crypto/signing-key.js';
import { isDatabaseUnavailable, TenantDatabase } from '../../src/database/tenant-database.js';

/** A node that does nothing but seal, until it is killed. */
const { DATABASE, SIGNING_KEY } = process.env as Record<string, string>;
const db = new TenantDatabase({ url: DATABASE!, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 2 });
const writer = {
  signer: new LocalSigner(parseSigningKey(SIGNING_KEY!)),
  publicUrl: 'https://countersign.test',
  keyMac: () => Buffer.alloc(32),
};
process.stdout.write('begun\n');
for (;;) {
  // A machine under load answers late; anything else ends this process, and the test with it.
  await sealLog(db, writer).catch((error: unknown) => {
    if (!isDatabaseUnavailable(error)) throw error;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
}
