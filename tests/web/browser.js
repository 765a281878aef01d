// What browser tests share: a Chromium, a server for build/web, and pages in which requests and errors are written down.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { readPng } from '../../scripts/png.js';
import { serve } from '../../scripts/serve.js';

export const modelPath = 'build/tests/model.dbm';

/** Chromium, as Debian has it, which asks nobody for anything. */
export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/**
 * Until the model and all workers are there, which come when somebody seems about to use the element.
 * @param {import('playwright-core').Page} page
 */
export const readied = (page) =>
  page.evaluate(async () => {
    const element = /** @type {any} */ (document.querySelector('deblur-image'));
    element?.dispatchEvent(new Event('pointerover'));
    await element?.ready;
    const deblurrer = await element?.deblurrer().catch(() => null);
    while (deblurrer?.pool.members.some((/** @type {any} */ member) => !member.ready))
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

/** Starts a server and a browser. @returns {Promise<Stage>} */
export async function openStage() {
  const server = await serve('build/web', 0);
  return new Stage(server, await openBrowser());
}

export class Stage {
  /**
   * @param {{ url: string, close(): Promise<void> }} server
   * @param {import('playwright-core').Browser} browser
   */
  constructor(server, browser) {
    this.server = server;
    this.browser = browser;
  }

  async close() {
    await this.browser.close();
    await this.server.close();
  }

  /**
   * A page whose model is the small random one of the tests, unless `ownModel`.
   * @param {string} path
   * @param {import('playwright-core').BrowserContextOptions & { ownModel?: boolean }} [options]
   */
  async open(path, { ownModel = false, ...options } = {}) {
    // A service worker would answer in the place of page.route.
    const own = /** @type {const} */ ({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, serviceWorkers: 'block' });
    const context = await this.browser.newContext({ ...own, ...options });
    const page = await context.newPage();
    /** @type {string[]} */
    const requests = [];
    /** @type {string[]} */
    const errors = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    if (!ownModel) await page.route('**/student.dbm', (route) => route.fulfill({ body: readFileSync(modelPath) }));
    await page.goto(this.server.url + path, { waitUntil: 'networkidle' });
    await readied(page);
    return { page, requests, errors };
  }
}

/** Drops a file on the element, as a hand would. @param {import('playwright-core').Page} page @param {string} name @param {string} type @param {Uint8Array} bytes */
export const drop = (page, name, type, bytes) => dropAll(page, [{ name, type, bytes }]);

/** @param {import('playwright-core').Page} page @param {{ name: string, type: string, bytes: Uint8Array }[]} files */
export async function dropAll(page, files) {
  await page.evaluate(
    (files) => {
      const transfer = new DataTransfer();
      for (const { name, type, base64 } of files)
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
      const frame = document.querySelector('deblur-image')?.shadowRoot?.querySelector('.frame');
      frame?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    files.map(({ name, type, bytes }) => ({ name, type, base64: Buffer.from(bytes).toString('base64') })),
  );
}

/** What a button saves. @param {import('playwright-core').Page} page @param {string} [button] */
export async function downloaded(page, button = '.download') {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`deblur-image ${button}`).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** RGBA of whatever PNG. @param {Uint8Array} file */
export function rgba(file) {
  const { width, height, channels, pixels } = readPng(file);
  const out = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < channels; c++) out[4 * i + c] = pixels[channels * i + c];
  return { width, height, pixels: out };
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export const worstDifference = (a, b) => a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);

/** @param {import('playwright-core').Page} page @param {string} selector */
export const textOf = async (page, selector) => (await page.locator(`deblur-image ${selector}`).textContent()) ?? '';

/** Until all that there is to see is drawn: what is seen from near comes over several frames. @param {import('playwright-core').Page} page */
export const drawn = (page) =>
  page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(null)));
    for (let i = 0; i < 3; i++) await frame();
    const { viewer } = /** @type {any} */ (document.querySelector('deblur-image'));
    while (viewer.asked) await frame();
  });

/**
 * What the view shows: sums over its left and its right half, which differ when anything in them does.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<{ left: number, right: number }>}
 */
export const seen = async (page) => {
  await drawn(page);
  return page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (
      document.querySelector('deblur-image')?.shadowRoot?.querySelector('.view canvas')
    );
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    const sums = { left: 0, right: 0 };
    for (let i = 0; i < data.length; i += 4) {
      const x = (i / 4) % canvas.width;
      sums[x < canvas.width / 2 ? 'left' : 'right'] += (data[i] + 3 * data[i + 1] + 7 * data[i + 2]) * ((i % 1013) + 1);
    }
    return sums;
  });
};

/** A large and a small screen. */
export const devices = /** @type {[string, import('playwright-core').BrowserContextOptions][]} */ ([
  ['desktop', { viewport: { width: 1280, height: 900 } }],
  ['phone', { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }],
]);

/** Waits for a state of the element. @param {import('playwright-core').Page} page @param {string} state */
export async function reaches(page, state) {
  await page.locator(`deblur-image .frame[data-state="${state}"]`).waitFor({ timeout: 20_000 });
}

/**
 * The library in a page on which nothing else runs.
 * @param {Stage} stage
 * @returns {Promise<(body: string) => Promise<any>>} Runs an async function of `lib`, `model`, and a `small` and a `large` picture, there.
 *   What it throws comes back as {code, name, message}.
 */
export async function openLibrary(stage) {
  const { page } = await stage.open('lib/deblur.js', { ownModel: true });
  const model = [...readFileSync(modelPath)];
  await page.evaluate(async (bytes) => {
    const where = new URL('./deblur.js', location.href).href;
    Object.assign(globalThis, { lib: await import(where), model: Uint8Array.from(bytes).buffer });
  }, model);
  return (body) =>
    page.evaluate(async (body) => {
      const { lib, model } = /** @type {any} */ (globalThis);
      const noise = (/** @type {number} */ width, /** @type {number} */ height) => {
        const image = new ImageData(width, height);
        image.data.forEach((_, i) => {
          image.data[i] = i % 4 === 3 ? 255 : (Math.imul(i, 2654435761) >>> 24) / 2 + 64;
        });
        return image;
      };
      const work = new (Object.getPrototypeOf(async () => {}).constructor)('lib', 'model', 'small', 'large', body);
      try {
        return await work(lib, model.slice(0), noise(97, 61), noise(2400, 1600));
      } catch (error) {
        const { code, name, message } = /** @type {any} */ (error);
        return { code, name, message };
      }
    }, body);
}

/** Presses the button in the midst of the next work, however quick that is. @param {import('playwright-core').Page} page */
export const cancelSoon = (page) =>
  page.evaluate(() => {
    const button = document.querySelector('deblur-image')?.shadowRoot?.querySelector('.cancel');
    addEventListener('deblur-progress', () => /** @type {HTMLElement} */ (button).click(), { once: true });
  });
