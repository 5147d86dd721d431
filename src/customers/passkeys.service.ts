import { Inject, Injectable } from '@nestjs/common';
import { COSE_EDDSA, COSE_ES256, fromCoseKey } from '../crypto/cose-key.js';
import { decodeBase64url } from '../crypto/base64url.js';
import { type DeviceJwk, DeviceKeyRefused } from '../crypto/device-key.js';
import { isBase64url, PasskeyRefused, readClientData, requireClientData } from '../crypto/passkey-assertion.js';
import type { RelyingParties, RelyingParty } from '../config/passkey-settings.js';
import { PROVIDED } from '../config/provided.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import { listCredentials, type PasskeyToKeep } from './devices.store.js';
import { CEREMONY_SECONDS, makeChallenge, readChallenge, userHandleOf } from './passkey-challenge.js';

/** What `navigator.credentials.create` is given, in its JSON form (Web Authentication, section 5.1.8). */
export interface PasskeyOptions {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly challenge: string;
  readonly pubKeyCredParams: readonly { readonly type: 'public-key'; readonly alg: number }[];
  readonly timeout: number;
  readonly attestation: 'none';
  readonly authenticatorSelection: {
    readonly residentKey: 'preferred';
    readonly requireResidentKey: false;
    readonly userVerification: 'required';
  };
  readonly excludeCredentials: readonly {
    readonly type: 'public-key';
    readonly id: string;
    readonly transports: readonly string[];
  }[];
}

/** A new passkey whose holder has proved to have it, to be enrolled once and soon. */
export interface ProvedPasskey {
  readonly jwk: DeviceJwk;
  readonly thumbprint: string;
  readonly passkey: PasskeyToKeep;
  readonly jti: string;
  /** Unix time in seconds. */
  readonly issuedAt: number;
}

interface Registration {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly attestationObject: string;
  readonly transports: readonly string[];
}

const ALGORITHMS = [COSE_ES256, COSE_EDDSA];
/** Attestation is not asked for; what some browsers send all the same is `packed`. No maker of authenticators is trusted by it. */
const FORMATS: readonly unknown[] = ['none', 'packed'];
const TRANSPORTS: readonly unknown[] = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];
const MOST_CHARACTERS = { id: 1_364, clientDataJSON: 4_096, attestationObject: 16_384 } as const;

@Injectable()
export class PasskeysService {
  constructor(
    private readonly databases: Databases,
    private readonly clock: Clock,
    @Inject(PROVIDED.serverKeys) private readonly keys: KeyRing,
    @Inject(PROVIDED.relyingParties) private readonly relyingParties: RelyingParties,
  ) {}

