// The page in a real browser: what a person does with it, compared with what the native program makes of the same file.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pngChunk, readPng, writePng } from '../../scripts/png.js';
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
    /** @type {number[]} */
    const shares = [];
    Object.assign(globalThis, { shares });
    addEventListener('deblur-progress', (event) => shares.push(/** @type {CustomEvent} */ (event).detail));
  });
  const loaded = requests.length;
  await drop(page, 'harbour.png', 'image/png', photograph);
  await reaches(page, 'done');
  const seen = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
  assert.deepEqual([...new Set(seen)], ['start', 'blur', 'progress', 'done']);
  const shares = /** @type {number[]} */ (await page.evaluate(() => /** @type {any} */ (globalThis).shares));
  assert.ok(shares.length > 10 && shares.every((share, i) => share > (shares[i - 1] ?? 0)), `progress: ${shares}`);
  assert.equal(shares.at(-1), 1);
  assert.match(await textOf(page, 'deblur-image .finding'), /blur|shake|focus|Motion/i);
  const { name, bytes } = await downloaded(page);
  assert.equal(name, 'harbour-deblurred.png');
  const fromPage = rgba(bytes);
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
  const start = Date.now();
  await page.locator('deblur-image .cancel').click();
  await reaches(page, 'empty');
  assert.ok(Date.now() - start < 3000, `cancelling took ${Date.now() - start} ms`);
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
/** A header that promises 100 megapixels, and nothing after it but the end. */
const hugePng = Buffer.concat([photograph.subarray(0, 33), pngChunk('IEND', Buffer.alloc(0))]);
hugePng.writeUInt32BE(10000, 16);
hugePng.writeUInt32BE(10000, 20);
const withActl = Buffer.concat([photograph.subarray(0, 33), pngChunk('acTL', Buffer.alloc(8)), photograph.subarray(33)]);
const bad = /** @type {[string, string, Uint8Array, RegExp][]} */ ([
  ['nothing.jpg', 'image/jpeg', new Uint8Array(0), /empty/],
  ['text.jpg', 'image/jpeg', Buffer.from('this is no picture at all'), /cannot be read/],
  ['notes.txt', 'text/plain', Buffer.from('hello'), /not a picture/],
  ['short.png', 'image/png', photograph.subarray(0, 20000), /cut short/],
  ['short.jpg', 'image/jpeg', Buffer.from('ffd8ffe000104a46494600010101', 'hex'), /cut short/],
  ['thumbnail-only.jpg', 'image/jpeg', Buffer.from('ffd8ffe00006ffd90000ffda000401020304', 'hex'), /cut short/],
  ['phone.heic', 'image/heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), /HEIC/],
  ['huge.png', 'image/png', hugePng, /100 megapixels/],
  ['animated.png', 'image/png', withActl, /Animated/],
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

/** @param {import('playwright-core').Page} page @param {string} [button] */
async function downloaded(page, button = '.download') {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`deblur-image ${button}`).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test('a photograph that EXIF turns comes out upright', async () => {
  const { page } = await stage.open('index.html');
  const plain = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(60, 40);
    const context = canvas.getContext('2d');
    context?.fillRect(0, 0, 30, 40); // black left, white right: turned by 90 degrees clockwise, black is above
    if (context) context.fillStyle = 'white';
    context?.fillRect(30, 0, 30, 40);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 1 })).arrayBuffer())];
  });
  // APP1: TIFF, big-endian, one entry: 0x0112 orientation, SHORT, 1, 6.
  const exif = Buffer.from(
    'ffe1002245786966' + '0000' + '4d4d002a00000008' + '0001' + '0112000300000001' + '00060000' + '00000000',
    'hex',
  );
  const turned = Buffer.concat([Buffer.from(plain.slice(0, 2)), exif, Buffer.from(plain.slice(2))]);
  await drop(page, 'turned.jpg', 'image/jpeg', turned);
  await reaches(page, 'done');
  const { name, bytes } = await downloaded(page);
  assert.equal(name, 'turned-deblurred.png');
  const { width, height, pixels } = rgba(bytes);
  assert.deepEqual([width, height], [40, 60]);
  assert.ok(pixels[4 * (10 * 40 + 20)] < 60 && pixels[4 * (50 * 40 + 20)] > 195, 'black above, white below');
  const jpeg = await downloaded(page, '.download-jpeg');
  assert.equal(jpeg.name, 'turned-deblurred.jpg');
  assert.equal(jpeg.bytes.readUInt16BE(0), 0xffd8);
  await page.context().close();
});

test('alpha is kept', async () => {
  const { page } = await stage.open('index.html');
  const pixels = new Uint8Array(40 * 24 * 4).map((_, i) => (i % 4 === 3 ? 128 : (i * 7) % 256));
  await drop(page, 'alpha.png', 'image/png', writePng(pixels, 40, 24, 4));
  await reaches(page, 'done');
  const result = readPng((await downloaded(page)).bytes);
  assert.equal(result.channels, 4);
  assert.ok(result.pixels.every((value, i) => i % 4 !== 3 || value === 128));
  await page.context().close();
});

test('an element that leaves the page ends its workers', async () => {
  const { page } = await stage.open('embed.html');
  assert.equal(page.workers().length, await page.evaluate(() => navigator.hardwareConcurrency));
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
    page.locator('deblur-image .pair').evaluate((pair) => /** @type {HTMLElement} */ (pair).style.getPropertyValue('--edge'));
  assert.equal(await split(), '0px');
  await page.keyboard.down('b');
  assert.equal(await split(), '100%');
  await page.keyboard.up('b');
  assert.equal(await split(), '0px');
  await page.locator('deblur-image .peek').focus();
  await page.keyboard.down('Space');
  assert.equal(await split(), '100%');
  await page.keyboard.up('Space');
  assert.equal(await split(), '0px');
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
  const { page, errors } = await stage.open('embed.html', { ownModel: true });
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  await page.screenshot({ path: `${screenshots}/embed-done.png`, fullPage: true });
  assert.deepEqual(errors, []);
  await page.context().close();
});
