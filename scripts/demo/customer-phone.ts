import {
  type Answer,
  answer,
  type CallToJudge,
  type Connection,
  enrol,
  type Enrolment,
  generateDecryptionKey,
  generateSigningKey,
  offlineCode,
  type OfflineKeys,
  type Outcome,
  type Question,
  type SigningKey,
  type Verdict,
  verdict,
  waitingQuestions,
  webCryptoKey,
} from '@countersign/device';

/** A customer's phone on the device kit: its keys are made in it, and nobody can take them out. */
export class CustomerPhone {
  #key: SigningKey | null = null;
  #enrolment: Enrolment | null = null;

  constructor(private readonly bank: Connection) {}

  get customerId(): string {
    return this.bank.customerId;
  }

  /** @throws Refused, Unreachable */
  async enrol(): Promise<Enrolment> {
    this.#key = webCryptoKey(await generateSigningKey());
    const decryptionKey = await generateDecryptionKey();
    this.#enrolment = await enrol(this.bank, { name: 'My phone', platform: 'android', key: this.#key, decryptionKey });
    return this.#enrolment;
  }

  /** What the customer is asked now. @throws Error where nothing of that kind waits; Refused, Unreachable */
  async question(kind: Question['kind'] = 'call'): Promise<Question> {
    const found = (await waitingQuestions(this.bank)).find((question) => question.kind === kind);
    if (!found) throw new Error(`no question about a ${kind} waits for the customer`);
    return found;
  }

  /** Signs exactly what was shown together with the customer's answer. @throws Refused, Unreachable */
  answer(question: Question, given: Answer): Promise<Outcome> {
    const { id } = this.#enrolled;
    return answer(this.bank, { id, key: this.#key! }, question, given);
  }

  /** Whether a call is the bank's; `unknown` where the bank could not be asked. */
  judge(call: CallToJudge): Promise<Verdict> {
    return verdict(this.bank, call);
  }

  /** The code that the app shows without a connection. */
  async offlineCode(of: keyof OfflineKeys): Promise<string> {
    return (await offlineCode(this.#enrolled.offlineKeys![of])).code;
  }

  get #enrolled(): Enrolment {
    if (!this.#enrolment) throw new Error('this phone is not enrolled yet');
    return this.#enrolment;
  }
}
