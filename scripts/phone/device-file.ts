import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeptPhone, type SavedPhone } from './kept-phone.js';

/** Where the command line keeps the phone of a customer; for development only. */
export class DeviceFile {
  private readonly path: string;

  constructor(
    dataDirectory: string,
    tenant: string,
    private readonly customerId: string,
  ) {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(customerId)) throw new Error('A customer id is 1 to 64 of A–Z a–z 0–9 . _ -');
    this.path = join(dataDirectory, 'demo-devices', tenant, `${customerId}.json`);
  }

  async write(phone: KeptPhone): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await writeFile(this.path, `${JSON.stringify(await phone.save(), null, 2)}\n`, { mode: 0o600 });
  }

  /** @throws where the customer has enrolled no phone here. */
  async read(): Promise<KeptPhone> {
    const text = await readFile(this.path, 'utf8').catch(() => {
      throw new Error(`${this.customerId} has no phone here yet. Run: npm run -s device -- enrol ${this.customerId}`);
    });
    return KeptPhone.restore(JSON.parse(text) as SavedPhone);
  }
}
