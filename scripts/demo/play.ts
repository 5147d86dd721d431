import { alteredNotice } from './altered-notice.js';
import { callWaiting } from './call-waiting.js';
import { campaignWave } from './campaign-wave.js';
import { fraudulentChange, genuineChange } from './changes.js';
import { tellOf } from './followed-customer.js';
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

/** Whose stories one can follow at `/my`. A hold on payments lasts, so whoever must have none is somebody else. */
const FOLLOWED = new Map([
  [genuineCall, 'maya'],
  [spoofedCall, 'maya'],
  [callWaiting, 'noah'],
  [relayByAnswer, 'maya'],
  [relayByHandset, 'maya'],
  [relayByVerdict, 'maya'],
]);

/**
 * Plays every story against a running development service as its clients would; returns how many there were. With `watch`
 * the calls are to customers as whom one can sign in.
 * @throws StepFailed at the first step that is not as it should be; DevelopmentTokenError where no such service runs
 */
export async function playDemo(options: StageOptions & { readonly watch?: boolean }): Promise<number> {
  const stage = await setStage(options);
  for (const tell of STORIES) {
    const customerId = options.watch ? FOLLOWED.get(tell) : undefined;
    if (customerId) await tellOf(options, customerId, () => tell({ ...stage, customerId }));
    else await tell(stage);
  }
  return STORIES.length;
}
