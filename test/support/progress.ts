/**
 * Waits until nothing is left, however long a busy machine takes for it.
 * @throws where what is left does not become less for so long: then it stands still.
 */
export async function untilNothingLeft(left: () => Promise<number>, standstillMs = 25_000): Promise<void> {
  let least = Infinity;
  let movedAt = performance.now();
  for (;;) {
    const now = await left();
    if (now === 0) return;
    if (now < least) [least, movedAt] = [now, performance.now()];
    if (performance.now() - movedAt > standstillMs)
      throw new Error(`${now} are left, and for ${standstillMs} ms no fewer`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
