/** One field that was refused. */
export interface FieldError {
  /** A JSON pointer, such as `#/purpose`. */
  readonly pointer: string;
  readonly detail: string;
}

/** A refusal of the service (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    /** The last segment of `type`, such as `not-your-call`: what to act on. `unknown` where the reply was no problem. */
    readonly slug: string,
    /** The whole problem, as it came. */
    readonly details: Readonly<Record<string, unknown>>,
    /** Of the request, to find it in the service's log. */
    readonly requestId: string | null,
    /** How long to wait before another try, where the service said so. */
    readonly retryAfterSeconds: number | null,
  ) {
    const { title } = details;
    super(`${status} ${slug}${typeof title === 'string' ? `: ${title}` : ''}`);
  }

  /** The fields that were refused; none for other problems. */
  get errors(): readonly FieldError[] {
    const { errors } = this.details;
    return Array.isArray(errors) ? (errors as FieldError[]) : [];
  }
}

/** No reply came, or none that can be read. With an idempotency key the same request may be sent again. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The problem that a reply holds. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const details = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const { type } = details;
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return new Problem(
    response.status,
    typeof type === 'string' ? type.split('/').at(-1)! : 'unknown',
    details,
    response.headers.get('x-request-id'),
    Number.isFinite(seconds) ? seconds : null,
  );
}
