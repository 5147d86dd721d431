/** The service's clock, as its replies tell it to the second. Where a page may not read that, it is this machine's. */
export class Clock {
  #offset = 0;

  /** The platform's `fetch`, which notes the time of each reply. */
  readonly fetch: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) this.#offset = date - Date.now();
    return response;
  };

  /** Milliseconds, by the service's clock. */
  now(): number {
    return Date.now() + this.#offset;
  }
}
