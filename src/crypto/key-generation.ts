/** Marks what names its generation. Nothing of the first one does, as there was no other when that began. */
const MARK = 2;
const HEAD_BYTES = 5;
const MAC_BYTES = 32;

/** The generation of keys under which something was first kept. */
export const FIRST_GENERATION = 1;

/** What is kept of something that was made under a generation's key: the generation before it, but for the first. */
export function tagged(generation: number, made: Buffer): Buffer {
  if (generation === FIRST_GENERATION) return made;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(MARK);
  head.writeUInt32BE(generation, 1);
  return Buffer.concat([head, made]);
}

/**
 * The generation of what is kept, and what was made under its key. The function `key_generation(bytea)` of the database
 * says the same: a MAC has 32 bytes, and something sealed begins with its version, 1.
 */
export function untagged(kept: Buffer): { readonly generation: number; readonly made: Buffer } {
  if (kept.length === MAC_BYTES || kept.length < HEAD_BYTES || kept[0] !== MARK)
    return { generation: FIRST_GENERATION, made: kept };
  return { generation: kept.readUInt32BE(1), made: kept.subarray(HEAD_BYTES) };
}
