import { decodeBase64url, encodeBase64url, utf8 } from './base64url.js';
import { canonicalJson } from './canonical-json.js';

/** A passkey that was enrolled as a device. */
export interface Passkey {
  /** The id of the credential, base64url. */
  readonly credentialId: string;
  readonly rpId: string;
}

/** What a platform's authenticator does; `navigator.credentials` by default. */
export type Credentials = Pick<CredentialsContainer, 'create' | 'get'>;

interface CredentialDescriptorJson {
  readonly id: string;
  readonly type: 'public-key';
  readonly transports?: AuthenticatorTransport[];
}

/** `PublicKeyCredentialCreationOptionsJSON` (Web Authentication Level 3, section 5.1.8), as the service gives it. */
export interface CreationOptionsJson {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly challenge: string;
  readonly pubKeyCredParams: PublicKeyCredentialParameters[];
  readonly timeout?: number;
  readonly excludeCredentials?: readonly CredentialDescriptorJson[];
  readonly authenticatorSelection?: AuthenticatorSelectionCriteria;
  readonly attestation?: AttestationConveyancePreference;
}

/**
 * Makes a passkey by the options of the service.
 *
 * @returns `RegistrationResponseJSON` to send.
 * @throws DOMException where the person or the authenticator declines (`NotAllowedError`), or has it already
 * (`InvalidStateError`).
 */
export async function createPasskey(
  options: CreationOptionsJson,
  credentials: Credentials = navigator.credentials,
): Promise<Record<string, unknown> & { id: string }> {
  const credential = (await credentials.create({
    publicKey: {
      ...options,
      challenge: decodeBase64url(options.challenge),
      user: { ...options.user, id: decodeBase64url(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: decodeBase64url(one.id) })),
    },
  })) as PublicKeyCredential | null;
  if (credential === null) throw new DOMException('No passkey was made.', 'NotAllowedError');
  const response = credential.response as AuthenticatorAttestationResponse;
  return {
    ...described(credential),
    response: {
      clientDataJSON: encodeBase64url(response.clientDataJSON),
      attestationObject: encodeBase64url(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

/**
 * Lets a passkey assert a payload: its challenge is SHA-256 over the payload's canonical JSON, so that what is signed is
 * what was shown.
 *
 * @returns `AuthenticationResponseJSON` to send beside the payload.
 * @throws DOMException as {@link createPasskey} does.
 */
export async function assertWithPasskey(
  passkey: Passkey,
  payload: object,
  credentials: Credentials = navigator.credentials,
): Promise<Record<string, unknown>> {
  const challenge = await crypto.subtle.digest('SHA-256', utf8(canonicalJson(payload)));
  const credential = (await credentials.get({
    publicKey: {
      challenge,
      rpId: passkey.rpId,
      userVerification: 'required',
      allowCredentials: [{ type: 'public-key', id: decodeBase64url(passkey.credentialId) }],
    },
  })) as PublicKeyCredential | null;
  if (credential === null) throw new DOMException('No passkey answered.', 'NotAllowedError');
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    ...described(credential),
    response: {
      clientDataJSON: encodeBase64url(response.clientDataJSON),
      authenticatorData: encodeBase64url(response.authenticatorData),
      signature: encodeBase64url(response.signature),
      ...(response.userHandle ? { userHandle: encodeBase64url(response.userHandle) } : {}),
    },
  };
}

function described(credential: PublicKeyCredential): Record<string, unknown> & { id: string } {
  return {
    id: credential.id,
    rawId: encodeBase64url(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    ...(credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {}),
  };
}
