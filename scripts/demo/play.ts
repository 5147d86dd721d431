import { alteredNotice } from './altered-notice.js';
import { callWaiting } from './call-waiting.js';
import { campaignWave } from './campaign-wave.js';
import { fraudulentChange, genuineChange } from './changes.js';
import { genuineCall } from './genuine-call.js';
import { offlineProof } from './offline-proof.js';
import { ownEvidence } from './own-evidence.js';
import { referenceReadOut } from './reference-read-out.js';
import { relayByAnswer, relayByHandset, relayByVerdict } from './relays.js';
import { spoofedCall } from './spoofed-call.js';
import { setStage, type Stage, type StageOptions } from './stage.js';

/** Every story of the demo, in the order in which it is told. A new one goes here. */
const STORIES: readonly ((stage: Stage) => Promise<void>)[] = [
  genuineCall,
  spoofedCall,
  callWaiting,
  relayByAnswer,
  relayByHandset,
  relayByVerdict,
  offlineProof,
  referenceReadOut,
  genuineChange,
  fraudulentChange,
  campaignWave,
  alteredNotice,
  ownEvidence,
];

/**
 * Plays every story against a running development service as its clients would; returns how many there were.
 * @throws StepFailed at the first step that is not as it should be; DevelopmentTokenError where no such service runs
 */
export async function playDemo(options: StageOptions): Promise<number> {
  const stage = await setStage(options);
  for (const tell of STORIES) await tell(stage);
  return STORIES.length;
}
