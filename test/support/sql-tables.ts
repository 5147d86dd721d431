import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** A place in the source that names a table in SQL. */
export interface Naming {
  readonly file: string;
  readonly table: string;
  /** Whether it changes rows, and how; a lock or a read does not. */
  readonly does: 'read' | 'insert' | 'update' | 'delete';
}

const FORMS = [
  ['update', /\bUPDATE\s+(?:ONLY\s+)?(?!SET\b)([a-z_]+)/g],
  ['insert', /\bINSERT\s+INTO\s+([a-z_]+)/g],
  ['delete', /\bDELETE\s+FROM\s+(?:ONLY\s+)?([a-z_]+)/g],
] as const;
/** A list of relations up to whatever cannot stand in one: `FROM calls k, customer`, `JOIN changes ch ON …`, `USING due`. */
const LISTS =
  /(?<!\bDELETE )\b(?:FROM|JOIN|USING)\s+((?:[a-z_]+(?:\s+(?:AS\s+)?[a-z]\w*)?(?:\s*,\s*(?:LATERAL\s+)?)?)+)/g;

/** What a text of SQL does to which relations. What it defines itself by `WITH` is none. */
export function tablesIn(sql: string): Omit<Naming, 'file'>[] {
  const own = new Set(
    [...sql.matchAll(/\b([a-z_]+)(?:\s*\([^()]*\))?\s+AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(/g)].map(
      ([, name]) => name!,
    ),
  );
  const changed = FORMS.flatMap(([does, form]) =>
    [...sql.matchAll(form)].map(([, table]) => ({ table: table!, does })),
  );
  const read = [...sql.matchAll(LISTS)].flatMap(([, list]) =>
    list!.split(',').map((one) => ({
      table: one
        .trim()
        .replace(/^LATERAL\s+/, '')
        .split(/\s/)[0]!,
      does: 'read' as const,
    })),
  );
  return [...changed, ...read].filter(({ table }) => !own.has(table));
}

/** The text of a literal; what stands in `${…}` becomes a blank, and is looked at where it is written. */
function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  return ts.isTemplateExpression(node)
    ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' (…) ')
    : null;
}

/** Every table that the source of the service names in SQL. */
export function namingsIn(folder: string): Naming[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'),
  );
  return files.flatMap((file) => {
    const found: Naming[] = [];
    const visit = (node: ts.Node): void => {
      const text = textOf(node);
      if (text !== null) found.push(...tablesIn(text).map((naming) => ({ file, ...naming })));
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(`${folder}/${file}`, 'utf8'), ts.ScriptTarget.Latest));
    return found;
  });
}
