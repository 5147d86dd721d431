interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly format?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/**
 * A whole example of a schema, put together from what its fields show, so that "try it" starts from something real.
 * What has no example, and cannot be guessed, is left out.
 */
export function composeExample(schema: Schema, schemas: Readonly<Record<string, unknown>>): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref !== undefined)
    return composeExample(schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] as Schema, schemas);
  const part = schema.allOf?.[0] ?? schema.anyOf?.[0];
  if (part) return composeExample(part, schemas);
  if (schema.enum) return schema.enum[0];
  if (schema.items) {
    const item = composeExample(schema.items, schemas);
    return item === undefined ? undefined : [item];
  }
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties)
        .map(([name, property]) => [name, composeExample(property, schemas)] as const)
        .filter(([, value]) => value !== undefined),
    );
  return schema.type === 'boolean' ? true : undefined;
}
