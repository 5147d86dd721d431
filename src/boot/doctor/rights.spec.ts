import { describe, expect, it } from 'vitest';
import { checkRoles } from './rights.js';

const MIGRATED = { creates_roles: true, group_exists: true, group_admin: false };

describe('the right to make the service login', () => {
  it('comes with CREATEROLE on PostgreSQL 15, whoever made countersign_service', () => {
    expect(checkRoles({ version: 150_014, ...MIGRATED }).result).toBe('ok');
  });

  it('takes ADMIN OPTION since PostgreSQL 16, where another role made it', () => {
    expect(checkRoles({ version: 160_000, ...MIGRATED })).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('WITH ADMIN OPTION'),
    });
    expect(checkRoles({ version: 180_004, ...MIGRATED, group_admin: true }).result).toBe('ok');
    expect(checkRoles({ version: 160_000, ...MIGRATED, group_exists: false }).result).toBe('ok');
  });

  it('takes CREATEROLE', () => {
    const rights = { version: 150_014, creates_roles: false, group_exists: true, group_admin: true };
    expect(checkRoles(rights).detail).toContain('needs CREATEROLE');
  });
});
