/** What is said of the pages of one tenant, by PAGES or by its own entry. */
export interface PagesEntry {
  readonly name?: string;
  readonly cardNumber?: string;
  readonly locale?: string;
  readonly frameAncestors?: readonly string[];
  readonly clientId?: string;
  readonly scope?: string;
  readonly consoleClientId?: string;
  readonly consoleScope?: string;
}

const MEMBERS: readonly string[] = [
  'name',
  'cardNumber',
  'locale',
  'frameAncestors',
  'clientId',
  'scope',
  'consoleClientId',
  'consoleScope',
];
/** What {@link isPagesEntry} asks for. */
export const PAGES_MEMBERS =
  '`name`, `cardNumber`, `locale`, `frameAncestors`, `clientId`, `scope`, `consoleClientId` or `consoleScope` of at most 200 characters';
const FORM = `a JSON object of tenants, each with ${PAGES_MEMBERS}`;
/**
 * Reads the value of PAGES.
 * @throws Error that says what it should be
 */
export function readPages(parsed: unknown): Readonly<Record<string, PagesEntry>> {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error(FORM);
  if (!Object.values(parsed).every(isPagesEntry)) throw new Error(FORM);
  return parsed as Record<string, PagesEntry>;
}

/** Whether a value may stand for one tenant. */
export function isPagesEntry(value: unknown): value is PagesEntry {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([member, one]) => isMember(member, one));
}

function isMember(member: string, value: unknown): boolean {
  if (!MEMBERS.includes(member)) return false;
  if (member === 'frameAncestors') return Array.isArray(value) && value.length <= 20 && value.every(isOrigin);
  return typeof value === 'string' && value !== '' && value.length <= 200 && !/\p{C}/u.test(value);
}

/** An origin and nothing else: what stands in a policy's header must not end it. */
function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?$/.test(value);
}
