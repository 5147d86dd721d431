import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { type CustomerAnswer, CustomerDevice } from './demo/customer-device.js';
import { DeviceFile } from './demo/device-file.js';
import { type Reply, ServiceClient } from './demo/service-client.js';

const HELP = `A customer's phone on the command line, for development: its keys are in a file, which those of a real phone never are.

Usage: npm run -s device -- enrol  CUSTOMER              makes keys and enrols them
       npm run -s device -- show   CUSTOMER              what the app shows now
       npm run -s device -- answer CUSTOMER yes CODE     signs an answer and sends it
       npm run -s device -- answer CUSTOMER no
       npm run -s device -- code   CUSTOMER              the offline codes of this half minute

Options of answer:
  --handset incoming|outgoing|none   what the phone says about its call
  --reason REASON                    they_called_me, not_on_a_call, not_me, not_what_i_asked or pressured
Other options:
  --tenant northbank|southbank

Environment:
  COUNTERSIGN_URL  where the service is (http://127.0.0.1:3000)
  DATA_DIR         the service's data directory (./.data)
`;

const HANDSETS: Readonly<Record<string, CustomerAnswer['handset']>> = {
  incoming: { inCall: true, outgoing: false },
  outgoing: { inCall: true, outgoing: true },
  none: { inCall: false },
};

interface Options {
  readonly tenant: string;
  readonly handset?: string;
  readonly reason?: string;
}

class Phone {
  private constructor(
    private readonly app: ServiceClient,
    private readonly file: DeviceFile,
    private readonly customerId: string,
    private readonly options: Options,
  ) {}

  static async of(customerId: string, options: Options): Promise<Phone> {
    const serviceUrl = (process.env.COUNTERSIGN_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '');
    const dataDirectory = resolve(process.env.DATA_DIR || './.data');
    const file = new DeviceFile(dataDirectory, options.tenant, customerId);
    const app = new ServiceClient(
      serviceUrl,
      await fetchDevelopmentToken({ serviceUrl, dataDirectory, tenant: options.tenant, identity: 'app' }),
    );
    return new Phone(app, file, customerId, options);
  }

  async enrol(): Promise<object> {
    const device = await CustomerDevice.make(this.customerId);
    const reply = await device.enrol(this.app);
    if (reply.status === 201) await this.file.write(device);
    const { offline: _encrypted, ...shown } = bodyOf(reply);
    return shown;
  }

  async show(): Promise<object> {
    return (await (await this.file.read()).waitingQuestion(this.app)) ?? {};
  }

  async answer(answer: string | undefined, code: string | undefined): Promise<object> {
    if (answer !== 'yes' && answer !== 'no') throw new Error('Say yes, with the code, or no.');
    const { handset: named, reason } = this.options;
    if (named !== undefined && !Object.hasOwn(HANDSETS, named))
      throw new Error(`--handset is one of: ${Object.keys(HANDSETS).join(', ')}.`);
    const handset = named === undefined ? undefined : HANDSETS[named];
    const device = await this.file.read();
    const question = await device.waitingQuestion(this.app);
    if (!question) throw new Error(`Nothing waits for ${this.customerId}.`);
    return bodyOf(
      await device.answer(this.app, question, {
        answer,
        ...(code === undefined ? {} : { code }),
        ...(reason === undefined ? {} : { reason }),
        ...(handset ? { handset } : {}),
      }),
    );
  }

  async code(): Promise<object> {
    const device = await this.file.read();
    return { bankProof: device.offlineCode('bankProof'), customerProof: device.offlineCode('customerProof') };
  }
}

/** Shows a refusal as it came, and lets the command fail. */
function bodyOf({ status, body }: Reply<Record<string, unknown>>): Record<string, unknown> {
  if (status >= 400) process.exitCode = 1;
  return body;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tenant: { type: 'string', default: 'northbank' },
      handset: { type: 'string' },
      reason: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command, customerId, ...rest] = positionals;
  if (values.help) return void process.stdout.write(HELP);
  if (customerId === undefined || !['enrol', 'show', 'answer', 'code'].includes(command ?? '')) throw new Error(HELP);
  const phone = await Phone.of(customerId, values);
  const result =
    command === 'enrol'
      ? await phone.enrol()
      : command === 'show'
        ? await phone.show()
        : command === 'code'
          ? await phone.code()
          : await phone.answer(rest[0], rest[1]);
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
