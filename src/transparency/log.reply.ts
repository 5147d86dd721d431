import { ReplyField } from '../http/fields.js';

const HASH = { type: 'string', example: 'XdnaeacGWamtVZy3Ad7aoqudgjqtL0lgz+Nw7/RgQyg=' } as const;

export class InclusionReply {
  @ReplyField({ type: 'integer', example: 0 }) leaf: number;
  @ReplyField({ ...HASH, description: "SHA-256 over 0x00 and the event's canonical JSON." }) leafHash: string;
  @ReplyField({ type: 'integer', example: 1 }) treeSize: number;
  @ReplyField({ ...HASH, description: 'Compare it with the checkpoint of this size.' }) rootHash: string;
  @ReplyField({ type: [String], example: [], description: 'RFC 9162 §2.1.3, base64.' }) proof: readonly string[];
}

export class ConsistencyReply {
  @ReplyField({ type: 'integer', example: 1 }) first: number;
  @ReplyField({ type: 'integer', example: 1 }) second: number;
  @ReplyField(HASH) firstRoot: string;
  @ReplyField(HASH) secondRoot: string;
  @ReplyField({ type: [String], example: [], description: 'RFC 9162 §2.1.4, base64.' }) proof: readonly string[];
}

class JwkReply {
  @ReplyField({ type: 'string', enum: ['OKP'] }) kty: string;
  @ReplyField({ type: 'string', enum: ['Ed25519'] }) crv: string;
  @ReplyField({ type: 'string', example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }) x: string;
  @ReplyField({
    type: 'string',
    description: 'RFC 7638 thumbprint.',
    example: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  })
  kid: string;
  @ReplyField({ type: 'string', enum: ['EdDSA'] }) alg: string;
  @ReplyField({ type: 'string', enum: ['sig'] }) use: string;
}

export class JwksReply {
  @ReplyField({ type: [JwkReply], description: 'The key in use first, then every former one.' }) keys: JwkReply[];
}
