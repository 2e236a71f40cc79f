import { serveStatic } from '@hono/node-server/serve-static';
import type { Hono } from 'hono';
import { html } from 'hono/html';

/**
 * Serves a folder at the root, or a page that says what there is.
 * @param folder of static files, `index.html` among them
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever the app keeps of a request
export function frontPage(app: Hono<any>, folder: string | undefined): void {
  if (folder !== undefined) app.get('*', serveStatic({ root: folder }));
  else app.get('/', (context) => context.html(plainPage));
}

const plainPage = html`<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>webcir serve</title>
  <style>
    body { font: 1rem/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem; padding: 0 1rem; }
  </style>
  <h1>webcir serve</h1>
  <p>Composed image retrieval: an image and a sentence that says how the wanted image differs.</p>
  <p><a href="/openapi.json">openapi.json</a> describes all that can be asked here.</p>
</html>`;
