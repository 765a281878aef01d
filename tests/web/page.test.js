// The page in a real browser: what a person does with it, compared with what the native program makes of the same file.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pngChunk, writePng } from '../../scripts/png.js';
import {
  cancelSoon,
  devices,
  downloaded,
  drop,
  modelPath,
  openStage,
  reaches,
  readied,
  rgba,
  seen,
  textOf,
  worstDifference,
} from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const folder = mkdtempSync(join(tmpdir(), 'deblur-page-'));
const photograph = readFileSync('tests/golden/c.blur1.5.png');

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** @param {string[]} requests */
const fromNetwork = (requests) => requests.filter((url) => !url.startsWith('blob:'));

/** What the native program makes of the photograph. @param {string} model */
function nativeResult(model) {
  const path = join(folder, 'native.png');
  execFileSync('build/deblur', ['run', '--quiet', '--model', model, 'tests/golden/c.blur1.5.png', '-o', path]);
  return rgba(readFileSync(path));
}

/** The blur that the next result is made from. @param {import('playwright-core').Page} page @returns {Promise<any>} */
const nextBlur = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) =>
        addEventListener('deblur-done', (event) => resolve(/** @type {CustomEvent} */ (event).detail.blur), { once: true }),
      ),
  );

test('a dropped photograph is restored as the native program restores it, with progress, and can be downloaded', async () => {
  const { page, requests, errors } = await stage.open('index.html');
  await page.evaluate(() => {
    /** @type {string[]} */
    const seen = [];
    /** @type {number[]} */
    const shares = [];
    Object.assign(globalThis, { seen, shares });
    for (const name of ['start', 'blur', 'progress', 'done']) addEventListener(`deblur-${name}`, () => seen.push(name));
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
  assert.match(await textOf(page, '.finding'), /blur|shake|focus|Motion/i);
  const kernel = page.locator('deblur-image .kernel');
  assert.ok(await kernel.evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).width >= 9), 'the blur is drawn');
  const { name, bytes } = await downloaded(page);
  assert.equal(name, 'harbour-deblurred.png');
  const fromPage = rgba(bytes);
  const native = nativeResult(modelPath);
  assert.deepEqual([fromPage.width, fromPage.height], [native.width, native.height]);
  const worst = worstDifference(fromPage.pixels, native.pixels);
  assert.ok(worst <= 1, `page and native differ by ${worst}`);
  assert.ok(worstDifference(rgba(photograph).pixels, native.pixels) > 1, 'the test model has to change something');
  assert.deepEqual(fromNetwork(requests.slice(loaded)), [], 'no request after loading');
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('what was saved is said, and what could not be read is named', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'harbour.png', 'image/png', photograph);
  await reaches(page, 'done');
  await downloaded(page);
  await page.locator('deblur-image .note', { hasText: 'Saved as harbour-deblurred.png' }).waitFor();
  await page.locator('deblur-image .status', { hasText: 'Saved as harbour-deblurred.png' }).waitFor({ state: 'attached' });
  await page.locator('deblur-image .close').click();
  await drop(page, 'letter.png', 'image/png', Buffer.from('Dear diary'));
  await reaches(page, 'error');
  assert.equal(await textOf(page, '.failed-file'), 'letter.png');
  assert.equal(await textOf(page, '.status'), '', 'nothing is going on');
  await page.context().close();
});

