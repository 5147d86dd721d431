import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_CATALOGUE } from '../../src/events/catalogue.js';
import type { EventKind } from '../../src/events/event-members.js';
import type { ValueSchema } from '../../src/events/event-schema.js';
import { writtenEventTypes } from '../../src/events/event-row.js';
import { loadStatements } from '../support/described-statements.js';
import { faultOf } from '../support/event-checker.js';

const PAGE = 'docs/events.md';
const TYPES = Object.entries<EventKind>(EVENT_CATALOGUE);
const SUBJECTS: Readonly<Record<string, string>> = {
  call: 'call',
  ver: 'verification',
  chg: 'change',
  cbk: 'callback',
  dev: 'device',
  ntc: 'notice',
  rpt: 'report',
  cmp: 'campaign',
  whk: 'webhook',
  customer: 'customer',
  line: 'line',
  policy: 'policy',
  coverage: 'coverage',
  data: 'data',
};

function formOf(schema: ValueSchema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${value}\``).join(' or ');
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map(formOf).join(' or ');
  if (schema.type === 'array') return `list of ${formOf(schema.items as ValueSchema)}`;
  if (schema.type === 'object') return `{ ${Object.keys(schema.properties as object).join(', ')} }`;
  if (schema.format === 'date-time') return 'time';
  const prefix = /^\^(\w+)_/.exec(String(schema.pattern ?? ''))?.[1];
  return prefix
    ? `\`${prefix}_…\``
    : schema.pattern
      ? 'reference'
      : schema.minLength === 43
        ? 'hash'
        : ({ string: 'text', integer: 'count', boolean: 'flag', null: 'null' }[schema.type as string] ??
          String(schema.type));
}

function rowOf([type, { about, meaning, data }]: [string, EventKind]): string {
  const members = Object.entries(data.properties).map(
    ([name, schema]) => `${name}${data.required.includes(name) ? '' : '?'}: ${formOf(schema)}`,
  );
  return `| \`${type.replace('countersign.', '')}\` | ${about.map((one) => SUBJECTS[one]).join(' or ')} | ${meaning} | ${members.join('; ') || '–'} |`;
}

function page(): string {
  return `# Events

What \`GET /v1/events\`, streams and webhooks tell, made from \`src/events/catalogue.ts\` by \`npm run openapi\`; do not edit. Each is a CloudEvent 1.0 whose \`type\` is \`countersign.\` and the name here, and whose \`subject\` is the id of what it is about. \`data\` holds \`customerId\` and \`callId\` where there is one, and the members named here; \`?\` marks what may be missing. The JSON Schema of each is in [openapi.json](openapi.json), under \`webhooks\`. Types and members are added and never taken away: pass over what you do not know.

| type | about | what has happened | data |
|---|---|---|---|
${TYPES.map(rowOf).join('\n')}
`;
}

/** What SQL of `src` says of events: nothing but what `src/events/event-row.ts` makes of the catalogue. */
const SQL_FILES = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.(store|transition)\.ts$/.test(file),
);

/** What begins as a type does and is none that the log holds: a delivery alone, which is of no event. */
const NO_TYPES = ["'countersign.webhook.test'"];

/** What a file of SQL writes of a type by itself, or writes into the log that did not come of `eventRow`. */
function writtenByHand(source: string): string[] {
  const literals = [...source.matchAll(/'countersign\.\w+\.\w*'/g)].map(([literal]) => literal);
  const rows = [...source.matchAll(/INSERT INTO events\b[^$`]*(.{0,24})/gs)].filter(
    ([, what]) => !/^\$\{((?!literal|sql)\w+\(|DECLARED|\s*loggedBefore)/.test(what!),
  );
  return [...literals.filter((literal) => !NO_TYPES.includes(literal)), ...rows.map(([text]) => text)];
}

describe('the catalogue of events', () => {
  it('is docs/events.md (npm run openapi writes it anew)', () => {
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(PAGE, page());
    expect(readFileSync(PAGE, 'utf8')).toBe(page());
  });

  it('has every type that a statement can write, and no other', async () => {
    await loadStatements();
    const written = [...writtenEventTypes()].map((type) => `countersign.${type}`);
    expect(written.sort()).toEqual(TYPES.map(([type]) => type).sort());
  });

  it('is what every type in SQL comes from', () => {
    expect(SQL_FILES.length).toBeGreaterThan(30);
    for (const file of SQL_FILES) expect(writtenByHand(readFileSync(`src/${file}`, 'utf8')), file).toEqual([]);
  });

  it.each([
    ["INSERT INTO events (type, about) SELECT 'countersign.call.ended', 'call' FROM ended"],
    ["WHERE type = 'countersign.policy.changed'"],
    ["INSERT INTO events (type, about) SELECT 'countersign.call.' || status, 'call' FROM ended"],
    ['INSERT INTO events (type, about) SELECT :type, :about'],
    ['INSERT INTO events (type, about)\n    SELECT ${literal(type)}, ${literal(about)}'],
  ])('is asked for of %s', (source) => {
    expect(writtenByHand(`sql\`${source}\``)).not.toEqual([]);
  });

  it.each([
    ['of a type that is in no catalogue', { type: 'countersign.call.sung' }],
    ['about something else', { about: 'ver' }],
    ['without a member', { data: {} }],
    ['with a member of another form', { data: { because: 'bored', by: 'a' } }],
    ['with a member that is not foreseen', { data: { because: 'hung_up', number: '+442079460100' } }],
  ])('refuses a row %s', (_name, change) => {
    const id = '0193f8a0-0000-7000-8000-000000000001';
    const row = {
      id,
      xid: '1',
      sequence: '1',
      type: 'countersign.call.ended',
      about: 'call',
      about_id: id,
      customer_id: 'cust-1',
      call_id: id,
      data: { because: 'hung_up' },
      occurred_at: new Date(),
    } as const;
    expect(faultOf(row, 'northbank')).toBeNull();
    expect(faultOf({ ...row, ...change } as typeof row, 'northbank')).not.toBeNull();
  });
});
