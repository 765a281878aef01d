// Large photographs: the page answers all the while, memory is bounded, and no canvas is large.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { memoryOfChildren } from '../../scripts/browser-memory.js';
import { drawn, openStage, seen } from './browser.js';
import { largeJpeg } from './large-photograph.js';

/** @type {import('./browser.js').Stage} */
let stage;
const folder = mkdtempSync(join(tmpdir(), 'deblur-large-'));

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** @param {string} name @param {number} width @param {number} height */
async function fileOf(name, width, height) {
  const path = join(folder, name);
  writeFileSync(path, await largeJpeg(width, height));
  return path;
}

/** @param {import('playwright-core').Page} page @param {string} path */
async function restore(page, path) {
  await page.locator('deblur-image .file').setInputFiles(path);
  await page.locator('deblur-image .frame[data-state="done"]').waitFor({ timeout: 180_000 });
}

/** @param {import('playwright-core').Page} page */
async function save(page) {
  const waiting = page.waitForEvent('download', { timeout: 60_000 });
  await page.locator('deblur-image .download').click();
  return readFileSync(await (await waiting).path());
}

/** @typedef {{ cpuMs: number, parts: () => string }} Task */

/**
 * What the threads that draw the page did, each task by itself.
 * @param {import('playwright-core').Page} page
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Task[]>} The processor's time, which does not depend on what else the machine has to do.
 */
async function mainThreadTasks(page, work) {
  const session = await page.context().newCDPSession(page);
  /** @type {any[]} */
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    categories: 'toplevel,devtools.timeline,disabled-by-default-devtools.timeline,__metadata',
  });
  await work();
  const ended = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await ended;
  const threadOf = (/** @type {any} */ event) => `${event.pid}:${event.tid}`;
  const main = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf));
  const complete = events.filter((event) => event.ph === 'X' && main.has(threadOf(event)));
  /** What takes most of a task, from without to within. @param {any} task */
  const partsOf = (task) =>
    complete
      .filter(({ ts, tdur, pid }) => pid === task.pid && ts >= task.ts && ts < task.ts + task.dur && tdur > task.tdur / 3)
      .map(({ name, args, tdur }) => `${name} ${args?.data?.functionName ?? ''} ${tdur / 1000}`);
  return complete
    .filter(({ name }) => name === 'RunTask')
    .map((task) => ({ cpuMs: (task.tdur ?? 0) / 1000, parts: () => partsOf(task).join(' > ') })); // too short to measure: no tdur
}

/** @param {Task[]} tasks */
const longestOf = (tasks) => tasks.reduce((a, b) => (b.cpuMs > a.cpuMs ? b : a));

/**
 * How much longer than where the bound was set this machine takes for new memory of 12 megapixels, which is what the page's longest tasks
 * wait for: where a page fault is dear, as in nested virtual machines, everything that is new is.
 * @param {import('playwright-core').Page} page
 */
async function slowness(page) {
  const USUAL_MS = 60;
  const fill = () => page.evaluate(() => new Uint8Array(48e6).fill(1)[0]);
  return Math.max(1, longestOf(await mainThreadTasks(page, fill)).cpuMs / USUAL_MS);
}

test('12 megapixels: no task of the main thread takes 100 ms', async (t) => {
  const path = await fileOf('12.jpg', 4000, 3000);
  const { page, errors } = await stage.open('index.html');
  const most = 100 * (await slowness(page));
  // Without `seen`, whose sums over the view would be the longest task.
  const tasks = await mainThreadTasks(page, async () => {
    await restore(page, path);
    await save(page);
    await page.keyboard.press('1');
    await drawn(page);
    await page.locator('deblur-image .strength').fill('40');
    await drawn(page);
    await page.locator('deblur-image .kind').selectOption('gaussian');
    await page.locator('deblur-image .download:enabled').waitFor({ timeout: 60_000 });
  });
  assert.ok(tasks.length > 200, `a trace of ${tasks.length} tasks`);
  const { cpuMs: longest, parts } = longestOf(tasks);
  t.diagnostic(`the longest task took ${longest} ms of processor time: ${parts()}`);
  assert.ok(longest > 1 && longest < most, `the longest task took ${longest} ms, and might have taken ${most}: ${parts()}`);
  assert.deepEqual(errors, []);
  await page.context().close();
});

/**
 * From opening a JPEG to saving it: less than a third of the device's memory is enough, and no canvas is larger than mobile Safari allows.
 * @param {number} width
 * @param {number} height
 * @param {number} memoryGb Of the device.
 */
async function staysSmall(width, height, memoryGb) {
  const path = await fileOf(`${width}.jpg`, width, height);
  const { page, errors } = await stage.open('lib/deblur.js');
  await page.addInitScript((memoryGb) => {
    Object.defineProperties(navigator, { deviceMemory: { value: memoryGb }, hardwareConcurrency: { value: 2 } });
    const state = { largest: 0 };
    const Canvas = OffscreenCanvas;
    Object.assign(globalThis, {
      state,
      OffscreenCanvas: class extends Canvas {
        constructor(/** @type {number} */ width, /** @type {number} */ height) {
          super(width, height);
          state.largest = Math.max(state.largest, width * height);
        }
      },
    });
  }, memoryGb);
  await page.goto(`${stage.server.url}index.html`, { waitUntil: 'networkidle' });
  const idle = memoryOfChildren();
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, memoryOfChildren() - idle);
  }, 50);
  await restore(page, path);
  const restoring = peak;
  const saved = await save(page);
  await page.keyboard.press('1');
  await seen(page);
  clearInterval(watch);
  const sizeAt = saved.indexOf(Buffer.from([0xff, 0xc0])) + 5;
  assert.deepEqual([saved.readUInt16BE(sizeAt), saved.readUInt16BE(sizeAt + 2)], [height, width]);
  assert.ok(restoring > (8 * width * height) / 1e6, `${restoring} MB: nothing was measured`);
  assert.ok(restoring < (1024 * memoryGb) / 5, `${restoring} MB while it was restored`);
  assert.ok(peak < 1024 * memoryGb * 0.3, `${peak} MB while it was saved`);
  const view = await page.locator('deblur-image .view canvas').evaluate((canvas) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
    return width * height;
  });
  const largest = await page.evaluate(() => /** @type {any} */ (globalThis).state.largest);
  assert.ok(largest > 1e6 && Math.max(largest, view) <= 16_777_216, `a canvas of ${largest} pixels`);
  assert.deepEqual(errors, []);
  await page.context().close();
}

test('48 megapixels on a phone of 4 GB', () => staysSmall(8000, 6000, 4));
test('100 megapixels on a desktop of 8 GB', () => staysSmall(11_600, 8_700, 8));
