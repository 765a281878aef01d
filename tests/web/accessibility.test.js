// Everyone can use the page: axe finds nothing (WCAG 2.2 A and AA, and its advice), and everything can be done and heard without a mouse.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { devices, drop, dropAll, openStage, reaches } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const photograph = readFileSync('tests/golden/c.blur1.5.png');
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (globalThis).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.flatMap((/** @type {any} */ { id, nodes }) =>
      nodes.map((/** @type {any} */ node) => `${id}: ${node.html.slice(0, 90)} ${node.failureSummary}`),
    );
  });
}

for (const [device, options] of devices)
  for (const [theme, more] of /** @type {[string, import('playwright-core').BrowserContextOptions][]} */ ([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark', reducedMotion: 'reduce' }],
    ['right to left', { locale: 'ar' }],
  ]))
    test(`axe finds nothing on a ${device}, ${theme}, in any state`, async () => {
      const { page } = await stage.open('index.html', { ...options, ...more });
      const check = async (/** @type {string} */ state) => assert.deepEqual(await violations(page), [], state);
      await check('empty');
      await drop(page, 'a.txt', 'text/plain', Buffer.from('no'));
      await reaches(page, 'error');
      await check('error');
      await drop(page, 'a.png', 'image/png', photograph);
      await reaches(page, 'done');
      await check('done');
      await page.locator('deblur-image .kind').selectOption('shake');
      await page.locator('deblur-image .download:enabled').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('deblur-image .side').click();
      await page.locator('deblur-image .zoom').click();
      await page.locator('deblur-image .diagnostics summary').click();
      await page.locator('deblur-image .diagnostics pre', { hasText: 'module' }).waitFor();
      await check('zoomed, side by side, with details');
      await dropAll(
        page,
        ['a', 'b', 'c'].map((name) => ({ name: `${name}.png`, type: 'image/png', bytes: photograph })),
      );
      await page.locator('deblur-image .leaving').waitFor();
      await check('asked whether to leave what was corrected');
      await page.locator('deblur-image .leaving [value=close]').click();
      await page.locator('deblur-image .zip:enabled').waitFor();
      await check('several');
      await page.locator('deblur-image .close').click();
      await page.locator('deblur-image .leaving').waitFor();
      await check('asked whether to close them');
      await page.context().close();
    });

test('axe finds nothing in the article', async () => {
  const { page } = await stage.open('embed.html');
  await page.locator('deblur-image .sample').click();
  await reaches(page, 'done');
  assert.deepEqual(await violations(page), []);
  await page.context().close();
});

test('from opening to saving, by keyboard alone, and what happens is said', async () => {
  const { page } = await stage.open('index.html');
  /** @type {string[]} */
  const said = [];
  await page.exposeFunction('hear', (/** @type {string} */ text) => said.push(text));
  await page.evaluate(() => {
    const status = /** @type {HTMLElement} */ (document.querySelector('deblur-image')?.shadowRoot?.querySelector('.status'));
    new MutationObserver(() => /** @type {any} */ (globalThis).hear(status.textContent)).observe(status, { childList: true });
  });
  const focused = () =>
    page.evaluate(() => {
      const at = document.querySelector('deblur-image')?.shadowRoot?.activeElement ?? document.activeElement;
      return at?.className ?? '';
    });
  const tabTo = async (/** @type {string} */ name) => {
    for (let i = 0; i < 25 && !(await focused()).split(' ').includes(name); i++) await page.keyboard.press('Tab');
    assert.match(await focused(), new RegExp(`\\b${name}\\b`), `Tab comes to ${name}`);
  };
  await tabTo('sample');
  await page.keyboard.press('Enter');
  await reaches(page, 'done');
  assert.equal(await focused(), 'view', 'one goes on at the picture');
  for (const control of ['split', 'zoom', 'side', 'peek', 'strength', 'kind', 'format', 'download']) await tabTo(control);
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  assert.equal(download.suggestedFilename(), 'sample-deblurred.png');
  assert.deepEqual(said.filter((text) => /Looking|Sharpening|Done/.test(text)).length >= 3, true, `said: ${said}`);
  await page.context().close();
});

test('what is pressed is large enough for a finger, and nothing moves for those who do not want it', async () => {
  const { page } = await stage.open('index.html', { ...devices[1][1], reducedMotion: 'reduce' });
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  const small = await page
    .locator('deblur-image button:visible, deblur-image select:visible')
    .evaluateAll((all) =>
      all
        .map((one) => ({ name: one.className, ...one.getBoundingClientRect().toJSON() }))
        .filter(({ width, height }) => width < 24 || height < 24),
    );
  assert.deepEqual(small, []);
  const moving = await page.evaluate(() => document.getAnimations().length);
  assert.equal(moving, 0);
  await page.context().close();
});
