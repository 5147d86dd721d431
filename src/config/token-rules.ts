import { type Scope, SCOPES } from './scopes.js';

/** What every access token for this service carries in `aud`, unless its tenant says otherwise. */
export const AUDIENCE = 'urn:countersign';

/** The media type of a JWT access token (RFC 9068 §2.1). */
export const ACCESS_TOKEN_TYPE = 'at+jwt';
/** Stands for a token whose header names no type. */
export const NO_TYPE = 'none';

/** Asymmetric signatures alone: an issuer's public key must not be a secret. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const USUAL_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** How a token must prove that whoever sends it holds the key that it was issued to (RFC 9449, RFC 8705). */
export const PROOFS = ['dpop', 'mtls', 'dpop-or-mtls'] as const;

/** In which claims an issuer says what RFC 9068 has names for: a claim's name, or a path; the first that is there is taken. */
export interface ClaimMap {
  readonly sub: readonly string[];
  readonly client_id: readonly string[];
  readonly name: readonly string[];
  readonly department: readonly string[];
  /** None, where the issuer gives its tokens no id. */
  readonly jti: readonly string[];
  /** All of them are read. */
  readonly scope: readonly string[];
  /** What a value of those claims stands for; null where values are the scopes themselves. */
  readonly scopeValues: ReadonlyMap<string, readonly Scope[]> | null;
  /** Whether scopes may also come as a list, which RFC 9068 has none of. */
  readonly scopeLists: boolean;
}

