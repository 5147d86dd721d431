import type { TenantPages } from '../config/tenant-pages.js';

/**
 * The headers of a page: it runs its own scripts, reaches the service and the issuer, and nothing else. No text becomes
 * a script (Trusted Types): the two policies that there are come from the library that draws, and from where the service
 * worker is registered.
 */
export function contentPolicy({ frameAncestors, signIn }: TenantPages): Readonly<Record<string, string>> {
  const issuer = signIn ? ` ${new URL(signIn.issuer).origin}` : '';
  const directives = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self'${issuer}`,
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    `form-action 'self'${issuer}`,
    `frame-ancestors ${frameAncestors.length === 0 ? "'none'" : frameAncestors.join(' ')}`,
    "require-trusted-types-for 'script'",
    'trusted-types lit-html countersign-worker',
  ];
  return {
    'content-security-policy': directives.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy':
      'camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)',
  };
}

/** What lets a customer keep the page like an app (W3C Web Application Manifest). */
export function webManifest(tenant: string, { name }: TenantPages): string {
  return JSON.stringify({
    name: `${name}: is it really us?`,
    short_name: name,
    id: `/my/${tenant}`,
    start_url: `/my/${tenant}`,
    scope: '/my',
    display: 'standalone',
    background_color: '#f3f5f7',
    theme_color: '#0b4f8a',
    icons: [
      { src: '/my/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
      { src: '/my/icon-maskable.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'maskable' },
    ],
  });
}
