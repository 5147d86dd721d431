import type { Readable } from 'node:stream';

/** A reader who takes nothing for so long is gone. */
const STALL_MS = 60_000;

/** The stream, paused; it is destroyed where its reader takes nothing for a minute. */
export function endStalled(stream: Readable): Readable {
  let timer: NodeJS.Timeout;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stream.destroy(new Error('the reader of a file stalled')), STALL_MS);
    timer.unref();
  };
  restart();
  stream.on('data', restart).on('close', () => clearTimeout(timer));
  return stream.pause();
}
