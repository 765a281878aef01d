// Several photographs: a queue in which each has its state, and one zip.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';
import { writePng } from '../../scripts/png.js';
import { cancelSoon, devices, downloaded, dropAll, openStage, reaches, rgba, textOf } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const pictures = ['a', 'b', 'c'].map((name) => readFileSync(`tests/golden/${name}.blur1.5.png`));

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const five = [
  { name: 'one.png', type: 'image/png', bytes: pictures[0] },
  { name: 'two.png', type: 'image/png', bytes: pictures[1] },
  { name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('no picture') },
  { name: 'broken.png', type: 'image/png', bytes: pictures[2].subarray(0, 5000) },
  { name: 'one.png', type: 'image/png', bytes: pictures[2] },
];

/** @param {import('playwright-core').Page} page */
const states = (page) => page.locator('deblur-image .film .thumb').evaluateAll((all) => all.map((one) => one.dataset.state));

/** @param {import('playwright-core').Page} page */
const allEnd = (page) => page.locator('deblur-image .zip:enabled').waitFor({ timeout: 30_000 });

for (const [device, options] of devices)
  test(`on a ${device}, several are done one after the other, and what is broken holds nobody up`, async () => {
    const { page, errors } = await stage.open('index.html', options);
    await dropAll(page, five);
    await allEnd(page);
    assert.deepEqual(await states(page), ['done', 'done', 'failed', 'done'], 'what is no picture is left out');
    assert.match(await textOf(page, '.batch-text'), /^3 of 4 done, 1 failed$/);
    const button = await page.locator('deblur-image .zip').boundingBox();
    assert.ok(button && button.height < 48, 'its text is on one line');
    assert.match(
      (await page.locator('deblur-image .film .thumb').nth(2).getAttribute('aria-label')) ?? '',
      /broken.png, failed: This picture is cut short/,
    );
    const { name, bytes } = await downloaded(page, '.zip');
    assert.equal(name, 'deblurred.zip');
    const inside = unzipSync(bytes);
    assert.deepEqual(Object.keys(inside), ['one-deblurred.png', 'two-deblurred.png', 'one-deblurred-2.png']);
    for (const file of Object.values(inside)) assert.equal(Buffer.from(file).toString('latin1', 1, 4), 'PNG');
    assert.deepEqual(errors, []);
    await page.context().close();
  });

test('one that comes when all are done is done, too', async () => {
  const { page } = await stage.open('index.html');
  await dropAll(page, five.slice(0, 2));
  await allEnd(page);
  await dropAll(page, five.slice(4));
  await page.locator('deblur-image .batch-text', { hasText: '3 of 3 done' }).waitFor();
  await allEnd(page);
  await page.context().close();
});

test('in a batch as alone: what is sharp is left alone, and a JPEG is as good as it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deblur-batch-'));
  const [blurred, sharp, jpeg] = ['blurred.png', 'sharp.png', 'fine.jpg'].map((name) => join(folder, name));
  execFileSync('node', ['scripts/draw-sample.js', blurred, sharp]);
  execFileSync('build/deblur', ['run', '--quiet', '--strength', '0', '--quality', '97', blurred, '-o', jpeg]);
  const { page } = await stage.open('index.html', { ownModel: true });
  const fine = { name: 'fine.jpg', type: 'image/jpeg', bytes: readFileSync(jpeg) };
  await dropAll(page, [fine]);
  await reaches(page, 'done');
  const alone = (await downloaded(page)).bytes;
  await page.locator('deblur-image .close').click();
  await dropAll(page, [five[0], { name: 'sharp.png', type: 'image/png', bytes: readFileSync(sharp) }, fine]);
  await allEnd(page);
  const inside = unzipSync((await downloaded(page, '.zip')).bytes);
  assert.deepEqual(rgba(Buffer.from(inside['sharp-deblurred.png'])), rgba(readFileSync(sharp)));
  assert.deepEqual(Buffer.from(inside['fine-deblurred.jpg']), alone);
  await page.context().close();
});

