import { html } from 'lit';
import type { Route } from './route.js';

/** The screens of administrators, in the order of the navigation. */
export const ADMIN_ROUTES: readonly Route[] = [
  {
    path: '/lines',
    group: 'admin',
    nav: 'nav.lines',
    scopes: ['admin'],
    load: () => import('../screens/admin/lines.js'),
    draw: ({ session, params, query }) =>
      html`<console-lines .session=${session} .params=${params} .query=${query}></console-lines>`,
  },
  {
    path: '/call-records',
    group: 'admin',
    nav: 'nav.callRecords',
    scopes: ['admin'],
    load: () => import('../screens/admin/call-records.js'),
    draw: ({ session, params, query }) =>
      html`<console-call-records .session=${session} .params=${params} .query=${query}></console-call-records>`,
  },
  {
    path: '/policy',
    group: 'admin',
    nav: 'nav.policy',
    scopes: ['admin'],
    load: () => import('../screens/admin/policy.js'),
    draw: ({ session, params, query }) =>
      html`<console-policy .session=${session} .params=${params} .query=${query}></console-policy>`,
  },
  {
    path: '/policy/history',
    group: 'admin',
    scopes: ['admin'],
    load: () => import('../screens/admin/policy-history.js'),
    draw: ({ session, params, query }) =>
      html`<console-policy-history .session=${session} .params=${params} .query=${query}></console-policy-history>`,
  },
  {
    path: '/customers',
    group: 'admin',
    nav: 'nav.customers',
    scopes: ['admin'],
    load: () => import('../screens/admin/customers.js'),
    draw: ({ session, params, query }) =>
      html`<console-customers .session=${session} .params=${params} .query=${query}></console-customers>`,
  },
  {
    path: '/notices',
    group: 'admin',
    nav: 'nav.notices',
    scopes: ['admin'],
    load: () => import('../screens/admin/notices.js'),
    draw: ({ session, params, query }) =>
      html`<console-notices .session=${session} .params=${params} .query=${query}></console-notices>`,
  },
  {
    path: '/notices/:id',
    group: 'admin',
    scopes: ['admin'],
    load: () => import('../screens/admin/notice.js'),
    draw: ({ session, params, query }) =>
      html`<console-notice .session=${session} .params=${params} .query=${query}></console-notice>`,
  },
  {
    path: '/webhooks',
    group: 'admin',
    nav: 'nav.webhooks',
    scopes: ['admin'],
    load: () => import('../screens/admin/webhooks.js'),
    draw: ({ session, params, query }) =>
      html`<console-webhooks .session=${session} .params=${params} .query=${query}></console-webhooks>`,
  },
  {
    path: '/webhooks/:id',
    group: 'admin',
    scopes: ['admin'],
    load: () => import('../screens/admin/webhook.js'),
    draw: ({ session, params, query }) =>
      html`<console-webhook .session=${session} .params=${params} .query=${query}></console-webhook>`,
  },
  {
    path: '/keys',
    group: 'admin',
    nav: 'nav.keys',
    scopes: ['admin'],
    load: () => import('../screens/admin/keys.js'),
    draw: ({ session, params, query }) =>
      html`<console-keys .session=${session} .params=${params} .query=${query}></console-keys>`,
  },
  {
    path: '/health',
    group: 'admin',
    nav: 'nav.health',
    scopes: ['admin'],
    load: () => import('../screens/admin/health.js'),
    draw: ({ session, params, query }) =>
      html`<console-health .session=${session} .params=${params} .query=${query}></console-health>`,
  },
];
