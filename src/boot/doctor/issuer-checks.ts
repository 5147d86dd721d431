import { KEY_FETCH_LIMITS, requireConfidentialTransport } from '../../http/access/issuer-keys.js';
import type { IssuerConfig } from '../../config/tenants.js';
import type { Finding } from './finding.js';

/** What access tokens may be signed with, by the type of key. */
const USABLE_TYPES = ['RSA', 'EC', 'OKP'];
/** A verifier allows for as much. */
const SKEW_MS = 5_000;

/** Whether an issuer can be reached, names itself, has keys, and goes by the same time. */
export async function checkIssuer(
  check: string,
  { issuer, jwksUri }: IssuerConfig,
  production: boolean,
): Promise<Finding[]> {
  const signal = AbortSignal.timeout(KEY_FETCH_LIMITS.timeoutMs);
  const get = async (address: string): Promise<{ body: Record<string, unknown>; date: string | null }> => {
    if (production) requireConfidentialTransport(address);
    const response = await fetch(address, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
    if (response.status !== 200) throw new Error(`${address} answers ${response.status}`);
    return { body: (await response.json()) as Record<string, unknown>, date: response.headers.get('date') };
  };
  try {
    const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = jwksUri === undefined ? (await get(discovery)).body : null;
    if (document && document.issuer !== issuer)
      throw new Error(`its discovery document names another issuer: ${String(document.issuer).slice(0, 200)}`);
    const address = jwksUri ?? document?.jwks_uri;
    if (typeof address !== 'string') throw new Error('its discovery document has no jwks_uri');
    const { body, date } = await get(address);
    const keys = (Array.isArray(body.keys) ? body.keys : []) as { kty?: unknown; use?: unknown }[];
    const usable = keys.filter(({ kty, use }) => USABLE_TYPES.includes(String(kty)) && (use ?? 'sig') === 'sig');
    if (usable.length === 0) throw new Error(`${address} has no key that signs tokens`);
    return [
      {
        check,
        result: 'ok',
        detail: `${issuer} answers, and has ${usable.length} ${usable.length === 1 ? 'key' : 'keys'}.`,
      },
      clockOf(`clock of the ${check}`, date),
    ];
  } catch (error) {
    return [{ check, result: 'failed', detail: `${issuer} cannot be used: ${reasonOf(error)}.` }];
  }
}

function clockOf(check: string, date: string | null): Finding {
  const skew = Math.round((Date.now() - Date.parse(date ?? '')) / 1_000);
  if (Number.isNaN(skew)) return { check, result: 'skipped', detail: 'It does not say what time it is.' };
  // Its answer has whole seconds, and was some time on its way.
  return Math.abs(skew) * 1_000 > SKEW_MS
    ? {
        check,
        result: 'warning',
        detail: `It is ${Math.abs(skew)} s ${skew > 0 ? 'behind' : 'ahead'}; tokens may be refused.`,
      }
    : { check, result: 'ok', detail: 'It agrees with this machine.' };
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { code?: string; message?: string } };
  if ((error as Error).name === 'TimeoutError') return 'it did not answer within three seconds';
  return cause?.code ?? cause?.message ?? message;
}