test('any of them can be looked at and corrected, and the zip has the correction', async () => {
  const { page } = await stage.open('index.html');
  await dropAll(page, five.slice(0, 2));
  await allEnd(page);
  const before = unzipSync((await downloaded(page, '.zip')).bytes);
  await page.locator('deblur-image .film .thumb').nth(1).click();
  await page.locator('deblur-image .file-name', { hasText: 'two.png' }).waitFor();
  await allEnd(page);
  await page.locator('deblur-image .kind').selectOption('defocus');
  await page.locator('deblur-image .finding', { hasText: 'Out of focus' }).waitFor();
  await allEnd(page);
  const after = unzipSync((await downloaded(page, '.zip')).bytes);
  assert.deepEqual(after['one-deblurred.png'], before['one-deblurred.png']);
  assert.notDeepEqual(after['two-deblurred.png'], before['two-deblurred.png']);
  await page.context().close();
});

test('what was corrected of one, and which part of it, is there when one comes back', async () => {
  const { page } = await stage.open('index.html');
  await dropAll(page, five.slice(0, 2));
  await allEnd(page);
  await page.locator('deblur-image .view').focus();
  for (let i = 0; i < 12; i++) await page.keyboard.press('+');
  await page.locator('deblur-image .only').click();
  await page.locator('deblur-image .note', { hasText: 'Only what is in the frame' }).waitFor();
  await page.locator('deblur-image .kind').selectOption('defocus');
  await page.locator('deblur-image .finding', { hasText: 'Out of focus' }).waitFor();
  await allEnd(page);
  const before = unzipSync((await downloaded(page, '.zip')).bytes);
  for (const [at, name] of /** @type {const} */ ([
    [1, 'two.png'],
    [0, 'one.png'],
  ])) {
    await page.locator('deblur-image .film .thumb').nth(at).click();
    await page.locator('deblur-image .file-name', { hasText: name }).waitFor();
    await allEnd(page);
  }
  assert.equal(await page.locator('deblur-image .kind').inputValue(), 'defocus');
  assert.ok(await page.locator('deblur-image .part').isVisible());
  assert.deepEqual(unzipSync((await downloaded(page, '.zip')).bytes), before);
  await page.locator('deblur-image .format').selectOption('jpeg'); // made by itself, not by the one that is looked at
  await page.locator('deblur-image .film .thumb').nth(1).click();
  await allEnd(page);
  await page.locator('deblur-image .format').selectOption('png');
  await allEnd(page);
  assert.deepEqual(unzipSync((await downloaded(page, '.zip')).bytes), before);
  await page.context().close();
});

test('any of them can be taken out; where it was looked at, the next takes its place', async () => {
  const { page } = await stage.open('index.html');
  await dropAll(page, five);
  await allEnd(page);
  const takeOut = (/** @type {number} */ at) => page.locator('deblur-image .film .remove').nth(at).click();
  assert.equal(await page.locator('deblur-image .film .remove').nth(2).getAttribute('aria-label'), 'Take broken.png out');
  await takeOut(2);
  assert.deepEqual(await states(page), ['done', 'done', 'done']);
  assert.equal(await textOf(page, '.batch-text'), '3 of 3 done');
  await takeOut(0);
  await page.locator('deblur-image .file-name', { hasText: 'two.png' }).waitFor();
  await allEnd(page);
  assert.deepEqual(Object.keys(unzipSync((await downloaded(page, '.zip')).bytes)), ['two-deblurred.png', 'one-deblurred.png']);
  await takeOut(1);
  await page.locator('deblur-image .batch').waitFor({ state: 'hidden' });
  assert.equal(await textOf(page, '.file-name'), 'two.png', 'one alone is looked at as one alone is');
  await reaches(page, 'done');
  assert.equal((await downloaded(page)).name, 'two-deblurred.png');
  await page.context().close();
});

test('another format or strength makes all of them anew', async () => {
  const { page } = await stage.open('index.html');
  await dropAll(page, five.slice(0, 2));
  await allEnd(page);
  await page.locator('deblur-image .format').selectOption('jpeg');
  await allEnd(page);
  const inside = unzipSync((await downloaded(page, '.zip')).bytes);
  assert.deepEqual(Object.keys(inside), ['one-deblurred.jpg', 'two-deblurred.jpg']);
  for (const file of Object.values(inside)) assert.deepEqual([...file.subarray(0, 2)], [0xff, 0xd8]);
  await page.context().close();
});

