/*
 * Keeps the page itself, so that it opens without a connection, and nothing that the bank said about anybody: no verdict,
 * no question, no answer. The build puts in which files there are.
 */
const FILES = __FILES__;
const CACHE = `countersign-${FILES.join()
  .split('')
  .reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7)}`;
const ASSETS = '/pages/customer/assets/';
const NETWORK_MILLISECONDS = 4_000;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
      .then(() => self.clients.matchAll({ type: 'window' }))
      // The page that registered this was loaded before it could be kept.
      .then((pages) => Promise.all(pages.map((page) => keepPage(new URL(page.url))))),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(ASSETS)) event.respondWith(keptFirst(request));
  else if (isShell(url.pathname)) event.respondWith(networkFirst(request, url));
});

/** The page, its icons and settings of the tenant; never anything of a customer. */
function isShell(path) {
  return /^\/my(\/|$)/.test(path) || /^\/v1\/public\/[a-z0-9-]+\/settings$/.test(path);
}

async function keptFirst(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

async function networkFirst(request, url) {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(NETWORK_MILLISECONDS) });
    if (response.ok) await keep(url.pathname, response.clone());
    return response;
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(url.pathname);
    if (!kept) throw error;
    const headers = new Headers(kept.headers);
    headers.set('x-countersign-kept', 'true');
    return new Response(kept.body, { status: kept.status, headers });
  }
}

/** Under the path alone: what stands in the query of a sign-in is kept by nobody. */
async function keep(path, response) {
  await (await caches.open(CACHE)).put(path, response);
}

async function keepPage({ pathname }) {
  const tenant = /^\/my\/([a-z0-9-]+)$/.exec(pathname)?.[1];
  const paths = [pathname, ...(tenant ? [`/v1/public/${tenant}/settings`] : [])];
  await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(path, { cache: 'no-cache' }).catch(() => null);
      if (response?.ok) await keep(path, response);
    }),
  );
}

const WORDS = {
  en: 'Your bank asks you something. Open this page.',
  de: 'Ihre Bank fragt Sie etwas. Öffnen Sie diese Seite.',
  es: 'Su banco le pregunta algo. Abra esta página.',
  fr: 'Votre banque vous pose une question. Ouvrez cette page.',
  nl: 'Uw bank vraagt u iets. Open deze pagina.',
  pl: 'Bank o coś pyta. Otwórz tę stronę.',
};

/** A push says no more than that there is something: what it is stands on the page. What it holds is not read. */
self.addEventListener('push', (event) => {
  const words = WORDS[(self.navigator.language ?? 'en').split('-')[0].toLowerCase()] ?? WORDS.en;
  event.waitUntil(
    self.registration.showNotification(words, { icon: '/my/icon.svg', tag: 'countersign', renotify: true }),
  );
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then((pages) => {
      const open = pages.find((page) => new URL(page.url).pathname.startsWith('/my'));
      // One that is being closed is found still, and cannot be brought to the front.
      return open ? open.focus().catch(() => self.clients.openWindow('/my')) : self.clients.openWindow('/my');
    }),
  );
});
