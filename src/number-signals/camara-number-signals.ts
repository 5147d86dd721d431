import { OutboundApi, type OutboundApiOptions } from '../outbound/outbound-api.js';
import type { NumberSignalResult, NumberSignals } from './number-signals.js';

export interface CamaraOptions extends Omit<OutboundApiOptions, 'scope' | 'correlationHeader'> {
  /** The `apiRoot` of the operator or aggregator; the name and version of each API are put after it. */
  baseUrl: string;
  /** How far back a SIM swap counts, in hours: 1 to 2400. Some operators look back less far, and then answer nothing. */
  simSwapMaxAgeHours?: number;
  /** `any` counts forwarding on busy, no answer and not reachable too, which is how most voicemail works. */
  forwarding?: 'unconditional' | 'any';
  /** What the operator asks for as purpose of the scope, such as `dpv:FraudPreventionAndDetection`. */
  purpose?: string;
}

const SIM_SWAP = '/sim-swap/v2';
const CALL_FORWARDING = '/call-forwarding-signal/v0.3';
const DEFAULT_MAX_AGE_HOURS = 240;
/** `PhoneNumber` of both APIs. */
const PHONE_NUMBER = /^\+[1-9][0-9]{4,14}$/;
const FORWARDINGS: readonly unknown[] = [
  'unconditional',
  'conditional_busy',
  'conditional_not_reachable',
  'conditional_no_answer',
];

/**
 * GSMA CAMARA SIM Swap 2 and Call Forwarding Signal 0.3, with two-legged tokens. Each API has its own token and its own
 * circuit, so that one being down leaves the other in use.
 */
export class CamaraNumberSignals implements NumberSignals {
  readonly #simSwap: OutboundApi;
  readonly #callForwarding: OutboundApi;
  readonly #maxAge: number;
  readonly #endpoint: '/unconditional-call-forwardings' | '/call-forwardings';

  constructor(options: CamaraOptions, now?: () => number) {
    const { simSwapMaxAgeHours = DEFAULT_MAX_AGE_HOURS, forwarding = 'unconditional', purpose, ...outbound } = options;
    if (!Number.isInteger(simSwapMaxAgeHours) || simSwapMaxAgeHours < 1 || simSwapMaxAgeHours > 2_400)
      throw new Error('simSwapMaxAgeHours is not a whole number from 1 to 2400');
    this.#maxAge = simSwapMaxAgeHours;
    this.#endpoint = forwarding === 'any' ? '/call-forwardings' : '/unconditional-call-forwardings';
    const root = options.baseUrl.replace(/\/+$/, '');
    const api = (base: string, scope: string) =>
      new OutboundApi(
        {
          ...outbound,
          baseUrl: root + base,
          scope: purpose === undefined ? scope : `${purpose} ${scope}`,
          correlationHeader: 'x-correlator',
        },
        now,
      );
    this.#simSwap = api(SIM_SWAP, 'sim-swap:check');
    this.#callForwarding = api(CALL_FORWARDING, `call-forwarding-signal:${this.#endpoint.slice(1)}:read`);
  }

  async check(number: string): Promise<NumberSignalResult> {
    const signals: Omit<NumberSignalResult, 'checkedAt'> = { simSwap: 'unknown', callForwarding: 'unknown' };
    if (PHONE_NUMBER.test(number)) {
      await Promise.allSettled([
        this.#checkSimSwap(number).then((simSwap) => {
          signals.simSwap = simSwap;
        }),
        this.#checkCallForwarding(number).then((callForwarding) => {
          signals.callForwarding = callForwarding;
        }),
      ]);
    }
    return { ...signals, checkedAt: new Date().toISOString() };
  }

  async #checkSimSwap(phoneNumber: string): Promise<NumberSignalResult['simSwap']> {
    const { body } = await this.#simSwap.post('/check', { phoneNumber, maxAge: this.#maxAge });
    const swapped = fieldOf(body, 'swapped');
    return swapped === true ? 'swapped' : swapped === false ? 'not_swapped' : 'unknown';
  }

  async #checkCallForwarding(phoneNumber: string): Promise<NumberSignalResult['callForwarding']> {
    const { body } = await this.#callForwarding.post(this.#endpoint, { phoneNumber });
    if (this.#endpoint === '/call-forwardings') return readForwardings(body);
    const active = fieldOf(body, 'active');
    return active === true ? 'active' : active === false ? 'inactive' : 'unknown';
  }
}

/** `CallForwardingSignal`: what is active, or `inactive` alone. A kind that is not known is not taken for inactive. */
function readForwardings(body: unknown): NumberSignalResult['callForwarding'] {
  if (!Array.isArray(body)) return 'unknown';
  if (body.some((kind) => FORWARDINGS.includes(kind))) return 'active';
  return body.length === 1 && body[0] === 'inactive' ? 'inactive' : 'unknown';
}

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