test('what one has corrected is not let go of unasked, unless it was saved', async () => {
  const { page } = await stage.open('index.html');
  const dialog = page.locator('deblur-image .leaving');
  await drop(page, 'harbour.png', 'image/png', photograph);
  await reaches(page, 'done');
  await page.locator('deblur-image .kind').selectOption('motion');
  await page.locator('deblur-image .finding', { hasText: 'Motion' }).waitFor();
  await reaches(page, 'done');
  await page.locator('deblur-image .close').click();
  await dialog.waitFor();
  assert.match(await textOf(page, '.leaving'), /Leave the photograph that you corrected\?/);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await drop(page, 'next.png', 'image/png', photograph);
  await dialog.locator('[value=""]').click();
  assert.match(await textOf(page, '.file-name'), /harbour/);
  await downloaded(page);
  await drop(page, 'next.png', 'image/png', photograph);
  await page.locator('deblur-image .file-name', { hasText: 'next.png' }).waitFor();
  await reaches(page, 'done');
  await page.locator('deblur-image .close').click(); // nothing was corrected
  await reaches(page, 'empty');
  await page.context().close();
});

test('what cannot be read does not take the place of a result', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'harbour.png', 'image/png', photograph);
  await reaches(page, 'done');
  const before = await downloaded(page);
  for (const [name, type, bytes] of /** @type {const} */ ([
    ['letter.png', 'image/png', Buffer.from('Dear diary')],
    ['short.png', 'image/png', photograph.subarray(0, photograph.length >> 1)],
    ['letter.txt', 'text/plain', Buffer.from('Dear diary')],
  ])) {
    await drop(page, name, type, bytes);
    await page.locator('deblur-image .note', { hasText: `${name}: ` }).waitFor();
    assert.equal(await page.locator('deblur-image .frame').getAttribute('data-state'), 'done', name);
    assert.deepEqual(await downloaded(page), before, name);
  }
  await drop(page, 'other.png', 'image/png', photograph);
  await page.locator('deblur-image .file-name', { hasText: 'other.png' }).waitFor();
  await page.context().close();
});

test('what cannot be read does not take the place of what is worked on', async () => {
  const { page } = await stage.open('index.html');
  await page.evaluate(() => {
    const element = /** @type {any} */ (document.querySelector('deblur-image'));
    addEventListener('deblur-error', (event) => Object.assign(globalThis, { refused: /** @type {any} */ (event).detail.code }));
    const letter = () => element.openFiles([new File(['Dear diary'], 'letter.png', { type: 'image/png' })]);
    addEventListener('deblur-progress', letter, { once: true });
  });
  await drop(page, 'harbour.png', 'image/png', photograph);
  await page.waitForFunction(() => 'refused' in globalThis);
  await page.locator('deblur-image .download:enabled').waitFor();
  assert.equal(await textOf(page, '.file-name'), 'harbour.png');
  await page.context().close();
});

for (const [device, options] of devices)
  test(`on a ${device} the invitation says what one can do there`, async () => {
    const { page } = await stage.open('index.html', options);
    const invitation = await page.locator('deblur-image .invite:visible').textContent();
    assert.match(invitation ?? '', device === 'phone' ? /^Choose or take/ : /^Drop/);
    assert.equal(await page.locator('deblur-image .hint:visible').count(), 1);
    await page.context().close();
  });

test('the number of threads is a setting, and the result the same', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const before = await downloaded(page);
  await page.locator('deblur-image .diagnostics summary').click();
  const threads = page.locator('deblur-image .threads');
  const most = page.workers().length;
  await threads.locator('option').first().waitFor({ state: 'attached' });
  assert.equal(await threads.locator('option').count(), most);
  for (const count of [1, most]) {
    await threads.selectOption(String(count));
    await page.locator('deblur-image .diagnostics pre', { hasText: `workers: ${count} ` }).waitFor();
    for (let i = 0; i < 50 && page.workers().length !== count; i++) await page.waitForTimeout(20);
    assert.equal(page.workers().length, count);
    const again = nextBlur(page);
    await drop(page, 'a.png', 'image/png', photograph);
    await again;
    assert.deepEqual((await downloaded(page)).bytes, before.bytes);
  }
  await page.context().close();
});

