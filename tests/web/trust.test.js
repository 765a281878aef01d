// What makes one trust the page: nothing can be sent anywhere, nothing is, and it works without a network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from '../../scripts/serve.js';
import { downloaded, drop, dropAll, openBrowser, openStage, reaches, Stage } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const photograph = readFileSync('tests/golden/c.blur1.5.png');
const folder = mkdtempSync(join(tmpdir(), 'deblur-trust-'));

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** @param {import('playwright-core').Page} page */
const isKept = (page) =>
  page.evaluate(async () => Boolean((await navigator.serviceWorker.ready).active && navigator.serviceWorker.controller));

/** The page with its service worker, once that has everything. @param {Stage} where @param {string} path */
async function visit(where, path) {
  const { page, errors, requests } = await where.open(path, { serviceWorkers: 'allow', ownModel: true });
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  assert.ok(await isKept(page));
  return { page, errors, requests };
}

for (const path of ['index.html', 'embed.html'])
  test(`${path} allows itself nothing but its own files`, () => {
    const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(readFileSync(`web/${path}`, 'utf8')) ?? [];
    const directives = Object.fromEntries(policy.split('; ').map((one) => [one.split(' ')[0], one.split(' ').slice(1)]));
    assert.deepEqual(directives['default-src'], ["'none'"]);
    for (const [name, sources] of Object.entries(directives))
      for (const source of sources) assert.match(source, /^('self'|'none'|'wasm-unsafe-eval'|blob:|data:)$/, `${name} ${source}`);
    assert.deepEqual(directives['connect-src'], ["'self'"]);
    assert.deepEqual(directives['form-action'], ["'none'"]);
  });

test('nothing can be sent to another site', async () => {
  const { page } = await stage.open('index.html');
  const blocked = await page.evaluate(async () => {
    /** @type {string[]} */
    const seen = [];
    addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
    await fetch('https://other.example/', { method: 'POST', body: 'pixels' }).catch(() => {});
    new Image().src = 'https://other.example/?pixels';
    navigator.sendBeacon('https://other.example/', 'pixels');
    const form = Object.assign(document.createElement('form'), { action: 'https://other.example/', method: 'post' });
    document.body.append(form);
    form.submit();
    try {
      new WebSocket('wss://other.example/');
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 300));
    return [...new Set(seen)].sort();
  });
  assert.deepEqual(blocked, ['connect-src', 'form-action', 'img-src']);
  await page.context().close();
});

test('after the page has loaded nothing is asked of the network, whatever one does', async () => {
  const { page, errors } = await visit(stage, 'index.html');
  /** @type {import('playwright-core').Request[]} */
  const requests = [];
  page.context().on('request', (request) => !request.url().startsWith('blob:') && requests.push(request));
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const again = page.evaluate(() => new Promise((done) => addEventListener('deblur-done', () => done(null), { once: true })));
  await page.locator('deblur-image .kind').selectOption('motion');
  await again;
  for (const format of ['jpeg', 'png', 'webp']) {
    await page.locator('deblur-image .format').selectOption(format);
    await downloaded(page);
  }
  await page.keyboard.press('s');
  await page.locator('deblur-image .close').click();
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  await page.locator('deblur-image .close').click();
  await drop(page, 'bad.png', 'image/png', photograph.subarray(0, 4000));
  await reaches(page, 'error');
  await dropAll(
    page,
    ['a', 'b'].map((name) => ({ name: `${name}.png`, type: 'image/png', bytes: photograph })),
  );
  await page.locator('deblur-image .zip:enabled').waitFor();
  await downloaded(page, '.zip');
  assert.deepEqual(
    requests.map((request) => request.url()),
    [`${stage.server.url}lib/fflate/browser.js`],
    'what makes zips comes when there are several',
  );
  for (const request of requests) assert.ok((await request.response())?.fromServiceWorker(), 'from the device itself');
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('below any path, and after the first visit without a server', async () => {
  mkdirSync(join(folder, 'some', 'where'), { recursive: true });
  symlinkSync(resolve('build/web'), join(folder, 'some', 'where', 'deblur'));
  const own = new Stage(await serve(folder, 0), await openBrowser());
  const { page, errors } = await visit(own, 'some/where/deblur/');
  await own.server.close();
  await page.goto(`${own.server.url}some/where/deblur/?lang=de`, { waitUntil: 'load' });
  assert.equal(await page.locator('h1').textContent(), 'Macht unscharfe Fotos scharf', 'the languages are there, too');
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  await page.locator('deblur-image .close').click();
  await dropAll(
    page,
    ['a', 'b'].map((name) => ({ name: `${name}.png`, type: 'image/png', bytes: photograph })),
  );
  await page.locator('deblur-image .zip:enabled').waitFor();
  assert.equal((await downloaded(page, '.zip')).bytes.toString('latin1', 0, 2), 'PK', 'zips, too');
  await page.goto(`${own.server.url}some/where/deblur/embed.html`);
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  assert.deepEqual(errors, []);
  await own.browser.close();
});

test('a new version waits, is offered, and takes over whole', async () => {
  const site = join(folder, 'site');
  cpSync('build/web', site, { recursive: true });
  const own = new Stage(await serve(site, 0), await openBrowser());
  const { page } = await visit(own, 'index.html');
  const first = await page.evaluate(() => caches.keys());
  const index = join(site, 'index.html');
  writeFileSync(index, readFileSync(index, 'utf8').replace('</footer>', '<p id="new">new</p></footer>'));
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.\w+$/.test(name) && !/^service-worker|\.d\.ts$|fflate$/.test(name),
  );
  execFileSync('node', [
    'scripts/write-service-worker.js',
    'web/service-worker.js',
    site,
    ...files.map((name) => join(site, name)),
  ]);
  await page.reload();
  await page.locator('.update').waitFor();
  assert.equal(await page.locator('#new').count(), 0, 'the old one until then');
  await Promise.all([page.waitForEvent('load'), page.locator('.update button').click()]);
  await page.locator('#new').waitFor();
  assert.ok(await page.locator('.update').isHidden());
  const second = await page.evaluate(() => caches.keys());
  assert.equal(second.length, 1);
  assert.notDeepEqual(second, first);
  await own.close();
});

test('what another app shares is opened', async () => {
  const { page } = await visit(stage, 'index.html');
  await page.evaluate(async (base64) => {
    const form = new FormData();
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    form.append('photographs', new File([bytes], 'grüße.png', { type: 'image/png' }));
    await fetch('./share', { method: 'POST', body: form }); // and is then sent on to:
  }, photograph.toString('base64'));
  await page.goto(`${stage.server.url}?shared`);
  await reaches(page, 'done');
  assert.equal(await page.locator('deblur-image .file-name').textContent(), 'grüße.png');
  await page.reload();
  await reaches(page, 'empty');
  await page.context().close();
});

test('the page can be installed', async () => {
  const { page } = await visit(stage, 'index.html');
  const session = await page.context().newCDPSession(page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // A private window, as tests have it, is the one thing that is in the way.
  assert.deepEqual(
    installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'),
    [],
  );
  const manifest = JSON.parse(readFileSync('web/manifest.webmanifest', 'utf8'));
  for (const { src } of manifest.icons) assert.equal((await page.request.get(new URL(src, page.url()).href)).status(), 200, src);
  await page.context().close();
});
