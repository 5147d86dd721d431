import { Inflate } from 'fflate';
import { concat } from '../evidence/bytes.js';
import { Wrong } from '../evidence/statement.js';

/** Bounds on a claim file; sizes in bytes. */
export const ZIP_LIMITS = {
  zip: 256 * 1024 * 1024,
  files: 10_000,
  file: 16 * 1024 * 1024,
  /** Of all files together, when they are out of the zip. */
  total: 512 * 1024 * 1024,
} as const;

const [LOCAL, CENTRAL, END, DESCRIPTOR] = [0x04034b50, 0x02014b50, 0x06054b50, 0x08074b50];
const [LOCAL_BYTES, CENTRAL_BYTES, END_BYTES, DESCRIPTOR_BYTES] = [30, 46, 22, 16];
/** Sizes stand behind the data. */
const STREAMED = 0x0008;
const [STORED, DEFLATED] = [0, 8];
/** So much is taken out at a time before it is seen whether it is too much. */
const STEP = 16 * 1024;

/** A file in a zip that was read, and not yet taken out of it. */
export interface ZippedFile {
  readonly name: string;
  /** When it is out of the zip. */
  readonly bytes: number;
  readonly method: number;
  readonly data: Uint8Array;
}

/**
 * The files of a zip in the one form in which claim files are written (APPNOTE.TXT 6.3): each header twice and the same,
 * one file right after the other, nothing before, between or behind them. So every program that unpacks it sees what was
 * verified here. @param isName which names there may be. @throws Wrong for every other zip, and above the bounds.
 */
export function readZip(zip: Uint8Array, isName: (name: string) => boolean): ZippedFile[] {
  if (zip.length > ZIP_LIMITS.zip) throw new Wrong(`it is larger than ${ZIP_LIMITS.zip} bytes`);
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const endAt = zip.length - END_BYTES;
  if (endAt < 0 || view.getUint32(endAt, true) !== END) throw new Wrong('it is no zip, or was cut off');
  const [disk, diskOfList, here, count] = [4, 6, 8, 10].map((at) => view.getUint16(endAt + at, true));
  const [listBytes, listAt] = [view.getUint32(endAt + 12, true), view.getUint32(endAt + 16, true)];
  if (disk !== 0 || diskOfList !== 0 || here !== count || view.getUint16(endAt + 20, true) !== 0)
    throw new Wrong('it is a zip of another form');
  if (count! > ZIP_LIMITS.files) throw new Wrong(`it holds more than ${ZIP_LIMITS.files} files`);
  if (listAt + listBytes !== endAt) throw new Wrong('something stands between its list of files and its end');
  return readList({ zip, view, listAt, endAt }, count!, isName);
}

interface Layout {
  readonly zip: Uint8Array;
  readonly view: DataView;
  readonly listAt: number;
  readonly endAt: number;
}

function readList(layout: Layout, count: number, isName: (name: string) => boolean): ZippedFile[] {
  const files: ZippedFile[] = [];
  const names = new Set<string>();
  let [at, dataAt, total] = [layout.listAt, 0, 0];
  for (let n = 0; n < count; n += 1) {
    const entry = readListed(layout, at);
    if (!isName(entry.name)) throw new Wrong('it holds a file of a name that no claim file has');
    if (names.has(entry.name)) throw new Wrong(`${entry.name} is there twice`);
    names.add(entry.name);
    total += entry.bytes;
    if (entry.bytes > ZIP_LIMITS.file || total > ZIP_LIMITS.total) throw new Wrong(`${entry.name} is too large`);
    if (entry.startsAt !== dataAt) throw new Wrong(`${entry.name} does not follow right after the file before it`);
    const { data, endsAt } = readLocal(layout, entry);
    files.push({ name: entry.name, bytes: entry.bytes, method: entry.method, data });
    [at, dataAt] = [at + CENTRAL_BYTES + entry.name.length, endsAt];
  }
  if (at !== layout.endAt || dataAt !== layout.listAt) throw new Wrong('it holds what its list does not name');
  return files;
}

