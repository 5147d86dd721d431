/**
 * Loaded into the service with `--import`: from the first SIGUSR2 on, V8 samples what is allocated, what is collected again
 * included; at the second one the profile is written to HEAP_PROFILE.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const SAMPLING_INTERVAL_BYTES = 16 * 1024;
const session = new Session();
session.connect();
let isSampling = false;

async function toggle(): Promise<void> {
  isSampling = !isSampling;
  if (isSampling)
    return session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLING_INTERVAL_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    } as object);
  const { profile } = await session.post('HeapProfiler.stopSampling');
  writeFileSync(process.env.HEAP_PROFILE!, JSON.stringify(profile));
}

process.on('SIGUSR2', () => void toggle());
