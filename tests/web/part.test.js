// A part of a photograph that is restored by itself, where blur is not the same everywhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writePng } from '../../scripts/png.js';
import { cancelSoon, devices, downloaded, drop, openLibrary, openStage, reaches, rgba, textOf } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const photograph = readFileSync('tests/golden/c.blur1.5.png');

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** @typedef {import('../../web/lib/tiles.js').Rectangle} Rectangle */

/** @param {import('playwright-core').Page} page @returns {Promise<Rectangle | null>} What the page restores, if not all. */
const partOf = (page) =>
  page.evaluate(() => /** @type {any} */ (document.querySelector('deblur-image')).session.focus?.part ?? null);

/** Comes closer until a corner fills the view. @param {import('playwright-core').Page} page */
async function zoomIn(page) {
  await page.locator('deblur-image .view').focus();
  for (let i = 0; i < 12; i++) await page.keyboard.press('+');
  for (let i = 0; i < 40; i++) await page.keyboard.press('ArrowLeft');
}

/**
 * How two pictures differ inside a rectangle and outside of it.
 * @param {{ width: number, height: number, pixels: Uint8Array }} a
 * @param {{ pixels: Uint8Array }} b
 * @param {Rectangle} part
 */
function differences(a, b, part) {
  const worst = { inside: 0, outside: 0 };
  for (let i = 0; i < a.pixels.length; i++) {
    const [x, y] = [(i >> 2) % a.width, Math.floor((i >> 2) / a.width)];
    const isInside = x >= part.x && y >= part.y && x < part.x + part.width && y < part.y + part.height;
    const where = isInside ? 'inside' : 'outside';
    worst[where] = Math.max(worst[where], Math.abs(a.pixels[i] - b.pixels[i]));
  }
  return worst;
}

test('a part is as it is in the whole, fades into the rest, and the rest is as it was, however it is cut', async () => {
  const inPage = await openLibrary(stage);
  const result = await inPage(`
    const deblurrer = await lib.load({ model, workers: 2 });
    const part = { x: 333, y: 190, width: 700, height: 501 };
    const blur = await deblurrer.estimate(large, { part });
    const whole = (await deblurrer.deblur(large, { blur })).image.imageData.data;
    const own = (await deblurrer.deblur(large, { part }));
    const cut = (await deblurrer.deblur(large, { part, blur, tilePx: 200 })).image.imageData.data;
    const { data } = own.image.imageData;
    const counts = { core: 0, outside: 0, between: 0, cut: 0, changed: 0 };
    for (let i = 0; i < data.length; i++) {
      const x = (i >> 2) % 2400, y = Math.floor((i >> 2) / 2400);
      const depth = Math.min(x - 333, y - 190, 333 + 699 - x, 190 + 500 - y);
      const [low, high] = [Math.min(whole[i], large.data[i]), Math.max(whole[i], large.data[i])];
      if (depth >= 64 && data[i] !== whole[i]) counts.core++;
      if (depth >= 64 && data[i] !== large.data[i]) counts.changed++;
      if (depth < 0 && data[i] !== large.data[i]) counts.outside++;
      if (data[i] < low || data[i] > high) counts.between++;
      if (cut[i] !== data[i]) counts.cut++;
    }
    const refused = [];
    for (const bad of [{ x: -1, y: 0, width: 5, height: 5 }, { x: 0, y: 0, width: 2401, height: 5 }, { x: 0.5, y: 0, width: 5, height: 5 }, { x: 0, y: 0, width: 0, height: 5 }, { x: 0, y: 0, width: NaN, height: 5 }])
      for (const call of [() => deblurrer.deblur(large, { part: bad }), () => deblurrer.estimate(large, { part: bad })])
        refused.push(await call().catch((error) => error.code));
    deblurrer.destroy();
    return { counts, refused, own: own.blur, blur };`);
  const { changed, ...wrong } = result.counts;
  assert.ok(changed > 100_000, `${changed} values changed`);
  assert.deepEqual(wrong, { core: 0, outside: 0, between: 0, cut: 0 });
  assert.deepEqual(new Set(result.refused), new Set(['bad-argument']));
  assert.deepEqual(result.own, result.blur);
});

