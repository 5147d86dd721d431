import { describe, expect, it } from 'vitest';
import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import { PROBLEMS } from './problem-kinds.js';
import { Problem, problemOf } from './problem.js';
import { type RefusalReason, invalidField } from '../refusals/refusal.js';
import { asProblem } from '../http/problem.filter.js';

const slugs = Object.keys(PROBLEMS) as RefusalReason[];

describe('each kind of problem', () => {
  it.each(slugs)('%s has a status of a refusal, a title and a remedy', (slug) => {
    const { status, title, remedy } = PROBLEMS[slug];
    expect(slug).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).toMatch(/^[A-Z].*\.$/);
    expect(remedy).toMatch(/^[A-Z`].*\.$/);
  });
});

describe('the body of a problem', () => {
  it('has its address as type, and its members beside title and status', () => {
    const problem = new Problem('code-mismatch', {
      attemptsLeft: 4,
      detail: 'Once more.',
      retryAfterSeconds: 1,
    });
    expect(problem.toBody('https://bank.example')).toEqual({
      type: 'https://bank.example/problems/code-mismatch',
      title: PROBLEMS['code-mismatch'].title,
      status: 422,
      detail: 'Once more.',
      attemptsLeft: 4,
    });
  });

  it('leaves out what there is not', () => {
    expect(new Problem('not-found').toBody('https://bank.example')).toEqual({
      type: 'https://bank.example/problems/not-found',
      title: PROBLEMS['not-found'].title,
      status: 404,
    });
  });

  it.each([
    ['#/purpose', '#/purpose'],
    [`#/a/0/${'b'.repeat(64)}`, `#/a/0/${'b'.repeat(64)}`],
    [`#/${'~1'.repeat(64)}`, `#/${'~1'.repeat(64)}`],
    [`#/a/0/${'b'.repeat(65)}`, '#/a/0'],
    [`#/${'b'.repeat(65)}/c`, '#'],
    ['#/a/b\nc/d', '#/a'],
    ['#/a/b\u202ec', '#/a'],
    ['#/\ud800', '#'],
  ])('says of %j that it is in %j', (pointer, named) => {
    const [error] = problemOf(invalidField(pointer, 'is wrong')).toBody('').errors as {
      pointer: string;
      detail: string;
    }[];
    expect(error).toEqual({
      pointer: named,
      detail: expect.stringMatching(named === pointer ? /^is wrong$/ : /^a field in it, .*, is wrong$/),
    });
  });

  it('names a field by JSON pointer', () => {
    expect(problemOf(invalidField('#/line', 'must be a phone number')).toBody('')).toMatchObject({
      status: 400,
      errors: [{ pointer: '#/line', detail: 'must be a phone number' }],
    });
  });
});

describe('what was thrown becomes a problem', () => {
  const slugOf = (error: unknown): string => asProblem(error).reason;

  it('and a problem stays what it is', () => {
    const problem = new Problem('locked');
    expect(asProblem(problem)).toBe(problem);
  });

  it.each<[string, unknown, RefusalReason]>([
    ['an unknown route', new NotFoundException(), 'not-found'],
    ['a refusal of Nest', new BadRequestException(), 'malformed-request'],
    ['a body that is too large', Object.assign(new Error(), { statusCode: 413 }), 'payload-too-large'],
    ['a content type that is not JSON', Object.assign(new Error(), { statusCode: 415 }), 'unsupported-media-type'],
    ['a status that nobody foresaw', new HttpException('teapot', 418), 'internal-error'],
    ['a fault of ours', new TypeError('x is undefined'), 'internal-error'],
    ['an error that is none', 'out of order', 'internal-error'],
    ['nothing', undefined, 'internal-error'],
    ['null', null, 'internal-error'],
    [
      'a database that is gone',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }),
      'temporarily-unavailable',
    ],
    [
      'a database that is starting',
      Object.assign(new Error('the database system is starting up'), { code: '57P03' }),
      'temporarily-unavailable',
    ],
    ['a connection that broke', new Error('Connection terminated unexpectedly'), 'temporarily-unavailable'],
    ['a deadlock', Object.assign(new Error('deadlock detected'), { code: '40P01' }), 'temporarily-unavailable'],
    ['a constraint that we broke', Object.assign(new Error('duplicate key'), { code: '23505' }), 'internal-error'],
  ])('%s', (_what, error, slug) => {
    expect(slugOf(error)).toBe(slug);
  });

  it('and says when to come back where it is only for a while', () => {
    expect(asProblem(new Error('Connection terminated')).headers).toEqual({ 'retry-after': '1' });
  });

  it('and tells nothing of a fault of ours', () => {
    expect(JSON.stringify(asProblem(new Error('SELECT secret FROM customers')).toBody(''))).not.toContain('secret');
  });
});
