// The element and the page in every language they know.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { languages } from '../../web/lib/i18n.js';
import { devices, drop, openStage, reaches, textOf } from './browser.js';
import { catalogueKeys } from './texts.js';

/** @type {import('./browser.js').Stage} */
let stage;
const photograph = readFileSync('tests/golden/c.blur1.5.png');
const others = Object.keys(languages).filter((language) => language !== 'en');

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

for (const language of others)
  test(`${language} has all texts, no others, and the same values in them`, async () => {
    const { default: messages } = await import(`../../web/lib/messages/${language}.js`);
    assert.deepEqual(Object.keys(messages).sort(), catalogueKeys());
    const values = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const [english, text] of Object.entries(messages)) assert.deepEqual(values(text), values(english), english);
  });

for (const language of others)
  for (const [device, options] of devices)
    test(`on a ${device}, the page speaks ${language} where the browser does, and fits`, async () => {
      const { page, errors } = await stage.open('index.html', { ...options, locale: language });
      const { default: messages } = await import(`../../web/lib/messages/${language}.js`);
      assert.equal(await page.locator('h1').textContent(), messages['Take the blur out of a photograph']);
      assert.equal(await page.evaluate(() => document.documentElement.lang), language);
      assert.equal(await page.evaluate(() => document.documentElement.dir), language === 'ar' ? 'rtl' : 'ltr');
      const fits = async () => assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
      await fits();
      await drop(page, 'a.txt', 'text/plain', Buffer.from('no'));
      await reaches(page, 'error');
      assert.equal(
        await textOf(page, '.message'),
        `${messages['This is not a picture (it says {type})'].replace('{type}', 'text/plain')}.`,
      );
      await drop(page, 'a.png', 'image/png', photograph);
      await reaches(page, 'done');
      assert.equal(await textOf(page, '.download'), messages.Download);
      await fits();
      const clipped = await page
        .locator('deblur-image button:visible')
        .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent));
      assert.deepEqual(clipped, [], 'buttons hold their texts');
      assert.deepEqual(errors, []);
      await page.context().close();
    });

test('another language is a choice away, and is kept', async () => {
  const { page } = await stage.open('index.html', { locale: 'en-GB' });
  await page.locator('.language').selectOption('fr');
  await page.locator('h1', { hasText: 'Retirer le flou' }).waitFor();
  await page.locator('deblur-image .invite', { hasText: 'Déposez' }).waitFor();
  await page.reload();
  await page.locator('h1', { hasText: 'Retirer le flou' }).waitFor();
  await page.locator('.language').selectOption('en');
  await page.locator('h1', { hasText: 'Take the blur' }).waitFor();
  await page.context().close();
});