test('the blur of a part is its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deblur-part-'));
  const [blurred, sharp] = ['blurred.png', 'sharp.png'].map((name) => join(folder, name));
  execFileSync('node', ['scripts/draw-sample.js', blurred, sharp]);
  const [left, right] = [sharp, blurred].map((path) => rgba(readFileSync(path)));
  const { width, height } = left;
  const half = width >> 1;
  const both = left.pixels.map((value, i) => ((i >> 2) % width < half ? value : right.pixels[i]));
  const { page } = await stage.open('index.html', { ownModel: true });
  await drop(page, 'both.png', 'image/png', writePng(both, width, height, 4));
  await reaches(page, 'done');
  const kinds = await page.evaluate(
    async ([width, height, half]) => {
      const element = /** @type {any} */ (document.querySelector('deblur-image'));
      const deblurrer = await element.deblurrer();
      const of = async (/** @type {number} */ x) =>
        (await deblurrer.estimate(element.session.photograph, { part: { x, y: 0, width: half, height } })).kind;
      return [await of(0), await of(width - half)];
    },
    [width, height, half],
  );
  assert.equal(kinds[0], 'none');
  assert.notEqual(kinds[1], 'none');
  await page.context().close();
});

for (const [device, options] of devices)
  test(`on a ${device}, what is in view is sharpened alone, and all of it again`, async () => {
    const { page, errors } = await stage.open('index.html', options);
    await drop(page, 'harbour.png', 'image/png', photograph);
    await reaches(page, 'done');
    const whole = await downloaded(page);
    await page.locator('deblur-image .only').click();
    await page.locator('deblur-image .note', { hasText: 'Zoom in on the blurred part first' }).waitFor();
    assert.equal(await partOf(page), null);
    await zoomIn(page);
    await page.locator('deblur-image .only').click();
    await page.locator('deblur-image .note', { hasText: 'Only what is in the frame' }).waitFor();
    await reaches(page, 'done');
    const part = /** @type {Rectangle} */ (await partOf(page));
    assert.ok(part.x === 0 && part.width < 256 && part.height < 256, JSON.stringify(part));
    const alone = rgba((await downloaded(page)).bytes);
    const { inside, outside } = differences(alone, rgba(photograph), part);
    assert.ok(inside > 1 && outside === 0, `changed by ${inside} inside and ${outside} outside`);

    await page.keyboard.press('0');
    const frame = await page.locator('deblur-image .part').boundingBox();
    const scale = await page.evaluate(() => {
      const { viewer } = /** @type {any} */ (document.querySelector('deblur-image'));
      return viewer.scale / viewer.pixelRatio;
    });
    assert.ok(frame && Math.abs(frame.width - part.width * scale) < 2, 'it is framed');

    await page.locator('deblur-image .kind').selectOption('defocus');
    await page.locator('deblur-image .finding', { hasText: 'Out of focus' }).waitFor();
    await reaches(page, 'done');
    const corrected = rgba((await downloaded(page)).bytes);
    assert.equal(differences(corrected, rgba(photograph), part).outside, 0, 'a correction is of the part');

    await zoomIn(page);
    await page.locator('deblur-image .only').click();
    await reaches(page, 'done');
    assert.equal(await page.locator('deblur-image .kind').inputValue(), 'defocus', 'what was set holds for another part');

    await page.locator('deblur-image .everywhere').click();
    await page.locator('deblur-image .everywhere').waitFor({ state: 'hidden' });
    await reaches(page, 'done');
    assert.deepEqual(await downloaded(page), whole, 'and for the whole what had been set of that');
    assert.ok(await page.locator('deblur-image .part').isHidden());
    assert.deepEqual(errors, []);
    await page.context().close();
  });

test('a part that is cancelled leaves the result before it', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'harbour.png', 'image/png', photograph);
  await reaches(page, 'done');
  const whole = await downloaded(page);
  await zoomIn(page);
  await cancelSoon(page);
  await page.locator('deblur-image .only').click();
  await page.locator('deblur-image .note', { hasText: 'Cancelled' }).waitFor();
  await reaches(page, 'done');
  assert.equal(await partOf(page), null);
  assert.deepEqual(await downloaded(page), whole);
  assert.match(await textOf(page, '.finding'), /blur|shake|focus|Motion/i);
  await page.context().close();
});