/** Which tokens of one issuer are taken, and how they are read. */
export interface TokenRules {
  readonly types: readonly string[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly claims: ClaimMap;
  /** Null where a bearer token is enough. */
  readonly proof: (typeof PROOFS)[number] | null;
}

/** RFC 9068 to the letter. */
export const STRICT_RULES: TokenRules = {
  types: [ACCESS_TOKEN_TYPE],
  audiences: [AUDIENCE],
  algorithms: USUAL_ALGORITHMS,
  claims: {
    sub: ['sub'],
    client_id: ['client_id'],
    name: ['name'],
    department: ['department'],
    jti: ['jti'],
    scope: ['scope'],
    scopeValues: null,
    scopeLists: false,
  },
  proof: null,
};

/** Values that an issuer gives to everybody who signs in: whoever they stand for, everybody would be. */
const EVERYBODYS =
  /^(openid|profile|email|address|phone|offline_access|offline|everyone|uma_authorization|user|default-roles-.*|user_impersonation|\.default)$/i;
/** Types of other tokens, which nobody should be able to pass off as access tokens. */
const FOREIGN_TYPES =
  /^(application\/)?(id|logout|dpop|secevent|client-authentication|oauth-authz-req|enrolment|answer)\+(jwt|jws)$/i;
const SINGLE_CLAIMS = ['sub', 'client_id', 'name', 'department'] as const;
const MOST_VALUES = 200;

/** The members by which an entry of TENANTS says which tokens are taken. */
export const RULE_MEMBERS = ['typ', 'audience', 'algorithms', 'claims', 'proof'] as const;

/**
 * Reads an issuer's rules from its entry in TENANTS.
 * @param grantable the scopes that its tokens may have: a bank's own people never `customer`, its customers nothing else
 * @throws Error that says what the entry should be
 */
export function readTokenRules(entry: Readonly<Record<string, unknown>>, grantable: readonly Scope[]): TokenRules {
  const { typ, audience, algorithms, claims, proof } = entry;
  const rules: TokenRules = {
    types: texts(typ, 'typ') ?? STRICT_RULES.types,
    audiences: texts(audience, 'audience') ?? STRICT_RULES.audiences,
    algorithms: texts(algorithms, 'algorithms') ?? STRICT_RULES.algorithms,
    claims: readClaimMap(claims, grantable),
    proof: (proof as TokenRules['proof'] | undefined) ?? null,
  };
  if (rules.types.some((type) => FOREIGN_TYPES.test(type)))
    throw new Error('a list in which `typ` names access tokens: "at+jwt", "JWT", or "none" for tokens without a type');
  if (!rules.algorithms.every((algorithm) => ALGORITHMS.includes(algorithm)))
    throw new Error(`a list in which \`algorithms\` are of ${ALGORITHMS.join(', ')}`);
  if (rules.proof !== null && !PROOFS.includes(rules.proof))
    throw new Error(`a list in which \`proof\` is one of ${PROOFS.join(', ')}`);
  return rules;
}

function readClaimMap(given: unknown, grantable: readonly Scope[]): ClaimMap {
  if (given === undefined) return STRICT_RULES.claims;
  const map = members(given, 'claims', [...SINGLE_CLAIMS, 'jti', 'scope']);
  const single = (name: (typeof SINGLE_CLAIMS)[number]): readonly string[] =>
    texts(map[name], `claims.${name}`) ?? STRICT_RULES.claims[name];
  return {
    sub: single('sub'),
    client_id: single('client_id'),
    name: single('name'),
    department: single('department'),
    jti: map.jti === null ? [] : (texts(map.jti, 'claims.jti') ?? STRICT_RULES.claims.jti),
    ...readScopeSource(map.scope, grantable),
  };
}

function readScopeSource(
  given: unknown,
  grantable: readonly Scope[],
): Pick<ClaimMap, 'scope' | 'scopeValues' | 'scopeLists'> {
  if (given === undefined) {
    const { scope, scopeValues, scopeLists } = STRICT_RULES.claims;
    return { scope, scopeValues, scopeLists };
  }
  if (typeof given === 'string' || Array.isArray(given))
    return { scope: texts(given, 'claims.scope')!, scopeValues: null, scopeLists: true };
  const source = members(given, 'claims.scope', ['from', 'values']);
  const from = texts(source.from, 'claims.scope.from') ?? STRICT_RULES.claims.scope;
  return { scope: from, scopeValues: readValues(source.values, grantable), scopeLists: true };
}

function readValues(given: unknown, grantable: readonly Scope[]): ReadonlyMap<string, readonly Scope[]> | null {
  if (given === undefined) return null;
  const entries = Object.entries(members(given, 'claims.scope.values'));
  if (entries.length === 0 || entries.length > MOST_VALUES)
    throw new Error(`a list in which \`claims.scope.values\` has 1 to ${MOST_VALUES} members`);
  return new Map(
    entries.map(([value, stands]) => {
      const scopes = texts(stands, 'claims.scope.values') as readonly Scope[];
      if (!scopes.every((scope) => SCOPES.includes(scope) && grantable.includes(scope)))
        throw new Error(
          `a list in which \`claims.scope.values\` stand for ${grantable.join(', ')}: ` +
            'customers are nothing else, and come from `customerIssuer` alone',
        );
      if (EVERYBODYS.test(value) && scopes.some((scope) => scope !== 'customer'))
        throw new Error(
          'a list in which no value of `claims.scope.values` is one that an issuer gives to everybody who signs in, such as `openid`',
        );
      return [value, scopes];
    }),
  );
}

/** Returns the members of an object. @throws Error for anything else, and for a member that means nothing here. */
export function members(given: unknown, name: string, known?: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error(`a list in which \`${name}\` is an object`);
  const strange = known && Object.keys(given).find((member) => !known.includes(member));
  if (strange !== undefined)
    throw new Error(`a list in which \`${name}\` has no members but ${known!.map((one) => `\`${one}\``).join(', ')}`);
  return given as Readonly<Record<string, unknown>>;
}

/** One text, or a list of some; undefined where nothing is given. */
function texts(given: unknown, name: string): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || list.length > 20 || !list.every(isShortText))
    throw new Error(`a list in which \`${name}\` is a text or a few texts`);
  return list as readonly string[];
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255;
}
