import { ConnectionLost, Problem } from '@countersign/client';
import type { Words } from '../messages/words.js';

/** What went wrong, in words: what happened, what is safe, what to do. */
export interface Failure {
  readonly words: string;
  /** Fields that were refused, by the last segment of their pointer. */
  readonly fields: Readonly<Record<string, string>>;
  /** To find the request in the service's log. */
  readonly requestId: string | null;
}

export function failureOf(error: unknown, words: Words): Failure {
  const none = { fields: {}, requestId: null };
  if (error instanceof ConnectionLost) return { words: words.text('failed.connection'), ...none };
  if (!(error instanceof Problem)) return { words: words.text('failed.unknown'), ...none };
  const fields = Object.fromEntries(
    error.errors.map(({ pointer, detail }) => [
      pointer.replace(/^#\//, '').replaceAll('/', '.'),
      words.fieldRefusal(detail),
    ]),
  );
  return { words: wordsOf(error, words), fields, requestId: error.requestId };
}

function wordsOf({ slug, status, details, retryAfterSeconds }: Problem, words: Words): string {
  const own = words.maybe(`problem.${slug}`);
  if (own !== null) return own;
  if (status === 401) return words.text('failed.signedOut');
  if (status === 403) return words.text('failed.forbidden');
  if (status === 404) return words.text('failed.notThere');
  if (status === 429) return words.text('failed.tooMany', { seconds: retryAfterSeconds ?? 60 });
  if (status >= 500) return words.text('failed.service');
  const said = [details.title, details.detail].filter((one) => typeof one === 'string').join(' ');
  return said === '' ? words.text('failed.unknown') : words.text('failed.refused', { said });
}
