import { type Fragment, literal, sql } from '../database/sql.js';
import { EVENT_CATALOGUE } from './catalogue.js';
import type { EventKind } from './event-members.js';

type Catalogue = typeof EVENT_CATALOGUE;
type Short<Type> = Type extends `countersign.${infer Name}` ? Name : never;

/** A type of the catalogue, without the prefix that all have. */
export type EventType = Short<keyof Catalogue>;

type MembersOf<Type extends EventType> = Type extends EventType
  ? Catalogue[`countersign.${Type}`] extends EventKind<infer Members>
    ? Members
    : never
  : never;
type Needed<Members> = Members extends unknown
  ? { [Name in keyof Members as Name extends `${string}?` ? never : Name]: Fragment }
  : never;
type Known<Members> = Members extends unknown
  ? keyof Members extends infer Name
    ? Name extends `${infer Bare}?`
      ? Bare
      : Name
    : never
  : never;
type Some<Type extends EventType, Value> = { readonly [Name in Known<MembersOf<Type>> & string]?: Value };

/** SQL for the members of an event's data: each that the catalogue demands of all these types, and none that it knows of none. */
export type EventData<Type extends EventType> = Readonly<Needed<MembersOf<Type>>> & Some<Type, Fragment>;

/** Where SQL decides which of several types it is, or what it is about. */
interface Told<Type extends EventType> {
  readonly among: readonly Type[];
  readonly type: Fragment;
  readonly about?: Fragment;
}

/** A line of a statement takes so many members. */
const MEMBERS_A_LINE = 4;

const written = new Set<EventType>();

/** All types that the modules which are loaded can write. */
export function writtenEventTypes(): ReadonlySet<EventType> {
  return written;
}

/** The type as the log holds it, quoted: for what reads it. */
export const eventType = (type: EventType): Fragment => literal(`countersign.${type}`);

/** One of these types, as SQL says it in full. */
export const typeAmong = <const Type extends EventType>(among: readonly Type[], type: Fragment): Told<Type> => ({
  among,
  type,
});

/** The one type where a condition holds, and the other where not. */
export const typeWhere = <const Type extends EventType>(condition: Fragment, one: Type, other: Type): Told<Type> =>
  typeAmong([one, other], sql`CASE WHEN ${condition} THEN ${eventType(one)} ELSE ${eventType(other)} END`);

type Family<Type> = Type extends `${infer Name}.${string}` ? Name : never;
type LastOf<Type, Name extends string> = Type extends `${Name}.${infer Last}` ? Last : never;

/** A type that ends with a status, which is one of these. @param status SQL for it. */
export const typeByStatus = <const Name extends Family<EventType>, const Last extends string & LastOf<EventType, Name>>(
  family: Name,
  statuses: readonly Last[],
  status: Fragment,
): Told<`${Name}.${Last}` & EventType> =>
  typeAmong(
    statuses.map((one) => `${family}.${one}` as `${Name}.${Last}` & EventType),
    sql`${literal(`countersign.${family}.`)} || ${status}`,
  );

/** A type that is about more than one kind of thing. @param about SQL that says which. */
export const typeAbout = <const Type extends EventType>(type: Type, about: Fragment): Told<Type> => ({
  ...typeAmong([type], eventType(type)),
  about,
});

/** @throws where types differ in what they are about, and nothing says which it is. */
function aboutOf(among: readonly EventType[]): Fragment {
  const kinds: Readonly<Record<string, EventKind>> = EVENT_CATALOGUE;
  const abouts = new Set(among.flatMap((type) => kinds[`countersign.${type}`]!.about));
  const [about] = abouts;
  if (abouts.size !== 1) throw new Error(`say what ${among.join(' or ')} is about`);
  return literal(about!);
}

/** A list with commas, of at most so many on a line. */
const listed = (parts: readonly Fragment[]): Fragment =>
  parts.reduce((all, part, at) => (at % MEMBERS_A_LINE === 0 ? sql`${all},\n        ${part}` : sql`${all}, ${part}`));

/** The data of an event, as SQL makes it when the statement runs. The types are named, so that the compiler knows the members. */
export function eventData<const Type extends EventType>(
  _types: Type | readonly Type[],
  members: Some<Type, Fragment>,
): Fragment {
  const pairs = Object.entries<Fragment | undefined>(members).filter((pair): pair is [string, Fragment] => !!pair[1]);
  if (pairs.length === 0) return sql`'{}'::jsonb`;
  return sql`jsonb_build_object(${listed(pairs.map(([name, value]) => sql`${literal(name)}, ${value}`))})`;
}

/** Data that is the same each time, quoted and not cast. */
export function fixedData<const Type extends EventType>(
  _types: Type | readonly Type[],
  members: Some<Type, string | number | boolean>,
): Fragment {
  return literal(JSON.stringify(members));
}

/**
 * A row for `INSERT INTO events (type, about, …)`. Nothing else in SQL names a type that is written.
 * @param ids SQL for about_id, customer_id and call_id, as many as the columns name; null for none.
 */
export function eventRow<const Type extends EventType>(
  type: Type | Told<Type>,
  ids: Fragment | null,
  members: EventData<Type>,
): Fragment;
/** @param more SQL for what else its data holds, which the compiler cannot see into: the test of every row does. */
export function eventRow<const Type extends EventType>(
  type: Type | Told<Type>,
  ids: Fragment | null,
  members: Some<Type, Fragment>,
  more: Fragment,
): Fragment;
export function eventRow(
  type: EventType | Told<EventType>,
  ids: Fragment | null,
  members: Some<EventType, Fragment>,
  more?: Fragment,
): Fragment {
  const data = eventData([] as readonly EventType[], members);
  return eventRowWith(type, ids, more ? sql`${data} || ${more}` : data);
}

/** The same, of data that was made elsewhere: the test of every row holds it to the catalogue. */
export function eventRowWith<const Type extends EventType>(
  type: Type | Told<Type>,
  ids: Fragment | null,
  data: Fragment,
): Fragment {
  const told: Told<Type> = typeof type === 'string' ? typeAmong([type], eventType(type)) : type;
  for (const one of told.among) written.add(one);
  return sql`${told.type}, ${told.about ?? aboutOf(told.among)}${ids ? sql`, ${ids}` : sql``},
      ${data}`;
}
