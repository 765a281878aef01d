// Real photographs, where a folder of them is there (EVAL, as for scripts/evaluate), through the page with the models that ship.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { downloaded, drop, openStage, reaches, rgba } from './browser.js';

const EVAL = process.env.EVAL ?? '../shared/data/eval';
const skip = existsSync(EVAL) ? false : `there is no ${EVAL}`;
const types = /** @type {Record<string, string>} */ ({ '.jpg': 'image/jpeg', '.png': 'image/png' });

/** @type {import('./browser.js').Stage} */
let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** @param {{ pixels: Uint8Array }} a @param {{ pixels: Uint8Array }} b @returns {number} Decibels. */
function psnr(a, b) {
  const squares = a.pixels.reduce((sum, value, i) => sum + (value - b.pixels[i]) ** 2, 0);
  return 10 * Math.log10((255 ** 2 * a.pixels.length * 0.75) / squares); // alpha is the same in both
}

// Between levels of sRGB and light (IEC 61966-2-1).
const LIGHT = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});
/** @param {number} light */
const level = (light) => 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);

/** The levels of red, green and blue whose light is the picture's mean. @param {{ pixels: Uint8Array }} picture */
function meanLight({ pixels }) {
  const sums = [0, 0, 0];
  pixels.forEach((value, i) => {
    if (i % 4 < 3) sums[i % 4] += LIGHT[value];
  });
  return sums.map((sum) => level((4 * sum) / pixels.length));
}

/** What the page makes of a file, as a PNG. @param {import('playwright-core').Page} page @param {string} path */
async function restored(page, path) {
  const name = path.split('/').pop() ?? '';
  await drop(page, name, types[extname(name)], readFileSync(path));
  await page.locator('deblur-image .file-name', { hasText: name }).waitFor();
  await reaches(page, 'done');
  await page.locator('deblur-image .format').selectOption('png');
  return rgba((await downloaded(page)).bytes);
}

for (const model of ['best', 'fast'])
  test(`photographs softly blurred come nearer to the truth (${model})`, { skip }, async () => {
    const { page, errors } = await stage.open('index.html', { ownModel: true });
    await page.locator('deblur-image').evaluate((element, name) => element.setAttribute('model', name), model);
    const folder = join(EVAL, 'protocol');
    for (const name of readdirSync(join(folder, 'sharp')).slice(0, 4)) {
      const path = join(folder, 'blur', name);
      const truth = rgba(readFileSync(join(folder, 'sharp', name)));
      const gain = psnr(await restored(page, path), truth) - psnr(rgba(readFileSync(path)), truth);
      assert.ok(gain > 1, `${name}: ${gain.toFixed(2)} dB`);
    }
    assert.deepEqual(errors, []);
    await page.context().close();
  });

test('really blurred photographs come out whole, and in their own colours', { skip }, async () => {
  const { page, errors } = await stage.open('index.html', { ownModel: true });
  const folder = join(EVAL, 'real-blur-noref');
  let count = 0;
  for (const name of readdirSync(folder).filter((file) => extname(file) in types)) {
    const after = await restored(page, join(folder, name));
    if (await page.locator('deblur-image .anyway').isVisible()) continue; // where people moved in front of a sharp street
    await page.locator('deblur-image .strength').fill('0');
    const before = rgba((await downloaded(page)).bytes);
    await page.locator('deblur-image .strength').fill('100');
    assert.deepEqual([after.width, after.height], [before.width, before.height], name);
    // Blur spreads light and loses none. (Means of levels would move: the same light looks brighter the wider it is spread.)
    const [then, now] = [before, after].map(meanLight);
    const shifts = now.map((mean, c) => Math.abs(mean - then[c]));
    assert.ok(Math.max(...shifts) < 1, `${name}: red, green and blue moved by ${shifts} levels`);
    count++;
  }
  assert.ok(count > 5, `${count} of them were restored`);
  assert.deepEqual(errors, []);
  await page.context().close();
});
