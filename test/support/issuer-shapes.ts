/** A token as a product issues it: what stands in its header and claims next to `iss`, `iat` and `exp`. */
export interface IssuerShape {
  readonly product: string;
  /** The entry of TENANTS that docs/issuers.md gives, without `id` and `issuer`. */
  readonly rules: object;
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly expected: {
    subject: string;
    clientId: string;
    name: string | null;
    department: string | null;
    scopes: string[];
  };
}

const AMARA = { name: 'Amara Okafor', department: 'Fraud Operations' };

/** The shapes are those that the products' own documents show; what a bank adds by configuration is in docs/issuers.md. */
export const ISSUER_SHAPES: readonly IssuerShape[] = [
  {
    product: 'Keycloak',
    rules: {
      typ: 'JWT',
      claims: {
        client_id: 'azp',
        scope: {
          from: 'realm_access.roles',
          values: { 'countersign-agent': 'agent', 'countersign-lead': ['agent', 'supervisor'] },
        },
      },
    },
    header: { typ: 'JWT' },
    claims: {
      jti: 'onrtac:0c3c4a7b-4a3c-4a66-9a0a-6f1f0a4dcb10',
      aud: ['urn:countersign', 'account'],
      sub: '5f0cbd2b-55a3-4c4b-a9c9-6b2a3a3f4b0d',
      typ: 'Bearer',
      azp: 'agent-desktop',
      sid: 'b2a6ac0d-2f55-4f7f-9a77-5ac3c6a1f0f4',
      acr: '1',
      realm_access: { roles: ['default-roles-bank', 'offline_access', 'countersign-agent'] },
      resource_access: { account: { roles: ['manage-account'] } },
      scope: 'openid profile email',
      preferred_username: 'amara',
      email_verified: false,
      ...AMARA,
    },
    expected: {
      subject: '5f0cbd2b-55a3-4c4b-a9c9-6b2a3a3f4b0d',
      clientId: 'agent-desktop',
      ...AMARA,
      scopes: ['agent'],
    },
  },
  {
    product: 'Microsoft Entra ID, a person',
    rules: {
      typ: 'JWT',
      audience: 'b1a5d0c8-3a53-4d2a-9d0b-2d5b8c0f6c1e',
      claims: {
        sub: 'oid',
        client_id: ['azp', 'appid'],
        jti: 'uti',
        scope: { from: 'roles', values: { 'Countersign.Agent': 'agent', 'Countersign.App': 'app' } },
      },
    },
    header: { typ: 'JWT' },
    claims: {
      aud: 'b1a5d0c8-3a53-4d2a-9d0b-2d5b8c0f6c1e',
      aio: 'AWQAm/8XAAAA',
      azp: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      azpacr: '0',
      ...AMARA,
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      preferred_username: 'amara@bank.example',
      rh: '0.AXYA8',
      roles: ['Countersign.Agent'],
      scp: 'access_as_user',
      sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      tid: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      uti: 'fqiBqXLPj0eQa82S-IYFAA',
      ver: '2.0',
    },
    expected: {
      subject: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      clientId: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      ...AMARA,
      scopes: ['agent'],
    },
  },
  {
    product: 'Microsoft Entra ID, a program (v1.0 token)',
    rules: {
      typ: 'JWT',
      audience: 'api://countersign',
      claims: {
        sub: 'oid',
        client_id: ['azp', 'appid'],
        jti: 'uti',
        scope: { from: 'roles', values: { 'Countersign.Agent': 'agent', 'Countersign.App': 'app' } },
      },
    },
    header: { typ: 'JWT', x5t: 'i6lGk3FZzxRcUb2C3nEQ7syHJlY' },
    claims: {
      aud: 'api://countersign',
      appid: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      appidacr: '1',
      idp: 'https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/',
      oid: '1c4f8e0a-7d9b-4e4b-8df0-0d5f0b3c9a11',
      roles: ['Countersign.App', 'Other.App'],
      sub: '1c4f8e0a-7d9b-4e4b-8df0-0d5f0b3c9a11',
      uti: '4Jq3Qm8nZkq0y0WjKfQFAA',
      ver: '1.0',
    },
    expected: {
      subject: '1c4f8e0a-7d9b-4e4b-8df0-0d5f0b3c9a11',
      clientId: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      name: null,
      department: null,
      scopes: ['app'],
    },
  },
  {
    product: 'Okta',
    rules: {
      typ: 'none',
      claims: {
        sub: 'uid',
        client_id: 'cid',
        scope: { from: 'groups', values: { 'Countersign agents': 'agent', 'Countersign analysts': 'analyst' } },
      },
    },
    header: { typ: undefined },
    claims: {
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      aud: 'urn:countersign',
      sub: 'amara@bank.example',
      cid: '0oa8dyx3mVNh8hz5x0h7',
      uid: '00ujmkLgagxeRrAg20g3',
      scp: ['openid', 'profile'],
      groups: ['Everyone', 'Countersign agents'],
      ...AMARA,
    },
    expected: { subject: '00ujmkLgagxeRrAg20g3', clientId: '0oa8dyx3mVNh8hz5x0h7', ...AMARA, scopes: ['agent'] },
  },
  {
    product: 'Auth0',
    rules: {
      typ: 'JWT',
      claims: {
        client_id: 'azp',
        jti: null,
        name: 'https://bank.example/name',
        department: 'https://bank.example/department',
        scope: 'permissions',
      },
    },
    header: { typ: 'JWT' },
    claims: {
      aud: ['urn:countersign', 'https://bank.eu.auth0.com/userinfo'],
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      azp: 'my_client_id',
      scope: 'openid profile',
      permissions: ['agent', 'supervisor', 'read:reports'],
      'https://bank.example/name': AMARA.name,
      'https://bank.example/department': AMARA.department,
    },
    expected: {
      subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
      clientId: 'my_client_id',
      ...AMARA,
      scopes: ['agent', 'supervisor'],
    },
  },
  {
    product: 'PingFederate',
    rules: { claims: { jti: null, scope: ['scope'], name: 'displayName' } },
    header: { typ: 'at+jwt', 'pi.atm': 'z5kv' },
    claims: {
      aud: 'urn:countersign',
      scope: ['openid', 'agent'],
      client_id: 'agent-desktop',
      sub: 'amara',
      displayName: AMARA.name,
      department: AMARA.department,
    },
    expected: { subject: 'amara', clientId: 'agent-desktop', ...AMARA, scopes: ['agent'] },
  },
  {
    product: 'ForgeRock AM',
    rules: { typ: 'JWT', claims: { sub: 'subname', scope: ['scope'] } },
    header: { typ: 'JWT', zip: undefined },
    claims: {
      sub: '(usr!amara)',
      cts: 'OAUTH2_STATELESS_GRANT',
      auth_level: 0,
      auditTrackingId: 'f20d8dd4-5e8e-4c4b-8a4f-a0a8a2f3b0c5-30191',
      subname: 'amara',
      tokenName: 'access_token',
      token_type: 'Bearer',
      authGrantId: 'kYRDQ-Y4sMHdjLYMpE2wQaCxW1Y',
      client_id: 'agent-desktop',
      aud: 'urn:countersign',
      grant_type: 'authorization_code',
      scope: ['openid', 'profile', 'agent'],
      realm: '/bank',
      expires_in: 3600,
      jti: 'e2kvp1CCgGxlKxvw_Yxp9y3jH0w',
      ...AMARA,
    },
    expected: { subject: 'amara', clientId: 'agent-desktop', ...AMARA, scopes: ['agent'] },
  },
];
