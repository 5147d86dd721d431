import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';

/** A button or a form of a page, by where it stands and what is written on it, and the operations that it leads to. */
export interface SendingControl {
  readonly key: string;
  readonly operations: readonly string[];
}

const ROOT = resolve(import.meta.dirname, '../..');
const METHODS: Readonly<Record<string, string>> = {
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  // Lines of an import are posted.
  import: 'POST',
};

/**
 * Every control in the sources of folders that leads to something sent, however many functions lie between: what stands
 * at `@event=` of a template, and what is handed to a function that draws a button or a form. Found in the code, so that
 * one that nobody thought of is among them.
 */
export function sendingControls(folders: readonly string[]): SendingControl[] {
  const files = folders.flatMap(sourcesUnder);
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    experimentalDecorators: true,
    noEmit: true,
    types: [],
  });
  const reader = new Reader(program.getTypeChecker(), new Set(files));
  return files.flatMap((file) => reader.controlsOf(program.getSourceFile(file)!, relative(ROOT, file)));
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(spec|d)\.ts$/.test(name))
    .sort()
    .map((name) => join(ROOT, folder, name));
}

class Reader {
  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly files: ReadonlySet<string>,
  ) {}

  controlsOf(source: ts.SourceFile, name: string): SendingControl[] {
    const found = new Map<string, Set<string>>();
    const note = (label: string, operations: ReadonlySet<string>): void => {
      if (operations.size === 0) return;
      let key = `${name} ${label}`;
      while (found.has(key)) key += '+';
      found.set(key, new Set(operations));
    };
    const visit = (node: ts.Node): void => {
      if (ts.isTemplateExpression(node) && isMarkup(node.parent))
        for (const [expression, label] of handlersOf(node)) note(label, this.#operationsOf(expression));
      if (ts.isCallExpression(node) && this.#draws(node))
        note(labelOfCall(node), union(node.arguments.map((one) => this.#operationsOf(one))));
      ts.forEachChild(node, visit);
    };
    visit(source);
    return [...found].map(([key, operations]) => ({ key, operations: [...operations].sort() }));
  }

  /** Whether a call is of a function that draws a button or a form for what it is given. */
  #draws({ expression }: ts.CallExpression, seen = new Set<ts.Node>()): boolean {
    const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
    return this.#functionsOf(name).some((declared) => {
      if (seen.has(declared) || declared.parameters.length === 0) return false;
      seen.add(declared);
      return some(
        declared.body!,
        (node) =>
          (isMarkup(node) && /<(button|form)\b/.test(node.getText())) ||
          (ts.isCallExpression(node) && this.#draws(node, seen)),
      );
    });
  }

  /** What an expression sends once it is called; what it draws meanwhile is a control of its own. */
  #operationsOf(node: ts.Node, seen = new Set<ts.Node>()): Set<string> {
    const found = new Set<string>();
    const visit = (one: ts.Node): void => {
      if (ts.isFunctionLike(one) && one !== node && some(one, isMarkup)) return;
      const operation = ts.isCallExpression(one) ? operationOf(one) : null;
      if (operation !== null) found.add(operation);
      if (ts.isIdentifier(one) || ts.isPrivateIdentifier(one))
        for (const declared of this.#functionsOf(one)) {
          if (seen.has(declared) || some(declared, isMarkup)) continue;
          seen.add(declared);
          for (const more of this.#operationsOf(declared, seen)) found.add(more);
        }
      ts.forEachChild(one, visit);
    };
    visit(node);
    return found;
  }

  /** The functions of these sources that a name stands for. */
  #functionsOf(name: ts.Node): (ts.FunctionLikeDeclaration & { readonly body: ts.Node })[] {
    let symbol = ts.isShorthandPropertyAssignment(name.parent)
      ? this.checker.getShorthandAssignmentValueSymbol(name.parent)
      : this.checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.checker.getAliasedSymbol(symbol);
    return (symbol?.declarations ?? []).flatMap((declared) => {
      if (!this.files.has(declared.getSourceFile().fileName)) return [];
      const value =
        ts.isVariableDeclaration(declared) || ts.isPropertyDeclaration(declared) ? declared.initializer : declared;
      return value && ts.isFunctionLike(value) && 'body' in value && value.body ? [value as never] : [];
    });
  }
}

function operationOf({ expression, arguments: given }: ts.CallExpression): string | null {
  const method = ts.isPropertyAccessExpression(expression) ? METHODS[expression.name.text] : undefined;
  const [path] = given;
  return method && path && ts.isStringLiteralLike(path) && path.text.startsWith('/v1/')
    ? `${method} ${path.text}`
    : null;
}

function isMarkup(node: ts.Node): boolean {
  return ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'html';
}

/** What stands at `@event=` of a template, each with what is written beside it. */
function handlersOf({ head, templateSpans }: ts.TemplateExpression): [ts.Expression, string][] {
  const before = [head.text, ...templateSpans.map(({ literal }) => literal.text)];
  return templateSpans.flatMap(({ expression }, at): [ts.Expression, string][] => {
    if (!/@[\w-]+=["']?$/.test(before[at]!)) return [];
    const after = templateSpans.slice(at + 1).map((span) => keysIn(span.expression));
    return [[expression, after.find((keys) => keys.length > 0)?.join('|') ?? 'unnamed']];
  });
}

/** What is written on a control that a call draws. */
function labelOfCall({ arguments: given }: ts.CallExpression): string {
  const named = given
    .filter(ts.isObjectLiteralExpression)
    .flatMap(({ properties }) => [...properties])
    .filter(ts.isPropertyAssignment)
    .find(({ name }) => ['words', 'submit'].includes(name.getText()));
  const [first] = (named ? [named.initializer] : given).map(keysIn).filter((keys) => keys.length > 0);
  return first?.join('|') ?? 'unnamed';
}

/** The keys of messages in an expression. */
function keysIn(node: ts.Node): string[] {
  const found: string[] = [];
  some(node, (one) => {
    if (ts.isStringLiteralLike(one)) found.push(one.text);
    if (ts.isTemplateExpression(one)) found.push(`${one.head.text}*`);
    return ts.isTaggedTemplateExpression(one);
  });
  return found;
}

function some(node: ts.Node, holds: (node: ts.Node) => boolean): boolean {
  return holds(node) || (ts.forEachChild(node, (child) => some(child, holds) || undefined) ?? false);
}

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}
