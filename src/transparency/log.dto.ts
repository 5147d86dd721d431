import { Type } from 'class-transformer';
import { Answer, Pattern, Whole } from '../http/fields.js';

const HASH = { type: 'string', example: 'XdnaeacGWamtVZy3Ad7aoqudgjqtL0lgz+Nw7/RgQyg=' } as const;
const MOST = Number.MAX_SAFE_INTEGER;

export class LogQuery {
  @Pattern(/^[a-z][a-z0-9-]{0,31}$/, {
    maxLength: 32,
    optional: true,
    says: 'the id of a tenant',
    description: 'Whose log; by default that of the first tenant that is configured.',
    example: 'northbank',
  })
  tenant?: string;
}

export class InclusionQuery extends LogQuery {
  @Type(() => Number)
  @Whole({ min: 0, max: MOST, optional: true, description: 'Number of the leaf, from 0.', example: 0 })
  leaf?: number;
  @Pattern(/^evt_[0-9a-z]{26}$/, {
    maxLength: 30,
    optional: true,
    says: 'the id of an event',
    description: 'Or the id of the event.',
    example: 'evt_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  event?: string;
  @Type(() => Number)
  @Whole({
    min: 1,
    max: MOST,
    optional: true,
    description: 'In the tree of how many leaves; by default that of the newest checkpoint.',
    example: 1,
  })
  tree_size?: number;
}

export class ConsistencyQuery extends LogQuery {
  @Type(() => Number)
  @Whole({ min: 1, max: MOST, description: 'Leaves of the earlier tree.', example: 1 })
  first: number;
  @Type(() => Number)
  @Whole({
    min: 1,
    max: MOST,
    optional: true,
    description: 'Leaves of the later tree; by default that of the newest checkpoint.',
    example: 1,
  })
  second?: number;
}

export class InclusionAnswer {
  @Answer({ type: 'integer', example: 0 }) leaf: number;
  @Answer({ ...HASH, description: "SHA-256 over 0x00 and the event's canonical JSON." }) leafHash: string;
  @Answer({ type: 'integer', example: 1 }) treeSize: number;
  @Answer({ ...HASH, description: 'Compare it with the checkpoint of this size.' }) rootHash: string;
  @Answer({ type: [String], example: [], description: 'RFC 9162 §2.1.3, base64.' }) proof: readonly string[];
}

export class ConsistencyAnswer {
  @Answer({ type: 'integer', example: 1 }) first: number;
  @Answer({ type: 'integer', example: 1 }) second: number;
  @Answer(HASH) firstRoot: string;
  @Answer(HASH) secondRoot: string;
  @Answer({ type: [String], example: [], description: 'RFC 9162 §2.1.4, base64.' }) proof: readonly string[];
}

class JwkAnswer {
  @Answer({ type: 'string', enum: ['OKP'] }) kty: string;
  @Answer({ type: 'string', enum: ['Ed25519'] }) crv: string;
  @Answer({ type: 'string', example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }) x: string;
  @Answer({
    type: 'string',
    description: 'RFC 7638 thumbprint.',
    example: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  })
  kid: string;
  @Answer({ type: 'string', enum: ['EdDSA'] }) alg: string;
  @Answer({ type: 'string', enum: ['sig'] }) use: string;
}

export class JwksAnswer {
  @Answer({ type: [JwkAnswer], description: 'The key in use first, then every former one.' }) keys: JwkAnswer[];
}
