import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import type { OutboundApiConfig } from '../config/config-validators.js';
import type { Clock } from '../database/clock.js';
import type { OutboundApiOptions } from '../outbound/outbound-api.js';

interface OutsideOptions {
  readonly config: Config;
  readonly logger: Logger;
}

/** Somebody else's API gets two seconds, and https only in production. Its failures are logged without what was sent. */
export function outbound({ config, logger }: OutsideOptions, what: string, api: OutboundApiConfig): OutboundApiOptions {
  return {
    ...api,
    timeLimitMs: 2_000,
    allowLoopbackHttp: !config.production,
    onFailure: (failure) => logger.warn({ what, message: failure.message }, 'an outside check could not be made'),
  };
}

/** What was found out elsewhere is dated by the database's clock, as what is decided by it. */
export function dated<Asked, Result extends { checkedAt: string }>(inner: {
  check(asked: Asked): Promise<Result>;
}): (clock: Clock) => { check(asked: Asked): Promise<Result> } {
  return (clock) => ({
    check: async (asked) => ({ ...(await inner.check(asked)), checkedAt: clock.date().toISOString() }),
  });
}
