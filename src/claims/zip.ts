import { Zip, ZipDeflate } from 'fflate';

/** The earliest time that a zip can hold: the times that matter are inside the files. */
const NO_TIME = new Date(1980, 0, 1);

/** The bytes of a zip of texts, each compressed when it is its turn and never more than one at once. */
export async function* zipOf(entries: AsyncIterable<{ name: string; text: string }>): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    if (chunk.length > 0) ready.push(Buffer.from(chunk));
  });
  const taken = (): Buffer[] => {
    const chunks = ready;
    ready = [];
    return chunks;
  };
  for await (const { name, text } of entries) {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = NO_TIME;
    zip.add(file);
    file.push(Buffer.from(text, 'utf8'), true);
    yield* taken();
  }
  zip.end();
  yield* taken();
}