test('another model works on the picture again, is remembered, and can be chosen back', async () => {
  const { page, requests, errors } = await stage.open('index.html');
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const before = await downloaded(page);
  await page.locator('deblur-image .diagnostics summary').click();
  const model = page.locator('deblur-image .model');
  await model.locator('option').first().waitFor({ state: 'attached' });
  assert.match((await model.textContent()) ?? '', /Best \(\d\.\d MB\)Fast \(\d\.\d MB, about \d times as fast\)/);
  for (const name of ['fast', 'best']) {
    const again = nextBlur(page);
    await model.selectOption(name);
    await again;
    const found = await downloaded(page);
    if (name === 'best') assert.deepEqual(found.bytes, before.bytes);
    else assert.ok(worstDifference(rgba(found.bytes).pixels, nativeResult('weights/student-fast.dbm').pixels) <= 1);
    await page.waitForTimeout(100);
    assert.equal(
      page.workers().length,
      await page.locator('deblur-image .threads option').count(),
      'workers of the other are gone',
    );
  }
  assert.equal(requests.filter((url) => url.endsWith('/student-fast.dbm')).length, 1, 'fetched when it is asked for');
  const remembered = nextBlur(page);
  await model.selectOption('fast');
  await remembered;
  const next = await page.context().newPage();
  await next.goto(`${stage.server.url}index.html`);
  await next.locator('deblur-image[model="fast"]').waitFor({ state: 'attached' });
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('a model that cannot be fetched is named, and the one before can be had again', async () => {
  const { page } = await stage.open('index.html');
  await page.route('**/student-fast.dbm', (route) => route.abort());
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  await page.locator('deblur-image .diagnostics summary').click();
  const told = page.evaluate(
    () =>
      new Promise((resolve) =>
        addEventListener('deblur-error', (event) => resolve(/** @type {CustomEvent} */ (event).detail.code)),
      ),
  );
  await page.locator('deblur-image .model').selectOption('fast');
  await page.locator('deblur-image .note', { hasText: 'student-fast.dbm could not be fetched' }).waitFor();
  assert.equal(await told, 'no-model');
  await reaches(page, 'done');
  assert.equal(await page.locator('deblur-image .model').inputValue(), 'best');
  await page.context().close();
});

test('correcting the blur works on the picture again', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const before = rgba((await downloaded(page)).bytes);
  const again = nextBlur(page);
  const canBeSaved = await page.locator('deblur-image .kind').evaluate((/** @type {HTMLSelectElement} */ kind) => {
    kind.value = 'motion';
    kind.dispatchEvent(new Event('change', { bubbles: true }));
    return !(/** @type {any} */ (kind.getRootNode()).querySelector('.download').disabled);
  });
  assert.equal(canBeSaved, false, 'until it is corrected');
  const blur = await again;
  assert.equal(blur.kind, 'motion');
  assert.match(await textOf(page, '.finding'), /^Motion along/);
  assert.ok(worstDifference(rgba((await downloaded(page)).bytes).pixels, before.pixels) > 0);
  const third = nextBlur(page);
  await page.locator('deblur-image .size').fill('0.9');
  assert.ok((await third).sizePx > blur.sizePx + 3);
  await page.context().close();
});

test('strength acts at once, on what is there', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const full = rgba((await downloaded(page)).bytes).pixels;
  const untouched = rgba(photograph).pixels;
  for (const strength of [50, 0]) {
    await page.locator('deblur-image .strength').fill(String(strength));
    assert.equal(await page.locator('deblur-image .frame').getAttribute('data-state'), 'done', 'nothing is restored again');
    const saved = rgba((await downloaded(page)).bytes).pixels;
    const wanted = untouched.map((value, i) => Math.round(value + (strength / 100) * (full[i] - value)));
    assert.ok(worstDifference(saved, wanted) <= (strength ? 1 : 0), `strength ${strength}`);
  }
  await page.context().close();
});

