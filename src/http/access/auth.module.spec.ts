import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { Catch, Controller, Get, Global, Module, Post, Sse } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter, INestApplication, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import type { FastifyReply } from 'fastify';
import { pino } from 'pino';
import { NEVER } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NeverReplayed } from '../idempotency/idempotency.interceptor.js';
import { Problem } from '../problem.js';
import { AccessTokenVerifier, unauthorized } from './access-token.verifier.js';
import { AuthModule } from './auth.module.js';
import { TokenRefused } from './token-claims.js';
import { PROVIDED } from '../../config/provided.js';
import type { Principal, Scope } from './principal.js';
import { Caller, FindsOwn, Public, Scopes } from './scopes.decorator.js';
import { registryOf } from '../../../test/support/registry.js';

@Controller('doors')
class DoorController {
  @Get('agents')
  @Scopes('agent', 'telephony')
  agents(@Caller() caller: Principal): object {
    return { subject: caller.subject };
  }

  @Get('open')
  @Public()
  open(): object {
    return {};
  }

  @Get('confused')
  @Public()
  confused(@Caller() caller: Principal): object {
    return caller;
  }
}

@Catch(Problem)
class ProblemFilter implements ExceptionFilter {
  catch(problem: Problem, host: ArgumentsHost): void {
    void host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .status(problem.status)
      .headers(problem.headers)
      .send({ slug: problem.reason });
  }
}

/** Accepts a token that spells out its scopes. */
const verifier = {
  verify: async (token: string): Promise<Principal> => {
    if (token === 'refused') throw Object.assign(unauthorized('no'), { cause: new TokenRefused('aud', 'is none') });
    if (!token.startsWith('good.')) throw unauthorized('no');
    return {
      tenantId: 'northbank',
      subject: 'amara',
      name: 'Amara',
      department: null,
      locale: null,
      clientId: 'c',
      scopes: new Set(token.split('.').slice(1) as Scope[]),
      expiresAt: new Date(),
    };
  },
};

/** What the guard wrote, one line each. */
const lines: string[] = [];

@Global()
@Module({
  providers: [{ provide: PROVIDED.logger, useValue: pino({}, { write: (line: string) => void lines.push(line) }) }],
  exports: [PROVIDED.logger],
})
class LoggerModule {}

async function start(...controllers: Type[]): Promise<INestApplication> {
  const testing = await Test.createTestingModule({
    imports: [LoggerModule, AuthModule.register({ tenants: registryOf('northbank') })],
    controllers,
  })
    .overrideProvider(AccessTokenVerifier)
    .useValue(verifier)
    .compile();
  const app = testing.createNestApplication(new FastifyAdapter(), { logger: false });
  app.useGlobalFilters(new ProblemFilter());
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('the guard', () => {
  let app: INestApplication;

  beforeEach(async () => {
    app = await start(DoorController);
  });

  afterEach(() => app.close());

  /** node:http and not fetch, which would join two headers into one. */
  function get(
    path: string,
    authorization: string[] = [],
  ): Promise<{ status: number; body: { slug?: string; subject?: string }; challenge: string | undefined }> {
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const headers = ['host', 'localhost', ...authorization.flatMap((value) => ['authorization', value])];
      httpRequest({ port, host: '127.0.0.1', path: `/doors/${path}`, headers }, (response) => {
        text(response)
          .then((body) =>
            resolve({
              status: response.statusCode ?? 0,
              body: JSON.parse(body) as object,
              challenge: response.headers['www-authenticate'],
            }),
          )
          .catch(reject);
      })
        .on('error', reject)
        .end();
    });
  }

  it('lets any one of the scopes in, whatever the case of "Bearer"', async () => {
    expect(await get('agents', ['Bearer good.agent'])).toMatchObject({ status: 200, body: { subject: 'amara' } });
    expect(await get('agents', ['bearer good.telephony.app'])).toMatchObject({ status: 200 });
  });

  it('writes which claim of a token is not accepted, and why, and nothing that the token holds', async () => {
    lines.length = 0;
    expect(await get('agents', ['Bearer refused'])).toMatchObject({ status: 401 });
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { claim: 'aud', why: 'is none', route: '/doors/agents', requestId: expect.any(String) },
    ]);
    expect(lines.join()).not.toContain('refused');
  });

  it('takes no token of scheme DPoP where nothing can check its proof', async () => {
    expect(await get('agents', ['DPoP good.agent'])).toMatchObject({ status: 401 });
  });

  it('answers 401 without a token, and with one that is not good', async () => {
    expect(await get('agents')).toMatchObject({ status: 401, challenge: 'Bearer' });
    expect(await get('agents', ['Bearer bad'])).toMatchObject({
      status: 401,
      challenge: 'Bearer error="invalid_token"',
    });
  });

  it('answers 403 where no scope fits, and says which would', async () => {
    expect(await get('agents', ['Bearer good.app'])).toMatchObject({
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="agent telephony"',
    });
    expect(await get('agents', ['Bearer good.'])).toMatchObject({ status: 403 });
  });

  it('reads one Authorization header of one form, and nothing else', async () => {
    expect(await get('agents', ['Bearer good.agent', 'Bearer good.agent'])).toMatchObject({ status: 401 });
    expect(await get('agents?access_token=good.agent&token=good.agent')).toMatchObject({ status: 401 });
    for (const value of [
      'good.agent',
      'Basic good.agent',
      'Bearer',
      'Bearer good.agent extra',
      'Bearer good.agent, Bearer good.app',
      'Bearer "good.agent"',
    ]) {
      expect(await get('agents', [value]), value).toMatchObject({
        status: 401,
        challenge: 'Bearer error="invalid_request"',
      });
    }
  });

  it('asks nothing of a public route, whose caller nobody knows', async () => {
    expect(await get('open')).toMatchObject({ status: 200 });
    expect(await get('open', ['Bearer bad'])).toMatchObject({ status: 200 });
    expect(await get('confused', ['Bearer good.agent'])).toMatchObject({ status: 401 });
  });

  it('is told of in OpenAPI: one alternative for each scope, and 401 and 403', () => {
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().addBearerAuth().build());
    const { get: agents } = document.paths['/doors/agents'] ?? {};
    expect(agents?.security).toEqual(expect.arrayContaining([{ bearer: ['agent'] }, { bearer: ['telephony'] }]));
    expect(agents?.security).toHaveLength(2);
    expect(Object.keys(agents?.responses ?? {})).toEqual(expect.arrayContaining(['401', '403']));
    expect(document.paths['/doors/open']?.get?.security).toBeUndefined();
  });
});

