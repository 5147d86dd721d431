/** The OpenAPI document as the tests read it. */
export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components: { readonly schemas: Record<string, ApiSchema>; readonly responses: Record<string, ApiResponse> };
}

export interface ApiOperation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly { readonly bearer?: readonly string[] }[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly example?: unknown;
    readonly required?: boolean;
    readonly schema: ApiSchema;
  }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Record<
      string,
      { readonly schema: ApiSchema; readonly example?: unknown; readonly examples?: Record<string, { value: unknown }> }
    >;
  };
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export interface ApiResponse {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema: ApiSchema }>>;
}

export interface ApiSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, ApiSchema>;
  additionalProperties?: boolean;
  required?: string[];
  enum?: unknown[];
  description?: string;
  example?: unknown;
  [keyword: string]: any;
}

export interface NamedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: ApiOperation;
}

export function operationsOf(document: ApiDocument): NamedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
}

export function resolveResponse(document: ApiDocument, response: ApiResponse): ApiResponse {
  return response.$ref
    ? document.components.responses[response.$ref.slice('#/components/responses/'.length)]!
    : response;
}

export async function fetchDocument(serviceUrl: string): Promise<ApiDocument> {
  const response = await fetch(`${serviceUrl}/openapi.json`);
  return (await response.json()) as ApiDocument;
}
