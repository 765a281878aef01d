// The page in a real browser: what a person does with it, compared with what the native program makes of the same file.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readPng, writePng } from '../../scripts/png.js';
import { drop, modelPath, openStage, reaches } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const folder = mkdtempSync(join(tmpdir(), 'deblur-page-'));
const photograph = readFileSync('tests/golden/c.blur1.5.png');
const screenshots = 'build/screenshots';

before(async () => {
  mkdirSync(screenshots, { recursive: true });
  stage = await openStage();
});
after(() => stage.close());

/** @param {Uint8Array} a @param {Uint8Array} b */
const worstDifference = (a, b) => a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);

/** RGBA of whatever PNG. @param {Uint8Array} file */
function rgba(file) {
  const { width, height, channels, pixels } = readPng(file);
  const out = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < channels; c++) out[4 * i + c] = pixels[channels * i + c];
  return { width, height, pixels: out };
}

/** @param {import('playwright-core').Page} page @param {string} selector */
const textOf = async (page, selector) => (await page.locator(selector).textContent()) ?? '';

test('a dropped photograph is restored as the native program restores it, with progress, and can be downloaded', async () => {
  const { page, requests, errors } = await stage.open('index.html');
  await page.evaluate(() => {
    /** @type {string[]} */
    const seen = [];
    Object.assign(globalThis, { seen });
    for (const name of ['start', 'blur', 'progress', 'done']) addEventListener(`deblur-${name}`, () => seen.push(name));
  });
  const loaded = requests.length;
  await drop(page, 'harbour.png', 'image/png', photograph);
  await reaches(page, 'done');
  const seen = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
  assert.deepEqual([...new Set(seen)], ['start', 'blur', 'progress', 'done']);
  assert.match(await textOf(page, 'deblur-image .finding'), /blur|shake|focus|Motion/i);
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('deblur-image .download').click()]);
  assert.equal(download.suggestedFilename(), 'harbour-deblurred.png');
  const fromPage = rgba(readFileSync(await download.path()));
  const nativePath = join(folder, 'native.png');
  execFileSync('build/deblur', ['run', '--quiet', '--model', modelPath, 'tests/golden/c.blur1.5.png', '-o', nativePath]);
  const native = rgba(readFileSync(nativePath));
  assert.deepEqual([fromPage.width, fromPage.height], [native.width, native.height]);
  const worst = worstDifference(fromPage.pixels, native.pixels);
  assert.ok(worst <= 1, `page and native differ by ${worst}`);
  assert.ok(worstDifference(rgba(photograph).pixels, native.pixels) > 1, 'the test model has to change something');
  assert.deepEqual(
    requests.slice(loaded).filter((url) => !url.startsWith('blob:')),
    [],
    'no request after loading',
  );
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('correcting the blur and the strength works on the picture again', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const again = page.evaluate(
    () =>
      new Promise((resolve) =>
        addEventListener('deblur-done', (e) => resolve(/** @type {any} */ (e).detail.blur), { once: true }),
      ),
  );
  await page.locator('deblur-image .kind').selectOption('motion');
  const blur = /** @type {any} */ (await again);
  assert.equal(blur.kind, 'motion');
  assert.match(await textOf(page, 'deblur-image .finding'), /^Motion along/);
  const untouched = page.evaluate(
    () =>
      new Promise((resolve) =>
        addEventListener('deblur-done', (e) => resolve([.../** @type {any} */ (e).detail.image.imageData.data]), { once: true }),
      ),
  );
  await page.locator('deblur-image .strength').fill('0');
  assert.deepEqual(
    Uint8Array.from(/** @type {number[]} */ (await untouched)),
    rgba(photograph).pixels,
    'strength 0 is the picture as it was',
  );
  await page.context().close();
});

test('the sample is one click away and needs no network', async () => {
  const { page } = await stage.open('index.html');
  await page.context().setOffline(true);
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  await page.context().close();
});

test('work can be cancelled, and the next picture works', async () => {
  const { page, requests } = await stage.open('index.html');
  const large = writePng(
    new Uint8Array(2400 * 1800 * 3).map((_, i) => (i * 37) % 251),
    2400,
    1800,
    3,
  );
  await drop(page, 'large.png', 'image/png', large);
  await reaches(page, 'working');
  const before = requests.length;
  await page.locator('deblur-image .cancel').click();
  await reaches(page, 'empty');
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  assert.deepEqual(
    requests.slice(before).filter((url) => !url.startsWith('blob:')),
    [],
  );
  await page.context().close();
});

