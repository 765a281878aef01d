// Blur that differs from place to place, through the library and the page, with the student that ships.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drawDifferent } from '../different.js';
import { downloaded, drop, openStage, reaches, rgba, textOf, worstDifference } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const folder = mkdtempSync(join(tmpdir(), 'deblur-map-'));
const { png } = drawDifferent(folder);

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** What the command line makes of it. @param {string[]} more */
function native(...more) {
  const [path, out] = [join(folder, 'different.png'), join(folder, 'restored.png')];
  writeFileSync(path, png);
  execFileSync('build/deblur', ['run', '--quiet', '--model', 'weights/student.dbm', ...more, path, '-o', out]);
  return rgba(readFileSync(out)).pixels;
}

test('the page finds it, says so, and gives what the command line gives; a blur that one sets counts everywhere', async () => {
  const { page } = await stage.open('index.html', { ownModel: true });
  await drop(page, 'different.png', 'image/png', png);
  await reaches(page, 'done');
  assert.match(await textOf(page, '.finding'), /not the same everywhere/);
  const found = rgba((await downloaded(page)).bytes).pixels;
  assert.ok(worstDifference(found, native()) <= 1, `${worstDifference(found, native())} from the command line`);
  assert.ok(worstDifference(found, native('--uniform')) > 20, 'as with one blur for all');
  await page.locator('deblur-image .kind').selectOption('motion');
  await page.waitForFunction(() => {
    const { session } = /** @type {any} */ (document.querySelector('deblur-image'));
    return session.assumed.kind === 'motion' && session.restored;
  });
  assert.equal(
    await page.evaluate(() => /** @type {any} */ (document.querySelector('deblur-image')).session.assumed.map ?? null),
    null,
  );
  await page.context().close();
});

test('the library gives the same however it is cut, told or found, in a part too; and refuses a map that is none', async () => {
  const { page } = await stage.open('lib/deblur.js', { ownModel: true });
  const result = await page.evaluate(
    async (bytes) => {
      const lib = await import(new URL('./deblur.js', location.href).href);
      const deblurrer = await lib.load({ workers: 2 });
      const photograph = await deblurrer.open(new Blob([Uint8Array.from(bytes)]));
      const of = async (/** @type {object} */ options) => (await deblurrer.deblur(photograph, options)).image.imageData.data;
      const { found } = photograph;
      const same = (/** @type {Uint8ClampedArray} */ a, /** @type {Uint8ClampedArray} */ b) =>
        a.every((value, i) => value === b[i]);
      const whole = await of({});
      const cut = await of({ tilePx: 160 });
      const told = await of({ blur: structuredClone(found) });
      const stored = await of({ blur: JSON.parse(JSON.stringify(found)) });
      const listed = await of({ blur: { ...found, map: [...found.map] } });
      const part = { x: 101, y: 50, width: 700, height: 400 };
      const inPart = await deblurrer.deblur(photograph, { part, blur: found, tilePx: 200 });
      const middle = { x: 300, y: 200, width: 200, height: 100 };
      let differs = 0;
      for (let y = middle.y; y < middle.y + middle.height; y++)
        for (let i = 4 * (y * photograph.width + middle.x), end = i + 4 * middle.width; i < end; i++)
          differs += Number(inPart.image.imageData.data[i] !== whole[i]);
      const ofPart = await deblurrer.estimate(photograph, { part });
      const changed = (/** @type {number} */ at, /** @type {number} */ word) => {
        const map = found.map.slice();
        map[at] = word;
        return map;
      };
      const wrong = [
        changed(4, 7),
        changed(4, 1 << 30),
        changed(2, 0),
        changed(6, 0x7fc00000),
        Int32Array.from({ length: 9999 }, () => 99),
        found.map.slice(0, 20),
      ];
      const refused = [];
      for (const map of wrong)
        refused.push(
          await deblurrer.deblur(photograph, { blur: { ...found, map } }).catch((/** @type {any} */ error) => error.code),
        );
      const after = await of({});
      deblurrer.destroy();
      return {
        cells: found.map[4] * found.map[5],
        cut: same(whole, cut),
        told: same(whole, told) && same(whole, stored) && same(whole, listed),
        differs,
        partOf: [...ofPart.map.slice(0, 4)],
        refused,
        after: same(whole, after),
      };
    },
    [...png],
  );
  assert.deepEqual(result, {
    cells: 15,
    cut: true,
    told: true,
    differs: 0,
    partOf: [101, 50, 700, 400],
    refused: Array(6).fill('bad-argument'),
    after: true,
  });
  await page.context().close();
});
