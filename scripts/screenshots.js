// Pictures of the page in its states, on a desktop and a phone, light, dark and right to left. The photographs are drawn (scripts/draw-sample.js).
//
//     node scripts/screenshots.js FOLDER
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { devices, drop, dropAll, openStage, reaches } from '../tests/web/browser.js';

/** @typedef {import('playwright-core').Page} Page */

const [folder = 'build/screenshots'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const sample = readFileSync('build/web/sample.png');
const stage = await openStage();

/** Fonts, frames and bars have come to rest. @param {Page} page */
const settle = (page) => page.waitForTimeout(350);

/** What is done before each picture; each goes on from where the one before it was. @type {[string, (page: Page) => Promise<unknown>][]} */
const steps = [
  ['empty', async () => {}],
  [
    'error',
    async (page) => {
      await drop(page, 'notes.txt', 'text/plain', Buffer.from('no picture'));
      await reaches(page, 'error');
    },
  ],
  [
    'working',
    async (page) => {
      const begun = page.evaluate(
        () =>
          new Promise((resolve) =>
            addEventListener('deblur-progress', (event) => /** @type {any} */ (event).detail > 0.3 && resolve(null)),
          ),
      );
      await drop(page, 'IMG_1234.png', 'image/png', sample);
      await begun;
    },
  ],
  ['done', (page) => reaches(page, 'done')],
  ['zoomed', (page) => page.locator('deblur-image .zoom').click()],
  [
    'side-by-side',
    async (page) => {
      await page.locator('deblur-image .zoom').click();
      await page.locator('deblur-image .side').click();
    },
  ],
  [
    'corrected',
    async (page) => {
      await page.locator('deblur-image .side').click();
      await page.locator('deblur-image .kind').selectOption('motion');
      await page.locator('deblur-image .download:enabled').waitFor();
    },
  ],
  [
    'leaving',
    async (page) => {
      await page.locator('deblur-image .close').click();
      await page.locator('deblur-image .leaving').waitFor();
    },
  ],
  [
    'several',
    async (page) => {
      const files = ['IMG_1.png', 'IMG_2.png', 'IMG_3.png'].map((name) => ({ name, type: 'image/png', bytes: sample }));
      await page.locator('deblur-image .leaving [value=close]').click();
      await dropAll(page, [...files, { name: 'broken.png', type: 'image/png', bytes: sample.subarray(0, 9999) }]);
      await page.locator('deblur-image .zip:enabled').waitFor();
    },
  ],
];

const looks = /** @type {[string, import('playwright-core').BrowserContextOptions][]} */ ([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['arabic', { colorScheme: 'light', locale: 'ar' }],
]);

for (const [device, options] of devices)
  for (const [look, more] of looks) {
    const { page } = await stage.open('index.html', { ...options, ...more, ownModel: true });
    for (const [name, act] of steps) {
      await act(page);
      if (name !== 'working') await settle(page); // which would be over
      await page.screenshot({ path: join(folder, `${device}-${look}-${name}.png`) });
    }
    await page.context().close();
  }
const { page } = await stage.open('embed.html', { ownModel: true });
await page.locator('deblur-image .sample').click();
await reaches(page, 'done');
await settle(page);
await page.screenshot({ path: join(folder, 'desktop-article.png'), fullPage: true });
await stage.close();
