import { html } from 'lit';
import type { Me } from '../session/session.js';
import { ADMIN_ROUTES } from './admin-routes.js';
import type { Route } from './route.js';

/** The screens, in the order of the navigation. Each is loaded when it is opened. */
export const ROUTES: readonly Route[] = [
  {
    path: '/desk',
    group: 'agent',
    nav: 'nav.desk',
    scopes: ['agent'],
    load: () => import('../screens/agent/desk.js'),
    draw: ({ session, params, query }) =>
      html`<console-desk .session=${session} .params=${params} .query=${query}></console-desk>`,
  },
  {
    path: '/calls',
    group: 'agent',
    nav: 'nav.calls',
    scopes: ['agent'],
    load: () => import('../screens/agent/calls.js'),
    draw: ({ session, params, query }) =>
      html`<console-calls .session=${session} .params=${params} .query=${query}></console-calls>`,
  },
  {
    path: '/callbacks',
    group: 'agent',
    nav: 'nav.callbacks',
    scopes: ['agent'],
    load: () => import('../screens/agent/callbacks.js'),
    draw: ({ session, params, query }) =>
      html`<console-callbacks .session=${session} .params=${params} .query=${query}></console-callbacks>`,
  },
  {
    path: '/changes',
    group: 'agent',
    nav: 'nav.changes',
    scopes: ['agent', 'admin'],
    load: () => import('../screens/agent/changes.js'),
    draw: ({ session, params, query }) =>
      html`<console-changes .session=${session} .params=${params} .query=${query}></console-changes>`,
  },
  {
    path: '/changes/new',
    group: 'agent',
    scopes: ['agent', 'admin'],
    load: () => import('../screens/agent/change-request.js'),
    draw: ({ session, params, query }) =>
      html`<console-change-request .session=${session} .params=${params} .query=${query}></console-change-request>`,
  },
  {
    path: '/changes/:id',
    group: 'agent',
    scopes: ['agent', 'admin'],
    load: () => import('../screens/agent/change.js'),
    draw: ({ session, params, query }) =>
      html`<console-change .session=${session} .params=${params} .query=${query}></console-change>`,
  },
  {
    path: '/changes/:id/letter',
    group: 'agent',
    scopes: ['agent', 'admin'],
    load: () => import('../screens/agent/letter.js'),
    draw: ({ session, params, query }) =>
      html`<console-letter .session=${session} .params=${params} .query=${query}></console-letter>`,
  },
  {
    path: '/report',
    group: 'agent',
    nav: 'nav.report',
    scopes: ['agent'],
    load: () => import('../screens/agent/report.js'),
    draw: ({ session, params, query }) =>
      html`<console-report .session=${session} .params=${params} .query=${query}></console-report>`,
  },
  {
    path: '/message',
    group: 'agent',
    nav: 'nav.message',
    scopes: ['agent'],
    load: () => import('../screens/agent/message.js'),
    draw: ({ session, params, query }) =>
      html`<console-message .session=${session} .params=${params} .query=${query}></console-message>`,
  },
  {
    path: '/reference',
    group: 'agent',
    nav: 'nav.reference',
    scopes: ['agent'],
    load: () => import('../screens/agent/reference.js'),
    draw: ({ session, params, query }) =>
      html`<console-reference .session=${session} .params=${params} .query=${query}></console-reference>`,
  },
  {
    path: '/wall',
    group: 'supervisor',
    nav: 'nav.wall',
    scopes: ['supervisor'],
    load: () => import('../screens/supervisor/wall.js'),
    draw: ({ session, params, query }) =>
      html`<console-wall .session=${session} .params=${params} .query=${query}></console-wall>`,
  },
  {
    path: '/campaigns',
    group: 'analyst',
    nav: 'nav.campaigns',
    scopes: ['analyst'],
    load: () => import('../screens/analyst/campaigns.js'),
    draw: ({ session, params, query }) =>
      html`<console-campaigns .session=${session} .params=${params} .query=${query}></console-campaigns>`,
  },
  {
    path: '/campaigns/:id',
    group: 'analyst',
    scopes: ['analyst'],
    load: () => import('../screens/analyst/campaign.js'),
    draw: ({ session, params, query }) =>
      html`<console-campaign .session=${session} .params=${params} .query=${query}></console-campaign>`,
  },
  {
    path: '/reports',
    group: 'analyst',
    nav: 'nav.reports',
    scopes: ['analyst'],
    load: () => import('../screens/analyst/reports.js'),
    draw: ({ session, params, query }) =>
      html`<console-reports .session=${session} .params=${params} .query=${query}></console-reports>`,
  },
  {
    path: '/timeline',
    group: 'analyst',
    nav: 'nav.timeline',
    scopes: ['analyst'],
    load: () => import('../screens/analyst/timeline.js'),
    draw: ({ session, params, query }) =>
      html`<console-timeline .session=${session} .params=${params} .query=${query}></console-timeline>`,
  },
  {
    path: '/evidence',
    group: 'analyst',
    nav: 'nav.evidence',
    scopes: ['analyst', 'admin'],
    load: () => import('../screens/analyst/evidence.js'),
    draw: ({ session, params, query }) =>
      html`<console-evidence .session=${session} .params=${params} .query=${query}></console-evidence>`,
  },
  {
    path: '/evidence/:id',
    group: 'analyst',
    scopes: ['analyst', 'admin'],
    load: () => import('../screens/analyst/evidence.js'),
    draw: ({ session, params, query }) =>
      html`<console-evidence .session=${session} .params=${params} .query=${query}></console-evidence>`,
  },
  {
    path: '/claims',
    group: 'analyst',
    nav: 'nav.claims',
    scopes: ['analyst'],
    load: () => import('../screens/analyst/claims.js'),
    draw: ({ session, params, query }) =>
      html`<console-claims .session=${session} .params=${params} .query=${query}></console-claims>`,
  },
  {
    path: '/coverage',
    group: 'analyst',
    nav: 'nav.coverage',
    scopes: ['analyst', 'admin'],
    load: () => import('../screens/analyst/coverage.js'),
    draw: ({ session, params, query }) =>
      html`<console-coverage .session=${session} .params=${params} .query=${query}></console-coverage>`,
  },
  ...ADMIN_ROUTES,
];

/** The screens that somebody may open. */
export function routesOf(me: Me): readonly Route[] {
  return ROUTES.filter(({ scopes }) => scopes.some((scope) => me.scopes.includes(scope)));
}
