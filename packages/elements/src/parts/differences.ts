/** A piece of a message; marked where it is not what the bank sent. */
export interface Piece {
  readonly text: string;
  readonly marked: boolean;
}

/**
 * The message in pieces, with each part marked that was received otherwise than the bank sent it. What is not found in
 * the message as it stands marks nothing: it is listed beside it.
 */
export function markDifferences(message: string, received: readonly string[]): readonly Piece[] {
  const marks = new Array<boolean>(message.length).fill(false);
  for (const part of received) {
    if (part === '') continue;
    for (let at = message.indexOf(part); at >= 0; at = message.indexOf(part, at + part.length))
      marks.fill(true, at, at + part.length);
  }
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = 1; at <= message.length; at += 1) {
    if (at < message.length && marks[at] === marks[from]) continue;
    pieces.push({ text: message.slice(from, at), marked: marks[from]! });
    from = at;
  }
  return pieces;
}
