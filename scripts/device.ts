import { Client, Problem } from '@countersign/client';
import { type Answer, answer, type Connection, Refused, waitingQuestions } from '@countersign/device';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { DeviceFile } from './phone/device-file.js';
import { KeptPhone } from './phone/kept-phone.js';

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

const HANDSETS: Readonly<Record<string, Answer['handset']>> = {
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
    private readonly bank: Connection,
    private readonly file: DeviceFile,
    private readonly options: Options,
  ) {}

  static of(customerId: string, options: Options): Phone {
    const serviceUrl = (process.env.COUNTERSIGN_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '');
    const dataDirectory = resolve(process.env.DATA_DIR || './.data');
    const { tenant } = options;
    const file = new DeviceFile(dataDirectory, tenant, customerId);
    const token = (): Promise<string> => fetchDevelopmentToken({ serviceUrl, dataDirectory, tenant, identity: 'app' });
    return new Phone({ url: serviceUrl, customerId, token }, file, options);
  }

  /** Enrols by the API, because the kit keeps no secret in a form that a file could hold. */
  async enrol(): Promise<object> {
    const { customerId } = this.bank;
    const device = await KeptPhone.make(customerId);
    const body = await device.enrolmentBody();
    const app = new Client(this.bank);
    const enrolled = await app.post('/v1/customers/{customerId}/devices', { path: { customerId }, body });
    device.enrolled(enrolled);
    await this.file.write(device);
    const { offline: _encrypted, ...shown } = enrolled;
    return shown;
  }

  async show(): Promise<object> {
    await this.file.read();
    return (await waitingQuestions(this.bank))[0] ?? {};
  }

  async answer(said: string | undefined, code: string | undefined): Promise<object> {
    if (said !== 'yes' && said !== 'no') throw new Error('Say yes, with the code, or no.');
    const { handset: named, reason } = this.options;
    if (named !== undefined && !Object.hasOwn(HANDSETS, named))
      throw new Error(`--handset is one of: ${Object.keys(HANDSETS).join(', ')}.`);
    const handset = named === undefined ? undefined : HANDSETS[named];
    const device = await this.file.read();
    const [question] = await waitingQuestions(this.bank);
    if (!question) throw new Error(`Nothing waits for ${this.bank.customerId}.`);
    return answer(this.bank, device.answerer, question, {
      answer: said,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason: reason as NonNullable<Answer['reason']> }),
      ...(handset ? { handset } : {}),
    });
  }

  async code(): Promise<object> {
    const device = await this.file.read();
    return {
      bankProof: await device.offlineCode('bankProof'),
      customerProof: await device.offlineCode('customerProof'),
    };
  }
}

/** Shows a refusal as it came, and lets the command fail. */
function refusalOf(error: unknown): object {
  if (!(error instanceof Problem || error instanceof Refused)) throw error;
  process.exitCode = 1;
  return error.details;
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
  const phone = Phone.of(customerId, values);
  const commands: Record<string, () => Promise<object>> = {
    enrol: () => phone.enrol(),
    show: () => phone.show(),
    answer: () => phone.answer(rest[0], rest[1]),
    code: () => phone.code(),
  };
  const result = await commands[command!]!().catch(refusalOf);
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