test('a photograph that is sharp is left alone, unless one insists', async () => {
  const { page } = await stage.open('index.html', { ownModel: true });
  execFileSync('node', ['scripts/draw-sample.js', join(folder, 'blurred.png'), join(folder, 'sharp.png')]);
  const sharp = readFileSync(join(folder, 'sharp.png'));
  await drop(page, 'sharp.png', 'image/png', sharp);
  await reaches(page, 'done');
  assert.match(await textOf(page, '.finding'), /nothing was changed/);
  assert.ok(!(await page.locator('deblur-image .strength').isVisible()), 'there is nothing to weigh');
  assert.deepEqual(rgba((await downloaded(page)).bytes), rgba(sharp), 'saved as it is');
  await page.locator('deblur-image .anyway').click();
  await reaches(page, 'working');
  await reaches(page, 'done');
  assert.match(await textOf(page, '.note'), /As you set it/);
  assert.ok(worstDifference(rgba((await downloaded(page)).bytes).pixels, rgba(sharp).pixels) > 1);
  const before = await seen(page);
  await page.locator('deblur-image .kind').selectOption('auto');
  await page.locator('deblur-image .finding', { hasText: 'nothing was changed' }).waitFor();
  assert.match(await textOf(page, '.note'), /Is a part of it blurred/);
  assert.deepEqual(rgba((await downloaded(page)).bytes), rgba(sharp), 'as it was again');
  assert.notDeepEqual(await seen(page), before, 'and so it is shown');
  await page.context().close();
});

test('what a result would gain little from is said: it is tiny, or was made here', async () => {
  const { page } = await stage.open('index.html');
  const tiny = writePng(
    new Uint8Array(40 * 30 * 3).map((_, i) => (i * 37) % 251),
    40,
    30,
    3,
  );
  for (const [name, bytes, said] of /** @type {const} */ ([
    ['tiny.png', tiny, /^So small a photograph/],
    ['harbour-deblurred (1).png', photograph, /^By its name it was sharpened here before/],
    ['harbour.png', photograph, /^$/],
  ])) {
    await drop(page, name, 'image/png', bytes);
    await page.locator('deblur-image .file-name', { hasText: name }).waitFor();
    await reaches(page, 'done');
    assert.match(await textOf(page, '.notes'), said);
  }
  await page.context().close();
});

test('the sample is one click away and needs no network', async () => {
  const { page } = await stage.open('index.html');
  await page.context().setOffline(true);
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  await page.context().close();
});

test('a photograph is pasted', async () => {
  const { page } = await stage.open('index.html');
  await page.evaluate((base64) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'image.png', { type: 'image/png' }));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }));
  }, photograph.toString('base64'));
  await reaches(page, 'done');
  await page.context().close();
});

/** Takes long enough to be cancelled. */
const large = writePng(
  new Uint8Array(2400 * 1800 * 3).map((_, i) => (i * 37) % 251),
  2400,
  1800,
  3,
);

