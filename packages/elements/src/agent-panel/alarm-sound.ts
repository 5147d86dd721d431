/**
 * Three short tones, made and not loaded. A browser that has not been touched yet keeps silent: the alarm is seen all
 * the same.
 *
 * @returns whether it was heard
 */
export async function soundAlarm(): Promise<boolean> {
  if (typeof AudioContext === 'undefined') return false;
  const context = new AudioContext();
  // Without the permission this waits for ever.
  await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 300))]).catch(() => undefined);
  if (context.state !== 'running') {
    void context.close().catch(() => undefined);
    return false;
  }
  const begin = context.currentTime;
  const gain = context.createGain();
  gain.gain.value = 0.2;
  gain.connect(context.destination);
  for (const [index, frequency] of [880, 660, 880].entries()) {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(begin + index * 0.25);
    tone.stop(begin + index * 0.25 + 0.2);
  }
  setTimeout(() => void context.close().catch(() => undefined), 1_500);
  return true;
}
