// What a large photograph costs in the page: seconds, memory of all of the browser's processes, and the longest time for which the page
// did not answer. The photograph is JPEG, made of the given picture repeated to so many megapixels.
//
//     node scripts/bench-page.js PICTURE.png [MEGAPIXELS]
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage } from '../tests/web/browser.js';
import { largeJpeg } from '../tests/web/large-photograph.js';
import { memoryOfChildren } from './browser-memory.js';

const [path, megapixels = '12'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'deblur-bench-'));
const jpeg = join(folder, 'large.jpg');
const [width, height] = [2000, 1500].map((side) => Math.round(side * Math.sqrt(Number(megapixels) / 3)));
writeFileSync(jpeg, await largeJpeg(width, height, path));
const stage = await openStage();
const { page } = await stage.open('index.html', { ownModel: true });
const idle = memoryOfChildren();
let peak = idle;
const watch = setInterval(() => {
  peak = Math.max(peak, memoryOfChildren());
}, 50);
await page.evaluate(() => {
  const state = { longest: 0, at: '', phase: 'choosing' };
  Object.assign(globalThis, { state });
  for (const name of ['start', 'blur', 'progress', 'done'])
    addEventListener(`deblur-${name}`, () => {
      state.phase = name;
    });
  let last = performance.now();
  const tick = new MessageChannel();
  tick.port1.onmessage = () => {
    const now = performance.now();
    if (now - last > state.longest) Object.assign(state, { longest: now - last, at: state.phase });
    last = now;
    tick.port2.postMessage(null);
  };
  tick.port2.postMessage(null);
});
const start = performance.now();
await page.locator('deblur-image .file').setInputFiles(jpeg);
await page.locator('deblur-image .frame[data-state="done"]').waitFor({ timeout: 600_000 });
const seconds = (performance.now() - start) / 1000;
await page.waitForTimeout(1000); // painting
const done = /** @type {any} */ (await page.evaluate(() => ({ .../** @type {any} */ (globalThis).state })));
const [download] = await Promise.all([page.waitForEvent('download'), page.locator('deblur-image .download').click()]);
await download.path();
const saved = /** @type {any} */ (await page.evaluate(() => ({ .../** @type {any} */ (globalThis).state })));
clearInterval(watch);
await stage.close();
console.log(`${megapixels} megapixels, ${(statSync(jpeg).size / 1e6).toFixed(1)} MB of JPEG`);
console.log(`  from choosing to done                   ${seconds.toFixed(1)} s`);
console.log(`  memory at its peak, all processes       ${peak.toFixed(0)} MB (${idle.toFixed(0)} MB before)`);
console.log(`  longest time without an answer          ${done.longest.toFixed(0)} ms (after "${done.at}")`);
console.log(`  the same, saving as JPEG included       ${saved.longest.toFixed(0)} ms (after "${saved.at}")`);
rmSync(folder, { recursive: true });
