import { describe, expect, it } from 'vitest';
import { literal, read, sql, type Fragment } from '../database/sql.js';
import {
  eventData,
  eventRow,
  eventRowWith,
  fixedData,
  typeAbout,
  typeAmong,
  typeByStatus,
  typeWhere,
} from './event-row.js';

let statements = 0;
const textOf = (fragment: Fragment): string =>
  read(`test.eventRow${(statements += 1)}`, fragment).text.replaceAll(/\s+/g, ' ');

describe('a row of an event, in SQL', () => {
  it('is its type, what it is about, whose it is, and its data', () => {
    const row = eventRow('device.revoked', sql`id, :customerId`, { by: sql`:author::text` });
    expect(textOf(row)).toBe("'countersign.device.revoked', 'dev', id, $1, jsonb_build_object('by', $2::text)");
    expect(textOf(eventRow('letter.used', sql`id`, {}))).toBe("'countersign.letter.used', 'chg', id, '{}'::jsonb");
  });

  it('is of the type that SQL decides on', () => {
    const ended = typeByStatus('callback', ['expired', 'cancelled'], sql`status`);
    expect(textOf(eventRowWith(ended, null, sql`data`))).toBe("'countersign.callback.' || status, 'cbk', data");
    const wave = { customers: sql`1`, reports: sql`2`, since: sql`now()` };
    expect(textOf(eventRow(typeWhere(sql`:first`, 'campaign.opened', 'campaign.grew'), null, wave))).toBe(
      "CASE WHEN $1 THEN 'countersign.campaign.opened' ELSE 'countersign.campaign.grew' END, 'cmp', jsonb_build_object('customers', 1, 'reports', 2, 'since', now())",
    );
    expect(
      textOf(eventRow(typeAbout('verification.refused', sql`about`), null, { because: sql`decision` }, sql`more`)),
    ).toBe("'countersign.verification.refused', about, jsonb_build_object('because', decision) || more");
  });

  it('says what it is about', () => {
    expect(() => eventRowWith('notice.checked', null, sql`data`)).toThrow('notice.checked');
    expect(() => eventRowWith(typeAmong(['call.ended', 'device.revoked'], sql`type`), null, sql`data`)).toThrow(
      'call.ended or device.revoked',
    );
  });

  it('has data that is quoted', () => {
    expect(textOf(fixedData('call.ended', { because: "o'clock" }))).toBe(`'{"because":"o''clock"}'`);
    expect(textOf(eventData('call.ended', { because: literal("o'clock") }))).toBe(
      "jsonb_build_object('because', 'o''clock')",
    );
  });

  // Held by the compiler: where one of these compiles, its directive is an error.
  it('is refused by the compiler where the catalogue knows nothing of it', () => {
    const one = sql`1`;
    expect(() => {
      // @ts-expect-error -- a type that is in no catalogue
      eventRow('device.sung', null, { by: one });
    }).toThrow();
    // @ts-expect-error -- a member that the catalogue demands is missing
    eventRow('device.revoked', null, {});
    // @ts-expect-error -- a member that the catalogue does not know
    eventRow('device.revoked', null, { by: one, number: one });
    // @ts-expect-error -- a status that no type ends with
    expect(() => eventRowWith(typeByStatus('callback', ['sung'], one), null, one)).toThrow();
    // @ts-expect-error -- a member that one of the types demands, and the other too
    eventRow(typeWhere(one, 'campaign.opened', 'campaign.grew'), null, { customers: one, reports: one });
    // @ts-expect-error -- of data that is the same each time, too
    fixedData('call.ended', { became: 'lapsed' });
    // @ts-expect-error -- and where more is added by SQL
    eventRow('change.requested', null, { subjekt: one }, one);
    // @ts-expect-error -- a string is no SQL
    expect(() => eventRow('device.revoked', null, { by: 'agent' })).toThrow('fragments');
  });
});
