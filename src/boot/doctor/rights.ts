import type { Finding } from './finding.js';

/** Since then a role may grant another only where it has that one with ADMIN OPTION; before, CREATEROLE was enough. */
const GRANTING_TAKES_ADMIN = 160_000;

export interface RightsRow {
  readonly version: number;
  readonly creates_roles: boolean;
  readonly group_exists: boolean;
  readonly group_admin: boolean;
}

/** Whether a role may make the login that serves requests, and let it be what serves. */
export function checkRoles({ version, creates_roles, group_exists, group_admin }: RightsRow): Finding {
  const check = 'right to make the service login';
  if (!creates_roles)
    return {
      check,
      result: 'failed',
      detail: 'The role in DATABASE_URL needs CREATEROLE: ALTER ROLE <role> CREATEROLE. Or set SERVICE_DATABASE_URL.',
    };
  if (group_exists && !group_admin && version >= GRANTING_TAKES_ADMIN)
    return {
      check,
      result: 'failed',
      detail: 'Another role made countersign_service. Run: GRANT countersign_service TO <role> WITH ADMIN OPTION.',
    };
  return { check, result: 'ok', detail: 'The role in DATABASE_URL has it.' };
}
