import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { complete } from './openapi-completion.js';
import { describeEvents } from './openapi-events.js';

const TAGS: Readonly<Record<string, string>> = {
  Access: 'Who is asking, and what their token opens.',
  Customers: 'Whom the bank knows, and the numbers that were on file for them.',
  Devices: "Keys on customers' devices, enrolled by proof of possession.",
  Lines: "The bank's own phone numbers and what each may be used for.",
  Texts: 'Words for people, by language.',
  Policy: 'Lifetimes, caps, budgets, ages and words.',
  Calls: 'Calls that the bank placed or took.',
  Verdicts: 'Is this call really my bank?',
  Verifications: 'What a customer is asked, and the signed answer.',
  References: 'What the short code that a customer was told stands for.',
  Pages: 'What the pages for customers need before anybody has signed in.',
  'Detail changes': 'Changes of banking details, held until every proof is in.',
  Callbacks: 'Calls that the bank owes a customer.',
  Reports: 'What customers say claimed to be their bank.',
  Campaigns: 'Waves of fraud, found in reports while they run.',
  Notices: 'Messages that the bank really sent, and checks of ones that it may not have.',
  Coverage: "Which of the bank's own calls were declared, by what its telephone system says.",
  Events: 'The append-only log, as pages and as a stream.',
  Webhooks: 'Where events are delivered to, signed.',
  Push: 'What tells an app or a browser to open, and nothing else.',
  Downloads: 'Links that open a file once.',
  Evidence: 'What proves a decision without this service.',
  'Transparency log': 'Every event sealed in a Merkle tree, so that nothing can be taken out or altered unnoticed.',
  Problems: 'What each refusal means and what to do about it.',
  Operations: 'Health and metrics.',
};

const DESCRIPTION = `Is this really my bank? A live, provable answer for a bank's customer about a call, a change of details or a message.

Every request but those for health and problem types carries \`Authorization: Bearer <JWT>\`; an operation lists the scopes of which the token needs one. In development, \`npm run -s token -- app\` prints one; paste it under "Authorize" to try things out here.

Every refusal is an RFC 9457 problem whose \`type\` is an address that explains it. Unknown request fields are refused.`;

/** The OpenAPI 3.1 document of the application. */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Countersign')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          "An RFC 9068 access token of your tenant's issuer, for the audience `urn:countersign`. The scopes are listed with each operation.",
      },
      'bearer',
    );
  const document = complete(SwaggerModule.createDocument(app, builder.build()));
  describeEvents(document);
  const used = new Set(
    Object.values(document.paths).flatMap((item) =>
      [item.get, item.put, item.post, item.delete, item.patch].flatMap((operation) => operation?.tags ?? []),
    ),
  );
  document.tags = Object.entries(TAGS)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
  return document;
}
