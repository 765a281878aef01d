// Keeps the whole page on the device, so that it works without a network. The build puts before this VERSION, which changes with any byte of
// any file, and FILES, all of them. A new version waits until the old one's pages are closed, or until one of them says that it may take
// over; so no page is made of two versions.

/* global VERSION, FILES */

/** @type {any} */
const worker = globalThis;
const cacheName = `deblur-${/** @type {any} */ (globalThis).VERSION}`;

worker.addEventListener('install', (/** @type {any} */ event) => {
  const files = /** @type {string[]} */ (/** @type {any} */ (globalThis).FILES);
  const requests = files.map((file) => new Request(file, { cache: 'no-cache' }));
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(requests)));
});

async function activate() {
  for (const name of await caches.keys()) if (name.startsWith('deblur-') && name !== cacheName) await caches.delete(name);
  await worker.clients.claim();
}
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(activate()));

worker.addEventListener('message', (/** @type {MessageEvent} */ event) => {
  if (event.data === 'take over') worker.skipWaiting();
});

/** Photographs that another app shares, kept until the page takes them. @param {Request} request */
async function keepShared(request) {
  const form = await request.formData();
  const cache = await caches.open('shared');
  let count = 0;
  for (const file of form.getAll('photographs')) {
    if (!(file instanceof File)) continue;
    const headers = { 'content-type': file.type, 'x-name': encodeURIComponent(file.name) };
    await cache.put(`shared/${count++}`, new Response(file, { headers }));
  }
  return Response.redirect('./?shared', 303);
}

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open(cacheName);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === 'POST' && url.pathname.endsWith('/share')) event.respondWith(keepShared(request));
  else if (request.method === 'GET') event.respondWith(answer(request));
});