describe('a route that does not say who may call it', () => {
  @Controller()
  class Forgetful {
    @Get('declared')
    @Public()
    declared(): void {}

    @Get('forgotten')
    forgotten(): void {}

    @Sse('stream')
    stream(): typeof NEVER {
      return NEVER;
    }

    helper(): void {}
  }

  class Heir extends Forgetful {
    @Get('declared')
    override declared(): void {}
  }

  it('keeps the application from starting', async () => {
    await expect(start(DoorController, Forgetful)).rejects.toThrow(
      'Who may call Forgetful.forgotten, Forgetful.stream?',
    );
  });

  it('also where it overrides one that said so', async () => {
    Controller('heir')(Heir);
    await expect(start(Heir)).rejects.toThrow('Heir.declared');
  });

  it('is not the same as one that says it twice, or for a whole class', () => {
    const twice = () => {
      class Twice {
        @Scopes('app')
        @Public()
        route(): void {}
      }
      return Twice;
    };
    expect(twice).toThrow('Twice.route says twice');
    expect(() => (Public() as unknown as ClassDecorator)(class {})).toThrow('belong on methods');
  });
});

describe('a route for customers that does not say whose it is', () => {
  @Controller('v1')
  class Anybodys {
    @Get('customers/:customerId/things')
    @Scopes('app', 'customer')
    compared(): void {}

    @Get('things/:thingId')
    @Scopes('customer')
    @FindsOwn()
    compares(): void {}

    @Get('things')
    @Scopes('app', 'customer')
    anybodys(): void {}
  }

  it('keeps the application from starting', async () => {
    await expect(start(Anybodys)).rejects.toThrow('Whose is what Anybodys.anybodys finds?');
  });
});

describe('a POST that does not say what a repetition does', () => {
  @Controller()
  class Repeatable {
    @Post('said')
    @Public()
    @NeverReplayed()
    said(): void {}

    @Post('unsaid')
    @Scopes('app')
    unsaid(): void {}

    @Post('unsaid-too')
    @Public()
    unsaidToo(): void {}

    @Get('read')
    @Public()
    read(): void {}
  }

  class Heir extends Repeatable {
    @Post('said')
    @Public()
    override said(): void {}
  }

  it('keeps the application from starting', async () => {
    await expect(start(DoorController, Repeatable)).rejects.toThrow(
      'What does a repetition of Repeatable.unsaid, Repeatable.unsaidToo? Each POST needs',
    );
  });

  it('also where it overrides one that said so', async () => {
    Controller('heir')(Heir);
    await expect(start(Heir)).rejects.toThrow('Heir.said, Heir.unsaid, Heir.unsaidToo');
  });
});