interface Listed {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly check: number;
  readonly packed: number;
  readonly bytes: number;
  readonly startsAt: number;
}

function readListed({ zip, view, endAt }: Layout, at: number): Listed {
  if (at + CENTRAL_BYTES > endAt || view.getUint32(at, true) !== CENTRAL)
    throw new Wrong('its list of files is damaged');
  const [flags, method, nameBytes, extra, comment, disk] = [8, 10, 28, 30, 32, 34].map((of) =>
    view.getUint16(at + of, true),
  );
  const [check, packed, bytes, startsAt] = [16, 20, 24, 42].map((of) => view.getUint32(at + of, true));
  const nameAt = at + CENTRAL_BYTES;
  const isPlain = extra === 0 && comment === 0 && disk === 0 && (flags! & ~STREAMED) === 0;
  if (!isPlain || (method !== STORED && method !== DEFLATED) || nameAt + nameBytes! > endAt)
    throw new Wrong('its list of files is of another form');
  return {
    name: ascii(zip.subarray(nameAt, nameAt + nameBytes!)),
    flags: flags!,
    method: method!,
    check: check!,
    packed: packed!,
    bytes: bytes!,
    startsAt: startsAt!,
  };
}

/** The data of a file whose own header says what the list says. */
function readLocal({ zip, view, listAt }: Layout, listed: Listed): { data: Uint8Array; endsAt: number } {
  const { name, flags, method, startsAt, packed } = listed;
  const dataAt = startsAt + LOCAL_BYTES + name.length;
  const isStreamed = flags === STREAMED;
  const endsAt = dataAt + packed + (isStreamed ? DESCRIPTOR_BYTES : 0);
  if (endsAt > listAt || view.getUint32(startsAt, true) !== LOCAL)
    throw new Wrong(`${name} is not where the list says`);
  const [ownFlags, ownMethod, nameBytes, extra] = [6, 8, 26, 28].map((of) => view.getUint16(startsAt + of, true));
  const isSame =
    ownFlags === flags &&
    ownMethod === method &&
    nameBytes === name.length &&
    extra === 0 &&
    ascii(zip.subarray(startsAt + LOCAL_BYTES, dataAt)) === name;
  if (!isSame) throw new Wrong(`${name} is another file by its own header than by the list`);
  const sizesAt = isStreamed ? dataAt + packed + 4 : startsAt + 14;
  if (isStreamed && view.getUint32(dataAt + packed, true) !== DESCRIPTOR) throw new Wrong(`${name} is damaged`);
  const given = [listed.check, packed, listed.bytes];
  if (given.some((value, of) => view.getUint32(sizesAt + 4 * of, true) !== value))
    throw new Wrong(`${name} has another size than the list says`);
  return { data: zip.subarray(dataAt, dataAt + packed), endsAt };
}

/** A file out of its zip, never more of it than its size says. @throws Wrong where it is longer, shorter or damaged. */
export function unzip({ name, bytes, method, data }: ZippedFile): Uint8Array {
  if (method === STORED) {
    if (data.length !== bytes) throw new Wrong(`${name} is not as long as it says`);
    return data;
  }
  const chunks: Uint8Array[] = [];
  let [length, isWhole] = [0, false];
  const inflate = new Inflate((chunk, final) => {
    length += chunk.length;
    isWhole = final;
    if (length > bytes) throw new Wrong(`${name} is longer than it says`);
    chunks.push(chunk);
  });
  try {
    for (let at = 0; at === 0 || at < data.length; at += STEP)
      inflate.push(data.subarray(at, at + STEP), at + STEP >= data.length);
  } catch (error) {
    throw error instanceof Wrong ? error : new Wrong(`${name} is damaged`);
  }
  if (!isWhole || length !== bytes) throw new Wrong(`${name} is shorter than it says`);
  return concat(...chunks);
}

/** Names are of ASCII; what is not cannot be one. */
function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte > 0x7e || byte < 0x21 ? '?' : String.fromCharCode(byte))).join('');
}
