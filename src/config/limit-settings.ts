import { proxyList, rateLimits, whole } from './config-validators.js';
import { setting, unset } from './declared-setting.js';
import { RATE_LIMITS } from './rate-limits.js';
import { MOST_PER_SECOND } from './tenant-limits.js';

/** How often somebody may do what an attacker would repeat, and who that is. */
export const LIMIT_SETTINGS = {
  REFERENCE_CHECKS_PER_MINUTE: setting(
    'referenceChecksPerMinute',
    whole(1, 100_000),
    30,
    'How many references of one tenant one address (of IPv6, one /64) may look up in a minute without signing in.',
  ),
  RATE_LIMITS: setting(
    'rateLimits',
    rateLimits,
    unset(JSON.stringify(RATE_LIMITS)),
    'JSON: how often a minute one caller may do what an attacker would repeat, by the names that `RateLimit-Policy` has; what it leaves out is as by default. `rateLimits` in TENANTS says it for one tenant. See docs/operations/limits.md.',
  ),
  TENANT_REQUESTS_PER_SECOND: setting(
    'tenantRequestsPerSecond',
    whole(1, MOST_PER_SECOND),
    unset('none'),
    'How many requests of one tenant all processes together take in a second, where `countersign tenants` says nothing else of it; over it 429, lists and imports first, verdicts and answers only at four times as many. See docs/operations/tenants.md.',
  ),
  TENANT_EVENTS_PER_SECOND: setting(
    'tenantEventsPerSecond',
    whole(1, MOST_PER_SECOND),
    unset('none'),
    'How many events of one tenant are written in a second until what would write more is refused with 429, but for what protects somebody; where `countersign tenants` says nothing else of it.',
  ),
  TRUSTED_PROXIES: setting(
    'trustedProxies',
    proxyList,
    unset('none'),
    'CIDR ranges, with commas between, of proxies whose `X-Forwarded-For` is believed: limits by address count the right-most address in it that is in none of them. Nobody else may reach the service from there.',
  ),
  REQUESTS_UNDER_WAY: setting(
    'requestsUnderWay',
    whole(4, 100_000),
    1_000,
    'How many requests each process works on before it refuses some with 503: at half of it imports, exports and lists, at all of it everything but verdicts, answers and what else a phone waits for; of tenants with a fair share or more of them alone.',
  ),
};
