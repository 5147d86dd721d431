import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI 3.1 document of the application. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Countersign')
    .setDescription('Is this really my bank? A live, provable answer for a bank\'s customer about a call, a change of details or a message.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An RFC 9068 access token of your tenant\'s issuer, for the audience `urn:countersign`.' }, 'bearer');
  return SwaggerModule.createDocument(app, builder.build());
}