test('a correction that is cancelled leaves the result before it', async () => {
  const { page, errors } = await stage.open('index.html');
  await drop(page, 'large.png', 'image/png', large);
  await reaches(page, 'done');
  const kind = page.locator('deblur-image .kind');
  /** @type {{ choice: string, finding: string, bytes: Buffer, shown: object }[]} */
  const results = [];
  const look = async () => ({
    choice: await kind.inputValue(),
    finding: await textOf(page, '.finding'),
    bytes: (await downloaded(page)).bytes,
    shown: await seen(page),
  });
  for (const next of ['motion', 'gaussian']) {
    results.push(await look());
    await cancelSoon(page);
    await kind.selectOption(next);
    await page.locator('deblur-image .status', { hasText: 'Cancelled' }).waitFor({ state: 'attached' });
    await reaches(page, 'done');
    assert.deepEqual(await look(), results.at(-1), 'as before');
    const done = nextBlur(page);
    await kind.selectOption('defocus');
    await done;
    await reaches(page, 'done');
  }
  assert.notDeepEqual(results[0], results[1]);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('work that is cancelled can be finished', async () => {
  const { page, errors } = await stage.open('index.html');
  await drop(page, 'large.png', 'image/png', large);
  await reaches(page, 'done');
  const whole = (await downloaded(page)).bytes;
  await cancelSoon(page);
  await drop(page, 'again.png', 'image/png', large);
  await page.locator('deblur-image .again').waitFor();
  assert.equal(await textOf(page, '.status'), 'Cancelled');
  assert.ok(await page.locator('deblur-image .download').isDisabled(), 'half a result is not saved');
  await page.locator('deblur-image .again').click();
  await page.locator('deblur-image .download:enabled').waitFor();
  assert.deepEqual((await downloaded(page)).bytes, whole);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('a picture that was cancelled before anything is known of it is gone, and the next one works', async () => {
  const { page, requests } = await stage.open('index.html');
  await page.evaluate(() => {
    const element = /** @type {any} */ (document.querySelector('deblur-image'));
    addEventListener('deblur-start', () => setTimeout(() => element.session.stop()), { once: true });
  });
  await drop(page, 'large.png', 'image/png', large);
  await page.locator('deblur-image .status', { hasText: 'Cancelled' }).waitFor({ state: 'attached' });
  await reaches(page, 'empty');
  const before = requests.length;
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  assert.deepEqual(fromNetwork(requests.slice(before)), []);
  await page.context().close();
});

test('where there is no memory for both, a correction that is cancelled leaves a picture that can be finished', async () => {
  const { page } = await stage.open('index.html');
  const { width, height } = rgba(photograph);
  // As large as a picture may be there.
  const memoryGb = (80 * width * height) / 2 ** 30;
  await page.evaluate((gb) => Object.defineProperty(navigator, 'deviceMemory', { value: gb }), memoryGb * 1.01);
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  await page.evaluate(() => {
    const element = /** @type {any} */ (document.querySelector('deblur-image'));
    addEventListener('deblur-blur', () => element.session.stop(), { once: true });
  });
  await page.locator('deblur-image .kind').selectOption('defocus');
  await page.locator('deblur-image .again').waitFor();
  assert.ok(await page.locator('deblur-image .download').isDisabled(), 'half a result is not saved');
  await page.locator('deblur-image .again').click();
  await page.locator('deblur-image .download:enabled').waitFor();
  await page.context().close();
});

/** A JPEG's beginning with a frame of four components: CMYK. */
const cmyk = Buffer.from(
  'ffd8ffee000e41646f626500640000000000ffc0001408001000100401110002110103110104110 0ffd9'.replace(/\s/g, ''),
  'hex',
);
/** A header that promises 400 megapixels, and nothing after it but the end. */
const hugePng = Buffer.concat([photograph.subarray(0, 33), pngChunk('IEND', Buffer.alloc(0))]);
hugePng.writeUInt32BE(20000, 16);
hugePng.writeUInt32BE(20000, 20);
const bad = /** @type {[string, string, Uint8Array, RegExp][]} */ ([
  ['nothing.jpg', 'image/jpeg', new Uint8Array(0), /empty/],
  ['text.jpg', 'image/jpeg', Buffer.from('this is no picture at all'), /cannot be read/],
  ['notes.txt', 'text/plain', Buffer.from('hello'), /not a picture/],
  ['short.png', 'image/png', photograph.subarray(0, 20000), /cut short/],
  ['flipped.png', 'image/png', photograph.map((byte, i) => (i === 9000 ? byte ^ 1 : byte)), /damaged/],
  ['short.jpg', 'image/jpeg', Buffer.from('ffd8ffe000104a46494600010101', 'hex'), /cut short/],
  ['thumbnail-only.jpg', 'image/jpeg', Buffer.from('ffd8ffe00006ffd90000ffda000401020304', 'hex'), /cut short/],
  ['phone.heic', 'image/heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), /HEIC/],
  ['huge.png', 'image/png', hugePng, /400 megapixels/],
  ['print.jpg', 'image/jpeg', cmyk, /CMYK/],
]);

for (const [name, type, bytes, message] of bad)
  test(`${name} is refused with a message, and the next picture works`, async () => {
    const { page } = await stage.open('index.html');
    await drop(page, name, type, bytes);
    await reaches(page, 'error');
    assert.match(await textOf(page, '.message'), message);
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
  assert.match(await textOf(page, '.message'), /damaged/);
  await page.context().close();
});

for (const [what, begin] of /** @type {[string, (page: import('playwright-core').Page) => Promise<unknown>][]} */ ([
  ['somebody comes near', (page) => page.locator('deblur-image .choose').first().hover()],
  ['somebody comes by keyboard', (page) => page.locator('deblur-image .choose').first().focus()],
  ['the page has been there for a while', (page) => page.clock.runFor(3000)],
]))
  test(`what is large is fetched once ${what}`, async () => {
    const { page, requests } = await stage.open('lib/deblur.js');
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1000);
    const large = () => requests.filter((url) => /\.(wasm|dbm)$|sample/.test(url)).length;
    await page.goto(`${stage.server.url}index.html`, { waitUntil: 'networkidle' });
    assert.equal(large(), 0);
    await begin(page);
    await page.evaluate(() => /** @type {any} */ (document.querySelector('deblur-image')).ready);
    assert.ok(large() >= 2);
    await page.context().close();
  });

test('without SIMD the other module does the same', async () => {
  const { page, requests } = await stage.open('lib/deblur.js');
  await page.addInitScript(() => Object.assign(WebAssembly, { validate: () => false }));
  await page.goto(`${stage.server.url}index.html`, { waitUntil: 'networkidle' });
  await readied(page);
  assert.ok(requests.some((url) => url.endsWith('deblur-scalar.wasm')) && !requests.some((url) => url.endsWith('simd.wasm')));
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const nativePath = join(folder, 'native.png');
  execFileSync('build/deblur', ['run', '--quiet', '--model', modelPath, 'tests/golden/c.blur1.5.png', '-o', nativePath]);
  assert.ok(worstDifference(rgba((await downloaded(page)).bytes).pixels, rgba(readFileSync(nativePath)).pixels) <= 1);
  await page.context().close();
});

test('without WebAssembly the page says so', async () => {
  const { page } = await stage.open('lib/deblur.js');
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
  await page.goto(`${stage.server.url}index.html`, { waitUntil: 'networkidle' });
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'error');
  assert.match(await textOf(page, '.message'), /no WebAssembly/);
  await page.context().close();
});

test('an element that leaves the page ends its workers', async () => {
  const { page } = await stage.open('embed.html');
  assert.equal(page.workers().length, await page.evaluate(() => navigator.hardwareConcurrency));
  await page.evaluate(() => document.querySelector('deblur-image')?.remove());
  for (let i = 0; i < 50 && page.workers().length; i++) await page.waitForTimeout(20);
  assert.equal(page.workers().length, 0);
  await page.context().close();
});

test('what a bug report needs can be looked up', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'secret-name.png', 'image/png', photograph);
  await reaches(page, 'done');
  await page.locator('deblur-image .diagnostics summary').click();
  const details = page.locator('deblur-image .diagnostics pre', { hasText: 'restore:' });
  const text = (await details.textContent()) ?? '';
  for (const line of [/module: deblur-relaxed/, /workers: \d/, /tiles: up to \d+ x \d+ px/, /picture: \d+ x \d+/, /browser: /])
    assert.match(text, line);
  assert.doesNotMatch(text, /secret/);
  await page.context().close();
});

test('the article shows the same element', async () => {
  const { page, errors } = await stage.open('embed.html');
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  assert.deepEqual(errors, []);
  await page.context().close();
});
