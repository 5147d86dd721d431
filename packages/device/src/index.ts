export { canonicalHash, canonicalJson } from './canonical-json.js';
export { type Connection, now, type Prepared, Refused, type TokenSource, Unreachable } from './connection.js';
export {
  devices,
  type DeviceToEnrol,
  enrol,
  type Enrolment,
  enrolmentProof,
  enrolPasskey,
  type ListedDevice,
  type PasskeyEnrolment,
  type PasskeyToEnrol,
  prepareEnrolment,
  preparePasskeyEnrolment,
  revokeDevice,
} from './enrolment.js';
export { follow, type FollowOptions, type ServerSentEvent } from './event-stream.js';
export { type KeyStore, openKeyStore, type StoredDevice } from './key-store.js';
export {
  generateDecryptionKey,
  type OfflineCode,
  offlineCode,
  type OfflineKeys,
  openOfflineKeys,
} from './offline-codes.js';
export {
  assertWithPasskey,
  createPasskey,
  type CreationOptionsJson,
  type Credentials,
  type Passkey,
} from './passkey.js';
export {
  type Answer,
  answer,
  type Answerer,
  answerPayload,
  isKnownQuestion,
  type Outcome,
  prepareAnswer,
  type Question,
  questions,
  type Reason,
  signAnswer,
  UnknownQuestion,
  waiting,
  waitingQuestions,
} from './questions.js';
export { type Advice, safeAdvice } from './safe-advice.js';
export {
  type Callback,
  callbacks,
  changes,
  checkMessage,
  type DetailChange,
  dispute,
  enterLetterCode,
  lookUpReference,
  type Message,
  type MessageVerdict,
  pushKey,
  type PushTarget,
  type ReferenceMeaning,
  report,
  type Report,
  type ReportReceived,
  requestCallback,
  subscribeToPush,
  texts,
  unsubscribeFromPush,
  whoAmI,
} from './services.js';
export { generateSigningKey, rawSignature, type SigningKey, signJws, webCryptoKey } from './signing-key.js';
export { readLetterCode, readReference } from './typed-codes.js';
export {
  type CallToJudge,
  giveFeedback,
  type GenuineCall,
  type Handset,
  type Verdict,
  verdict,
  type VerdictFeedback,
} from './verdict.js';
