/**
 * A label and fields as bytes that no other label and fields can make: each as its UTF-8 bytes after their count
 * (32 bits, big-endian). For what goes into a MAC or is authenticated beside a ciphertext.
 */
export function frame(label: string, ...fields: string[]): Buffer {
  const all = [label, ...fields];
  const framed = Buffer.allocUnsafe(all.reduce((bytes, field) => bytes + 4 + Buffer.byteLength(field), 0));
  let at = 0;
  for (const field of all) {
    const length = framed.write(field, at + 4, 'utf8');
    framed.writeUInt32BE(length, at);
    at += 4 + length;
  }
  return framed;
}
