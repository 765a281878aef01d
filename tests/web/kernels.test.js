// The kernels' own test (tests/native/test_kernels.c) in a browser, as it is in each of the modules with SIMD. In node relaxed SIMD is
// behind a flag.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openBrowser } from './browser.js';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

for (const variant of ['simd', 'relaxed'])
  test(`the ${variant} kernels equal the reference in Chromium`, async () => {
    const page = await browser.newPage();
    /** @type {string[]} */
    const lines = [];
    await page.exposeFunction('hear', (/** @type {string} */ line) => lines.push(line));
    /** @type {Promise<number>} */
    const finished = new Promise((resolve) => page.exposeFunction('finish', resolve));
    await page.evaluate('var Module = { print: hear, printErr: hear, onExit: (status) => finish(status) }');
    await page.addScriptTag({ content: readFileSync(`build/wasm/test_kernels-${variant}.cjs`, 'utf8') });
    const status = await finished;
    assert.equal(status, 0, lines.filter((line) => !line.startsWith('ok ')).join('\n'));
    assert.deepEqual(
      lines.filter((line) => line.startsWith('variant ')),
      ['variant reference', `variant wasm_${variant}`],
    );
    await page.close();
  });
