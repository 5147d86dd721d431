import { type FieldError, Refusal, type RefusalDetails, type RefusalReason } from '../refusals/refusal.js';
import { PROBLEMS } from './problem-kinds.js';

export interface ProblemExtra extends RefusalDetails {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal as it reaches the caller, as `application/problem+json`; nothing in it may be internal or personal. */
export class Problem extends Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(reason: RefusalReason, { headers = {}, ...details }: ProblemExtra = {}) {
    super(reason, details);
    this.name = 'Problem';
    this.status = PROBLEMS[reason].status;
    this.headers =
      details.retryAfterSeconds === undefined
        ? headers
        : { 'retry-after': String(details.retryAfterSeconds), ...headers };
  }

  /** The body (RFC 9457 §3), with `type` under the service's public address. */
  toBody(publicUrl: string): Record<string, unknown> {
    const { retryAfterSeconds: _header, detail, errors, ...members } = this.details;
    return {
      type: `${publicUrl}/problems/${this.reason}`,
      title: PROBLEMS[this.reason].title,
      status: this.status,
      ...(detail === undefined ? {} : { detail }),
      ...(errors === undefined ? {} : { errors: errors.map(withoutOddNames) }),
      ...members,
    };
  }
}

/** What HTTP says of a refusal. */
export function problemOf(refusal: Refusal): Problem {
  if (refusal instanceof Problem) return refusal;
  const problem = new Problem(refusal.reason, refusal.details);
  problem.cause = refusal.cause;
  return problem;
}

/** A name of a field that came from outside is repeated if it is no longer than this, and has nothing that cannot be seen. */
const LONGEST_NAME = 64;
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Of a field whose name is not to be repeated, the pointer leads to the object that it is in. */
function withoutOddNames(error: FieldError): FieldError {
  const names = error.pointer.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const odd = names.findIndex((name) => name.length > LONGEST_NAME || UNSEEN.test(name));
  if (odd < 0) return error;
  const pointer = error.pointer.split('/').slice(0, odd).join('/');
  return { pointer, detail: `a field in it, of a name that is not repeated here, ${error.detail}` };
}