  /**
   * What a browser makes a passkey from, for five minutes; creates nothing.
   * @throws Refusal 422 where the tenant has no domain for passkeys.
   */
  async options(tenantId: string, customerId: string): Promise<PasskeyOptions> {
    const { rpId, name } = this.relyingPartyOf(tenantId);
    const whom = { tenantId, customerId };
    const known = await listCredentials(this.databases.of(tenantId), { customerId, rpId });
    return {
      rp: { id: rpId, name },
      user: { id: userHandleOf(this.keys.handles, whom).toString('base64url'), name, displayName: name },
      challenge: makeChallenge(this.challengeKeys()[0], whom, this.clock.milliseconds() / 1_000).toString('base64url'),
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      timeout: CEREMONY_SECONDS * 1_000,
      attestation: 'none',
      authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'required' },
      excludeCredentials: known.map(({ credential_id: id, transports }) => ({ type: 'public-key', id, transports })),
    };
  }

  /**
   * Reads a RegistrationResponseJSON that was made for this customer from `options` (Web Authentication, section 7.1).
   * @throws Refusal 400 for another form, 422 for what proves nothing, with one answer for every cause.
   */
  async prove(tenantId: string, customerId: string, response: object): Promise<ProvedPasskey> {
    const relyingParty = this.relyingPartyOf(tenantId);
    const registration = readRegistration(response);
    try {
      const issuedAt = this.requireOurs(registration, { tenantId, customerId }, relyingParty);
      const { challenge } = readClientData(decodeBase64url(registration.clientDataJSON)!);
      const made = await verifyRegistration(registration, challenge as string, relyingParty);
      return {
        ...made.key,
        passkey: {
          credentialId: registration.id,
          rpId: relyingParty.rpId,
          transports: registration.transports,
          signCount: made.signCount,
        },
        jti: `passkey:${challenge as string}`,
        issuedAt,
      };
    } catch (error) {
      if (error instanceof PasskeyRefused || error instanceof DeviceKeyRefused) throw new Refusal('proof-not-accepted');
      throw error;
    }
  }

  /** @throws Refusal 422 where the tenant has none. */
  relyingPartyOf(tenantId: string): RelyingParty {
    const relyingParty = this.relyingParties.get(tenantId);
    if (!relyingParty) throw new Refusal('passkeys-unavailable');
    return relyingParty;
  }

  private challengeKeys(): ReturnType<KeyRing['each']> {
    return this.keys.each(({ passkeys }) => passkeys);
  }

  /** When the challenge was made. */
  private requireOurs(
    { clientDataJSON }: Registration,
    whom: { tenantId: string; customerId: string },
    { rpId, origins }: RelyingParty,
  ): number {
    const clientData = readClientData(decodeBase64url(clientDataJSON)!);
    const issuedAt = readChallenge(this.challengeKeys(), whom, clientData.challenge);
    if (issuedAt === null) throw new PasskeyRefused('asserted_payload');
    requireClientData(clientData, 'webauthn.create', { challenge: clientData.challenge as string, rpId, origins });
    return issuedAt;
  }
}

function readRegistration(value: object): Registration {
  const { id, rawId, type, response } = value as Record<string, unknown>;
  const { clientDataJSON, attestationObject, transports = [] } = Object(response) as Record<string, unknown>;
  const texts = { id, clientDataJSON, attestationObject };
  const wellFormed =
    type === 'public-key' &&
    rawId === id &&
    Object.entries(MOST_CHARACTERS).every(([name, most]) => isBase64url(texts[name as keyof typeof texts], most)) &&
    Array.isArray(transports);
  if (!wellFormed)
    throw invalidField(
      '#/passkey',
      'must be what `PublicKeyCredential.toJSON()` gives of a new credential (RegistrationResponseJSON)',
    );
  const known = TRANSPORTS.filter((transport) => (transports as unknown[]).includes(transport));
  return { ...(texts as Omit<Registration, 'transports'>), transports: known as string[] };
}

async function verifyRegistration(
  { id, clientDataJSON, attestationObject }: Registration,
  challenge: string,
  { rpId, origins }: RelyingParty,
): Promise<{ key: { jwk: DeviceJwk; thumbprint: string }; signCount: number }> {
  // Loaded by the first who enrols a passkey: no verdict needs it.
  const [{ verifyRegistrationResponse }, { decodeAttestationObject, decodeCredentialPublicKey }] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  try {
    const bytes = new Uint8Array(decodeBase64url(attestationObject)!);
    if (!FORMATS.includes(decodeAttestationObject(bytes).get('fmt'))) throw new PasskeyRefused('malformed');
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified || registrationInfo.credential.id !== id) throw new PasskeyRefused('signature');
    const { publicKey, counter } = registrationInfo.credential;
    return {
      key: fromCoseKey(decodeCredentialPublicKey(publicKey) as unknown as Map<number, unknown>),
      signCount: counter,
    };
  } catch (error) {
    // The library throws plain errors for whatever is wrong with what a stranger sent.
    if (error instanceof DeviceKeyRefused) throw error;
    throw new PasskeyRefused('malformed');
  }
}
