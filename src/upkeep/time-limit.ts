/** Thrown where an answer would come too late to be one. */
export class TimeLimitPassed extends Error {
  override readonly name = 'TimeLimitPassed';
}

/** What work comes to, where it comes in time. @throws TimeLimitPassed */
export async function withinTimeLimit<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeLimitPassed()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // it may still fail after the limit, with nobody listening
  }
}
