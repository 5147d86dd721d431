import { describe, expect, it } from 'vitest';
import { holderOf, isSharedHost, isSharedHostEntry, sharedHosts } from './shared-hosts.js';
import { SHARED_HOSTS } from './shared-hosts-list.js';

const shared = sharedHosts();

describe('a shared host', () => {
  it.each([
    'gamma.app',
    'ipfs.io',
    'app.link',
    'click.mlsend.com',
    'me-qr.com',
    'spoo.me',
    'han.gl',
    '00m.in',
    'lihi.cc',
    'tinyurl.co.uk',
    'shorte.st',
    'en.wikipedia.org',
    'duckduckgo.com',
    'us02web.zoom.us',
    'us06web.zoom.us',
    'anydesk.com',
    'f000.backblazeb2.com',
    'glitch.me',
    'www.angelfire.com',
    'objectstorage.uk-london-1.oraclecloud.com',
    'web.core.windows.net',
    'ct.sendgrid.net',
    'blogspot.co.uk',
    'www.google.co.nz',
    'google.com.vn',
    'trk.klclick1.com',
    'r.us-east-1.awstrack.me',
    'teamviewer.com',
    'buy.stripe.com',
    'abre.ai',
    'qrs.ly',
    'calendly.com',
  ])("%s is nobody's, and makes no indicator", (host) => {
    expect([isSharedHost(host, shared), holderOf(host, shared)]).toEqual([true, null]);
  });

  it.each([
    'glitch.me',
    'weeblysite.com',
    'blogspot.co.uk',
    'blogspot.de',
    'blogspot.com.au',
    'angelfire.com',
    'odoo.com',
    'gamma.site',
    'ucraft.site',
    'atwebpages.com',
    'freehosting.com',
    'z13.web.core.windows.net',
    'web.core.windows.net',
    'page.link',
    'app.link',
    'ct.sendgrid.net',
    'mjt.lu',
    'loca.lt',
    'serveo.net',
    'lhr.life',
    'cloudflareaccess.com',
    'a.free.pinggy.link',
    'uks1.devtunnels.ms',
    '192.0.2.1.nip.io',
    'mozello.com',
    'tilda.ws',
  ])("below %s hosts are different people's", (domain) => {
    const [one, other] = [`a-b.${domain}`, `c-d.${domain}`];
    expect([holderOf(one, shared), holderOf(other, shared), isSharedHost(one, shared)]).toEqual([one, other, false]);
  });

  it('is read from a list in which each entry has its form', () => {
    expect(SHARED_HOSTS.filter((entry) => !isSharedHostEntry(entry.replace(/^\*\*/, '*')))).toEqual([]);
    expect(isSharedHostEntry('**.pages.example')).toBe(false);
  });

  it('is none where somebody has it alone', () => {
    for (const host of ['northbank.example', 'evil.com', 'login.evil.co.uk', 'google.kp'])
      expect(isSharedHost(host, shared)).toBe(false);
    expect([holderOf('login.evil.co.uk', shared), holderOf('www.evil.com', shared)]).toEqual([
      'evil.co.uk',
      'evil.com',
    ]);
  });
});