test('looking at one that is broken says which it is and why, and leads back to the others or out', async () => {
  const { page } = await stage.open('index.html');
  await dropAll(page, five);
  await allEnd(page);
  await page.locator('deblur-image .film .thumb').nth(2).click();
  await reaches(page, 'error');
  assert.equal(await textOf(page, '.failed-file'), 'broken.png');
  assert.match(await textOf(page, '.message'), /cut short/);
  const box = await page.locator('deblur-image .frame').boundingBox();
  assert.equal(box?.width, 1280, 'it still fills the window');
  await page.locator('deblur-image .film .thumb').nth(0).click();
  await reaches(page, 'done');
  await page.locator('deblur-image .film .thumb').nth(2).click();
  await reaches(page, 'error');
  await page.locator('deblur-image .close').click();
  await page.locator('deblur-image .leaving [value=close]').click();
  await reaches(page, 'empty');
  assert.deepEqual(await states(page), []);
  await page.context().close();
});

test('cancelling one holds nobody else up', async () => {
  const { page } = await stage.open('index.html');
  const large = writePng(
    new Uint8Array(2400 * 1800 * 3).map((_, i) => (i * 37) % 251),
    2400,
    1800,
    3,
  );
  await cancelSoon(page);
  await dropAll(page, [{ name: 'large.png', type: 'image/png', bytes: large }, five[1]]);
  await allEnd(page);
  assert.deepEqual(await states(page), ['cancelled', 'done']);
  assert.equal(await textOf(page, '.batch-text'), '1 of 2 done, 1 cancelled');
  assert.deepEqual(Object.keys(unzipSync((await downloaded(page, '.zip')).bytes)), ['two-deblurred.png']);
  await page.locator('deblur-image .film .thumb').nth(1).click();
  await reaches(page, 'done');
  await page.locator('deblur-image .film .thumb').nth(0).click();
  await allEnd(page);
  assert.deepEqual(await states(page), ['done', 'done'], 'looking at it begins again');
  await page.context().close();
});

test('closing several asks while something would be lost', async () => {
  const { page } = await stage.open('index.html');
  await dropAll(page, five.slice(0, 2));
  await allEnd(page);
  const dialog = page.locator('deblur-image .leaving');
  await page.locator('deblur-image .close').click();
  await dialog.waitFor();
  assert.match(await textOf(page, '.leaving'), /Close all 2 photographs\?/);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.locator('deblur-image .close').click();
  await page.keyboard.press('Enter'); // on what keeps them
  await dialog.waitFor({ state: 'hidden' });
  assert.deepEqual(await states(page), ['done', 'done']);
  await page.locator('deblur-image .close').click();
  await dialog.locator('[value=close]').click();
  await reaches(page, 'empty');
  assert.deepEqual(await states(page), []);

  await dropAll(page, five.slice(0, 2));
  await allEnd(page);
  await downloaded(page, '.zip');
  await page.locator('deblur-image .close').click();
  await reaches(page, 'empty');
  await page.context().close();
});

test('what makes zips is fetched where there are several; that it cannot be is said, and it is tried again', async () => {
  const { page, requests } = await stage.open('index.html');
  await dropAll(page, five.slice(0, 1));
  await reaches(page, 'done');
  const isZipper = (/** @type {string} */ url) => url.endsWith('/fflate/browser.js');
  assert.deepEqual(requests.filter(isZipper), [], 'not for one');
  await page.route('**/fflate/browser.js', (route) => route.abort());
  await dropAll(page, five.slice(0, 2));
  await allEnd(page);
  await page.locator('deblur-image .zip').click();
  const said = 'fflate/browser.js could not be fetched; is the connection up?';
  await page.locator('deblur-image .batch-text', { hasText: said }).waitFor();
  assert.equal(await textOf(page, '.status'), said);
  await page.unroute('**/fflate/browser.js');
  const { bytes } = await downloaded(page, '.zip');
  assert.deepEqual(Object.keys(unzipSync(bytes)), ['one-deblurred.png', 'two-deblurred.png']);
  await page.context().close();
});
