import ts from 'typescript';

/** A place that runs a statement and says what its rows are. */
export interface RowUse {
  /** The file and line. */
  readonly place: string;
  /** The statements that it may run; null where the compiler cannot tell. */
  readonly names: readonly string[] | null;
  /** The properties of a row with what each may be, but for null; none where nothing is said of rows. */
  readonly row: ReadonlyMap<string, { readonly kinds: readonly string[]; readonly optional: boolean }>;
}

/** What the driver could have given for a value of this type. */
function kindsOf(checker: ts.TypeChecker, type: ts.Type): string[] {
  if (type.isUnion()) return [...new Set(type.types.flatMap((one) => kindsOf(checker, one)))];
  const { flags } = type;
  if (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) return [];
  if (flags & ts.TypeFlags.StringLike) return ['string'];
  if (flags & ts.TypeFlags.NumberLike) return ['number'];
  if (flags & ts.TypeFlags.BooleanLike) return ['boolean'];
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as ts.TypeReference);
    return kindsOf(checker, element!).map((kind) => `${kind}[]`);
  }
  const name = type.getSymbol()?.name;
  return [name === 'Date' || name === 'Buffer' ? name : 'object'];
}

function rowOf(checker: ts.TypeChecker, type: ts.Type, node: ts.Node): RowUse['row'] {
  const row = new Map<string, { kinds: string[]; optional: boolean }>();
  for (const one of type.isUnion() ? type.types : [type]) {
    for (const property of checker.getPropertiesOfType(one)) {
      const kinds = kindsOf(checker, checker.getTypeOfSymbolAtLocation(property, node));
      const before = row.get(property.name);
      row.set(property.name, {
        kinds: [...new Set([...(before?.kinds ?? []), ...kinds])],
        optional: (before?.optional ?? true) && (property.flags & ts.SymbolFlags.Optional) !== 0,
      });
    }
  }
  return row;
}

function namesOf(checker: ts.TypeChecker, what: ts.Expression): string[] | null {
  const property = checker.getPropertyOfType(checker.getTypeAtLocation(what), 'name');
  const name = property && checker.getTypeOfSymbolAtLocation(property, what);
  const all = name?.isUnion() ? name.types : name ? [name] : [];
  return all.length > 0 && all.every((one) => one.isStringLiteral()) ? all.map((one) => one.value) : null;
}

/** Every place in `src` that runs a statement of its own, as the compiler understands it. */
export function rowUses(): RowUse[] {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent({ ...config, include: ['src'] }, ts.sys, '.');
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const uses: RowUse[] = [];
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile || file.fileName.endsWith('.spec.ts')) continue;
    const visit = (node: ts.Node): void => {
      ts.forEachChild(node, visit);
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      const [what] = node.arguments;
      if (node.expression.name.text !== 'query' || !what) return;
      if (!checker.getPropertyOfType(checker.getTypeAtLocation(what), 'writes')) return;
      const type = node.typeArguments?.[0] && checker.getTypeFromTypeNode(node.typeArguments[0]);
      // A handle that hands on what it is given.
      if (type && type.flags & ts.TypeFlags.TypeParameter) return;
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      uses.push({
        place: `${file.fileName.replace(/^.*?(?=src\/)/, '')}:${line + 1}`,
        names: namesOf(checker, what),
        row: type ? rowOf(checker, type, node) : new Map(),
      });
    };
    visit(file);
  }
  return uses;
}
