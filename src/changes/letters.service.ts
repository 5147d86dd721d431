import { Inject, Injectable } from '@nestjs/common';
import { codeMatches } from '../crypto/code.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { Databases, type Requester } from '../database/databases.js';
import { toTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import { PolicyService } from '../policy/policy.service.js';
import { ChangesService } from './changes.service.js';
import { generateLetterCode, letterCodeMac, readLetterCode } from './letter-code.js';
import { issueLetter, listOpenLetters, missLetter, useLetter } from './letters.store.js';

export interface IssuedLetter {
  /** To print, once; it is kept only as a keyed hash. */
  readonly code: string;
  readonly expiresAt: string;
}

@Injectable()
export class LettersService {
  constructor(
    private readonly databases: Databases,
    private readonly changes: ChangesService,
    private readonly policies: PolicyService,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
  ) {}

  /**
   * Issues the code of a letter that proves a change; an earlier letter is void from now on.
   * @throws Refusal 404, 409 where the change is not held, 422 where it needs no letter.
   */
  async issue(caller: Requester, changeId: string, author: string): Promise<IssuedLetter> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const change = await this.changes.find(db, changeId);
    if (!change.rules.proofs.includes('letter')) throw new Refusal('letter-not-needed');
    const { policy } = await this.policies.current(tenantId);
    const code = generateLetterCode();
    const of = { tenantId, customerId: change.customer_id, code: readLetterCode(code)! };
    const codeMac = this.serverKeys.make((keys) => letterCodeMac(keys.codeMac, of));
    const issued = await issueLetter(db, {
      changeId: change.id,
      codeMac,
      author,
      letterSeconds: policy.changes.letterSeconds,
      attempts: policy.changes.letterAttempts,
    });
    if (!issued) throw new Refusal('change-closed');
    return { code, expiresAt: issued.expires_at.toISOString() };
  }

  /**
   * Accepts the code of a letter, once.
   * @throws Refusal 422 `not-a-code` for what cannot be one, which counts for nothing, and for a code of no letter; a
   * wrong one counts, and voids the letter at the cap.
   */
  async accept(caller: Requester, customerId: string, text: string): Promise<{ changeId: string }> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const code = readLetterCode(text);
    if (code === null)
      throw new Refusal('not-a-code', {
        errors: [{ pointer: '#/code', detail: 'must be the 16 letters and digits of the letter' }],
      });
    const of = { tenantId, customerId, code };
    const [letter] = (await listOpenLetters(db, customerId)).filter(({ code_mac: kept }) =>
      codeMatches(
        kept,
        this.serverKeys.makeLike(kept, (keys) => letterCodeMac(keys.codeMac, of)),
      ),
    );
    if (letter && (await useLetter(db, letter.id, letter.change_id)))
      return { changeId: toTypeId('chg', letter.change_id) };
    throw new Refusal('letter-code-mismatch', { attemptsLeft: await missLetter(db, customerId) });
  }
}