/** A JPEG's beginning with a frame of four components: CMYK. */
const cmyk = Buffer.from(
  'ffd8ffee000e41646f626500640000000000ffc0001408001000100401110002110103110104110 0ffd9'.replace(/\s/g, ''),
  'hex',
);
const bad = /** @type {[string, string, Uint8Array, RegExp][]} */ ([
  ['nothing.jpg', 'image/jpeg', new Uint8Array(0), /empty/],
  ['text.jpg', 'image/jpeg', Buffer.from('this is no picture at all'), /cannot be read/],
  ['notes.txt', 'text/plain', Buffer.from('hello'), /not a picture/],
  ['short.png', 'image/png', photograph.subarray(0, 20000), /cut short/],
  ['short.jpg', 'image/jpeg', Buffer.from('ffd8ffe000104a46494600010101', 'hex'), /cut short/],
  ['moving.gif', 'image/gif', Buffer.from('GIF89a'), /GIF/],
  ['print.jpg', 'image/jpeg', cmyk, /CMYK/],
]);

for (const [name, type, bytes, message] of bad)
  test(`${name} is refused with a message, and the next picture works`, async () => {
    const { page } = await stage.open('index.html');
    await drop(page, name, type, bytes);
    await reaches(page, 'error');
    assert.match(await textOf(page, 'deblur-image .message'), message);
    await drop(page, 'a.png', 'image/png', photograph);
    await reaches(page, 'done');
    await page.context().close();
  });

test('a model that is damaged or missing is told', async () => {
  const { page } = await stage.open('index.html');
  await page.unroute('**/student.dbm');
  const damaged = Buffer.from(readFileSync(modelPath));
  damaged[5000] ^= 1;
  await page.route('**/student.dbm', (route) => route.fulfill({ body: damaged }));
  await page.reload();
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'error');
  assert.match(await textOf(page, 'deblur-image .message'), /damaged/);
  await page.context().close();
});

test('EXIF orientation and alpha are kept', async () => {
  const { page } = await stage.open('index.html');
  const pixels = new Uint8Array(40 * 24 * 4).map((_, i) => (i % 4 === 3 ? 128 : (i * 7) % 256));
  await drop(page, 'alpha.png', 'image/png', writePng(pixels, 40, 24, 4));
  await reaches(page, 'done');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('deblur-image .download').click()]);
  const result = readPng(readFileSync(await download.path()));
  assert.equal(result.channels, 4);
  assert.ok(result.pixels.every((value, i) => i % 4 !== 3 || value === 128));
  await page.context().close();
});

test('an element that leaves the page ends its worker', async () => {
  const { page } = await stage.open('embed.html');
  assert.equal(page.workers().length, 1);
  await page.evaluate(() => document.querySelector('deblur-image')?.remove());
  await page.waitForFunction(() => true, null, { timeout: 1000 });
  for (let i = 0; i < 50 && page.workers().length; i++) await page.waitForTimeout(20);
  assert.equal(page.workers().length, 0);
  await page.context().close();
});

test('the slider and the buttons can be reached and used by keyboard', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  await page.locator('deblur-image .split').focus();
  await page.keyboard.press('Home');
  const split = () =>
    page.locator('deblur-image .pair').evaluate((pair) => /** @type {HTMLElement} */ (pair).style.getPropertyValue('--split'));
  assert.equal(await split(), '0%');
  await page.keyboard.down('b');
  assert.equal(await split(), '100%');
  await page.keyboard.up('b');
  assert.equal(await split(), '0%');
  await page.context().close();
});

for (const [device, options] of /** @type {[string, object][]} */ ([
  ['desktop', { viewport: { width: 1280, height: 900 } }],
  ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }],
  ['desktop-dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
]))
  test(`the page fits on a ${device} in every state (screenshots)`, async () => {
    const { page } = await stage.open('index.html', { ...options, ownModel: true });
    const shoot = async (/** @type {string} */ state) => {
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${state}: ${overflow} px too wide`);
      await page.screenshot({ path: `${screenshots}/${device}-${state}.png`, fullPage: true });
    };
    await shoot('empty');
    await drop(page, 'text.jpg', 'image/jpeg', Buffer.from('no'));
    await reaches(page, 'error');
    await shoot('error');
    await page.evaluate(() => document.querySelector('deblur-image')?.dispatchEvent(new Event('none')));
    const working = page.evaluate(
      () => new Promise((resolve) => addEventListener('deblur-blur', () => resolve(null), { once: true })),
    );
    await drop(page, 'sample.png', 'image/png', readFileSync('build/web/sample.png'));
    await working;
    await shoot('working');
    await reaches(page, 'done');
    await shoot('done');
    await page.locator('deblur-image .zoom').click();
    await shoot('zoomed');
    await page.context().close();
  });

test('the article shows the same element', async () => {
  const { page, errors } = await stage.open('embed.html');
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  await page.screenshot({ path: `${screenshots}/embed-done.png`, fullPage: true });
  assert.deepEqual(errors, []);
  await page.context().close();
});
