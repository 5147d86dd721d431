/** A value of the policy with the path that leads to it, such as `verification.lifetimeSeconds`. */
export interface PolicyValue {
  readonly path: string;
  readonly value: unknown;
}

export interface PolicyDifference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export type Document = Readonly<Record<string, unknown>>;

/** The values of a policy, section by section. Lists are values: they are replaced as a whole. */
export function valuesOf(document: Document, above = ''): PolicyValue[] {
  return Object.entries(document).flatMap(([name, value]) => {
    const path = above === '' ? name : `${above}.${name}`;
    return isSection(value) ? valuesOf(value as Document, path) : [{ path, value }];
  });
}

/** A policy with one value replaced. */
export function withValue(document: Document, path: string, value: unknown): Document {
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...document, [first]: value };
  return { ...document, [first]: withValue((document[first] ?? {}) as Document, rest.join('.'), value) };
}

/** What is not the same in two policies, in the order of the first. */
export function differencesOf(before: Document, after: Document): PolicyDifference[] {
  const old = new Map(valuesOf(before).map(({ path, value }) => [path, value]));
  const now = new Map(valuesOf(after).map(({ path, value }) => [path, value]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => JSON.stringify(old.get(path)) !== JSON.stringify(now.get(path)))
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }));
}

/** Lists of more than texts and numbers: an empty one does not show it. */
const WRITTEN_AS_JSON: readonly string[] = ['changes.rules', 'advice', 'texts', 'neverAskIn'];

/** Whether a value is a list with one on a line. */
export function isLines({ path, value }: PolicyValue): boolean {
  return Array.isArray(value) && !WRITTEN_AS_JSON.includes(path) && value.every((one) => typeof one !== 'object');
}

/** A value as it stands in its field. */
export function written(value: unknown): string {
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one !== 'object'))
    return value.join('\n');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value, null, 2);
}

/** How the members of a record are named, and what is said for their codes. */
export interface Naming {
  readonly member: (name: string) => string;
  readonly value: (member: string, value: string) => string;
}

/** A value as it is read where it is compared with another: of records one on a line. */
export function shownValue(value: unknown, naming: Naming): string {
  if (value === undefined) return '–';
  if (!Array.isArray(value)) return isRecord(value) ? membersOf(value, naming) : written(value);
  if (value.length === 0) return '–';
  if (value.every((one) => typeof one === 'number')) return value.join(', ');
  return value.map((one: unknown) => (isRecord(one) ? membersOf(one, naming) : String(one))).join('\n');
}

function isRecord(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function membersOf(record: Document, naming: Naming): string {
  return Object.entries(record)
    .map(([name, value]) => {
      const said = [value].flat().map((one) => naming.value(name, String(one)));
      return `${naming.member(name)}: ${said.join(' / ') || '–'}`;
    })
    .join('; ');
}

/**
 * What was typed, as a value of the kind that was there.
 * @throws SyntaxError where it is none
 */
export function readAs(was: PolicyValue, typed: string): unknown {
  const { value } = was;
  if (typeof value === 'string') return typed.trim();
  if (typeof value === 'number') return readNumber(typed);
  if (!isLines(was)) return JSON.parse(typed) as unknown;
  const lines = typed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const numbers = (value as unknown[]).length > 0 && (value as unknown[]).every((one) => typeof one === 'number');
  return numbers ? lines.map(readNumber) : lines;
}

function readNumber(typed: string): number {
  const number = Number(typed.trim());
  if (typed.trim() === '' || !Number.isFinite(number)) throw new SyntaxError('not a number');
  return number;
}

/** Sections hold values; an amount with its currency is one value. */
function isSection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('currency' in value);
}
