import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { dump } from 'js-yaml';
import { buildOpenApi } from './openapi.js';
import { serveDocument, staticDocument } from '../static-documents.js';

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** The page loads what it shows from where it came from, and nothing else: no script in it, and no other host. The hash is that of the one style that Swagger UI puts in by itself. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = `body { margin: 0; background: #fafafa; }
.swagger-ui .topbar .download-url-wrapper { display: none; }
`;

/** What the page needs of Swagger UI. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': SCRIPT,
  'swagger-ui-standalone-preset.js': SCRIPT,
  'favicon-16x16.png': 'image/png',
  'favicon-32x32.png': 'image/png',
};

/** Serves the OpenAPI document as JSON and YAML, and a page at /docs on which to read it and to try things out. */
export function serveDocuments(fastify: FastifyInstance, app: INestApplication): void {
  let document: OpenAPIObject | undefined;
  const openApi = (): OpenAPIObject => (document ??= buildOpenApi(app));
  serveDocument(fastify, '/openapi.json', () => staticDocument('application/json', JSON.stringify(openApi())));
  serveDocument(fastify, '/openapi.yaml', () =>
    staticDocument('text/yaml; charset=utf-8', dump(openApi(), { skipInvalid: true, noRefs: true })),
  );
  const headers = { 'content-security-policy': PAGE_POLICY };
  serveDocument(fastify, '/docs', () => staticDocument(HTML, page('./docs/')), headers);
  for (const path of ['/docs/', '/docs/index.html'])
    serveDocument(fastify, path, () => staticDocument(HTML, page('./')), headers);
  serveDocument(fastify, '/docs/page.css', () => staticDocument('text/css; charset=utf-8', STYLE));
  serveDocument(fastify, '/docs/swagger-ui-init.js', () => staticDocument(SCRIPT, script(openApi())));
  for (const [name, type] of Object.entries(ASSETS))
    serveDocument(fastify, `/docs/${name}`, () => staticDocument(type, readFileSync(join(swaggerUi(), name))));
}

/** The folder of Swagger UI as it comes with what makes the document. */
function swaggerUi(): string {
  const own = createRequire(import.meta.url);
  return dirname(createRequire(own.resolve('@nestjs/swagger')).resolve('swagger-ui-dist/package.json'));
}

function page(base: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Countersign API</title>
  <link rel="stylesheet" href="${base}swagger-ui.css">
  <link rel="icon" type="image/png" href="${base}favicon-32x32.png" sizes="32x32">
  <link rel="icon" type="image/png" href="${base}favicon-16x16.png" sizes="16x16">
  <link rel="stylesheet" href="${base}page.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="${base}swagger-ui-bundle.js"></script>
  <script src="${base}swagger-ui-standalone-preset.js"></script>
  <script src="${base}swagger-ui-init.js"></script>
</body>
</html>
`;
}

function script(document: OpenAPIObject): string {
  const options = {
    dom_id: '#swagger-ui',
    deepLinking: true,
    layout: 'StandaloneLayout',
    validatorUrl: null,
    persistAuthorization: true,
    tryItOutEnabled: true,
    spec: document,
  };
  return `window.onload = () => {
  const options = ${JSON.stringify(options, null, 1)};
  window.ui = SwaggerUIBundle({
    ...options,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
  });
};
`;
}
