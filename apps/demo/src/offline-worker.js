// The service worker: files come out of the cache, under their checksums; what is new is fetched. The page itself is kept
// at once, a set of pictures when it is first opened.
const FILES = __FILES__;
const CACHE = 'webcir-demo';
const PACKS = 'packs/';

const scope = new URL('./', self.location.href).href;
/** The name of a file in its folder; undefined for an address that is none of ours. */
const fileOf = (address) => {
  const href = address.replace(/[?#].*$/, '');
  if (!href.startsWith(scope)) return undefined;
  const file = decodeURIComponent(href.slice(scope.length)) || 'index.html';
  return FILES[file] && file;
};
/** Where a file is kept: another place for each content. */
const keyOf = (file) => `${scope}${file}?${FILES[file]}`;

async function fetchAndKeep(file) {
  const response = await fetch(new Request(scope + file, { cache: 'no-cache' }));
  if (response.ok) {
    const cache = await caches.open(CACHE);
    await cache.put(keyOf(file), response.clone()).catch(() => {}); // no room: works with a network
  }
  return response;
}

async function answer(file) {
  const cache = await caches.open(CACHE);
  return (await cache.match(keyOf(file))) ?? fetchAndKeep(file);
}

self.addEventListener('install', (event) => {
  const page = Object.keys(FILES).filter((file) => !file.startsWith(PACKS));
  event.waitUntil(Promise.all(page.map(answer)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  const wanted = new Set(Object.keys(FILES).map(keyOf));
  const clean = async () => {
    const cache = await caches.open(CACHE);
    for (const { url } of await cache.keys()) if (!wanted.has(url)) await cache.delete(url);
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener('fetch', (event) => {
  const file = event.request.method === 'GET' ? fileOf(event.request.url) : undefined;
  if (file) event.respondWith(answer(file));
});

// The page tells which files it loaded before there was a worker.
self.addEventListener('message', ({ data }) => {
  if (Array.isArray(data?.loaded)) for (const file of data.loaded.map(fileOf)) if (file) void answer(file);
});
