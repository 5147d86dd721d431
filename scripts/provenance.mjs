import { createHash, createPublicKey, sign, verify } from 'node:crypto';

/*
 * Statements of where a release comes from: in-toto Statement v1 with SLSA Provenance v1, signed in a DSSE envelope v1 with
 * Ed25519. Whoever has the public key checks a release by `verifyProvenance`, or by any tool that knows these forms.
 */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** @returns the statement that these files, by name and content, were built from this commit by this script. */
export function provenanceOf({ version, repository, commit, files, builder, startedOn, finishedOn }) {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map(({ name, content, sha256 }) => ({ name, digest: { sha256: sha256 ?? digestOf(content) } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://countersign.example/build/release/v1',
        externalParameters: { version, repository, ref: `refs/tags/v${version}` },
        resolvedDependencies: [{ uri: `git+${repository}@refs/tags/v${version}`, digest: { gitCommit: commit } }],
      },
      runDetails: { builder: { id: builder }, metadata: { startedOn, finishedOn } },
    },
  };
}

/** SHA-256 in hexadecimal. */
export function digestOf(content) {
  return createHash('sha256').update(content).digest('hex');
}

/** What is signed in a DSSE envelope: type and payload with their lengths, so that neither can be taken for the other. */
function preAuthentication(payload) {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(PAYLOAD_TYPE)} ${PAYLOAD_TYPE} ${payload.length} `),
    payload,
  ]);
}

/** The id of a key: the SHA-256 of its SPKI form. */
export function keyIdOf(key) {
  return digestOf(createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

/** @returns a DSSE envelope. @throws where the key is no Ed25519 key. */
export function signProvenance(statement, privateKey) {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('The key of a release is an Ed25519 key.');
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = sign(null, preAuthentication(payload), privateKey).toString('base64');
  return {
    payloadType: PAYLOAD_TYPE,
    payload: payload.toString('base64'),
    signatures: [{ keyid: keyIdOf(privateKey), sig }],
  };
}

/** @returns the statement. @throws where no signature of it verifies by the key. */
export function verifyProvenance({ payloadType, payload, signatures }, publicKey) {
  const bytes = Buffer.from(payload, 'base64');
  const holds = signatures.some(({ sig }) =>
    verify(null, preAuthentication(bytes), publicKey, Buffer.from(sig, 'base64')),
  );
  if (payloadType !== PAYLOAD_TYPE || !holds) throw new Error('The provenance is not signed by this key.');
  return JSON.parse(bytes.toString('utf8'));
}
