/**
 * A label and fields as bytes that no other label and fields can make: each as its UTF-8 bytes after their count
 * (32 bits, big-endian). For what goes into a MAC or is authenticated beside a ciphertext.
 */
export function frame(label: string, ...fields: string[]): Buffer {
  const parts: Buffer[] = [];
  for (const field of [label, ...fields]) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
