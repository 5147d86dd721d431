import { describe, expect, it } from 'vitest';
import { AddressError, nameOf, readDatabaseAddress, requireReplicaAddress, withLogin, withLoginOf } from './hosts.js';

const hostsOf = (text: string): string[] => readDatabaseAddress(text).hosts.map(nameOf);

describe('the address of a database', () => {
  it('has one host or several, each with a port or that of PostgreSQL', () => {
    expect(hostsOf('postgres://u:p@db/bank')).toEqual(['db:5432']);
    expect(hostsOf('postgresql://u:p@h1:5433,h2,[::1]:6000/bank')).toEqual(['h1:5433', 'h2:5432', '[::1]:6000']);
  });

  it('is given to the driver with one host, and with nothing that the driver does not know', () => {
    const { hosts, at } = readDatabaseAddress(
      'postgres://u:p%40w@h1,h2:5433/bank?target_session_attrs=primary&options=-c%20jit%3Doff',
    );
    expect(at(hosts[1]!)).toBe('postgres://u:p%40w@h2:5433/bank?options=-c%20jit%3Doff');
  });

  it('is handed on as it was written where there is one host and nothing to change', () => {
    for (const text of [
      'postgres://u:p@db:5432/bank?options=-c+jit%3Doff&application_name=x',
      'postgres://u@/bank?host=/var/run/postgresql',
      'postgres://u:p@%2Fvar%2Frun/bank',
    ]) {
      const { hosts, at, target } = readDatabaseAddress(text);
      expect([at(hosts[0]!), target]).toEqual([text, null]);
    }
  });

  it('wants one that takes writes where it has several hosts', () => {
    expect(readDatabaseAddress('postgres://u:p@h1,h2/bank').target).toBe('read-write');
    expect(readDatabaseAddress('postgres://u:p@h1,h2/bank?target_session_attrs=primary').target).toBe('primary');
    expect(readDatabaseAddress('postgres://u:p@h1/bank').target).toBeNull();
    expect(readDatabaseAddress('postgres://u:p@h1/bank?target_session_attrs=read-write').target).toBe('read-write');
  });

  it('verifies certificates wherever TLS is asked for, and says so to the driver', () => {
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      const { hosts, at } = readDatabaseAddress(`postgres://u:p@h1/bank?sslmode=${mode}&sslrootcert=/ca.pem`);
      expect(new URL(at(hosts[0]!)).searchParams.get('sslmode')).toBe('verify-full');
    }
    const asLibpq = 'postgres://u:p@h1:5432/bank?uselibpqcompat=true&sslmode=require';
    const { hosts, at } = readDatabaseAddress(asLibpq);
    expect(at(hosts[0]!)).toBe(asLibpq);
  });

  it.each([
    ['', /a URL like/],
    ['postgres://u:p@db', /a URL like/],
    ['mysql://u:hunter2@db/bank', /a URL like/],
    ['postgres://u:hunter2@h1:70000/bank', /a URL like/],
    ['postgres://u:hunter2@h1:0,h2/bank', /a URL like/],
    ['postgres://u:hunter2@h1,,h2/bank', /first:5432,second:5432/],
    ['postgres://u:hunter2@h1,h2:x/bank', /first:5432,second:5432/],
    ['postgres://u:hunter2@h1, h2/bank', /first:5432,second:5432/],
    ['postgres://u:hunter2@h1,h1:5432/bank', /names each host once/],
    ['postgres://u:hunter2@h1,h2/bank?host=h3', /none after the question mark/],
    ['postgres://u:hunter2@h1,h2/bank?target_session_attrs=any', /target_session_attrs=read-write/],
    ['postgres://u:hunter2@h1,h2/bank?target_session_attrs=prefer-standby', /target_session_attrs=read-write/],
    [`postgres://u:hunter2@${Array.from({ length: 17 }, (_, n) => `h${n}`).join(',')}/bank`, /at most 16 hosts/],
  ])('%s is refused, and not repeated', (text, said) => {
    expect(() => readDatabaseAddress(text)).toThrow(AddressError);
    expect(() => readDatabaseAddress(text)).toThrow(said);
    expect(() => readDatabaseAddress(text)).not.toThrow(/hunter2/);
  });

  it('is made for another login with all its hosts', () => {
    expect(withLogin('postgres://u:p@h1,h2/bank?target_session_attrs=primary', 'login', 'a/b')).toBe(
      'postgres://login:a%2Fb@h1,h2/bank?target_session_attrs=primary',
    );
    expect(withLogin('postgres://db/bank', 'login', 'x')).toBe('postgres://login:x@db/bank');
  });
});

describe('the address of a replica', () => {
  it('names one host and no login, which is that of the primary', () => {
    for (const good of ['postgres://r/bank', 'postgresql://[::1]:5433/bank?sslmode=verify-full'])
      expect(() => requireReplicaAddress(good)).not.toThrow();
    for (const bad of [
      'postgres://u:p@r/bank',
      'postgres://@r/bank',
      'postgres://r1,r2/bank',
      'postgres:///bank',
      'postgres://r/bank?user=u',
      'postgres://r/bank?password=p',
      'postgres://r/bank?target_session_attrs=read-write',
      'postgres://r',
      'r:5432',
    ])
      expect(() => requireReplicaAddress(bad), bad).toThrow(AddressError);
    const primary = 'postgres://serves:p%40w@h1,h2:5433/bank?target_session_attrs=primary';
    expect(withLoginOf('postgres://r:6000/bank?sslmode=verify-full', primary)).toBe(
      'postgres://serves:p%40w@r:6000/bank?sslmode=verify-full',
    );
  });
});
