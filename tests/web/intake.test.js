// How photographs come in beside dropping and pasting files: folders, the camera, pictures dragged from pages, formats that only browsers read.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { devices, drop, openStage, reaches, textOf } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const photograph = readFileSync('tests/golden/c.blur1.5.png');
const [, [, phone]] = devices;

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Two pictures, one in a folder of its own, and what is none. @param {string} name */
function makeFolder(name) {
  const folder = join(mkdtempSync(join(tmpdir(), 'deblur-intake-')), name);
  mkdirSync(join(folder, 'inner'), { recursive: true });
  writeFileSync(join(folder, 'one.png'), photograph);
  writeFileSync(join(folder, 'inner', 'two.png'), photograph);
  writeFileSync(join(folder, 'notes.txt'), 'no picture');
  return folder;
}

/** @param {import('playwright-core').Page} page */
const names = (page) =>
  page
    .locator('deblur-image .film .thumb')
    .evaluateAll((all) => all.map((one) => (one.getAttribute('title') ?? '').split(':')[0]).sort());

test('of a folder that is dropped, all pictures are taken, however deep', async () => {
  const { page } = await stage.open('index.html');
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [makeFolder('dropped')], dragOperationsMask: 1 };
  for (const type of /** @type {const} */ (['dragEnter', 'dragOver', 'drop']))
    await session.send('Input.dispatchDragEvent', { type, x: 640, y: 450, data });
  await page.locator('deblur-image .zip:enabled').waitFor();
  assert.deepEqual(await names(page), ['one.png', 'two.png']);
  await page.context().close();
});

test('of a folder that is chosen, too', async () => {
  const { page } = await stage.open('index.html');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('deblur-image .folder').click()]);
  await chooser.setFiles(makeFolder('chosen'));
  await page.locator('deblur-image .zip:enabled').waitFor();
  assert.deepEqual(await names(page), ['one.png', 'two.png']);
  await page.context().close();
});

test("a phone's camera is asked for one picture, the one at its back", async () => {
  const { page } = await stage.open('index.html', phone);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('deblur-image .camera').click()]);
  assert.equal(chooser.isMultiple(), false);
  for (const [name, value] of Object.entries({ accept: 'image/*', capture: 'environment' }))
    assert.equal(await chooser.element().getAttribute(name), value);
  await chooser.setFiles({ name: 'shot.png', mimeType: 'image/png', buffer: photograph });
  await reaches(page, 'done');
  assert.equal(await textOf(page, '.file-name'), 'shot.png');
  await page.context().close();
});

/** 32 x 32, of one green: a key frame of Chromium's own AV1 encoder, in the boxes of ISO/IEC 23008-12. */
const avif = Buffer.from(
  'AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAANJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAABAAAAHmlsb2MAAAAA' +
    'RAAAAQABAAAAAQAAAPYAAAAkAAAAI2lpbmYAAAAAAAEAAAAVaW5mZQIAAAAAAQAAYXYwMQAAAABWaXBycAAAADhpcGNvAAAAFGlzcGUAAAAAAAAAIAAAACAAAAAQcGl4aQAA' +
    'AAADCAgIAAAADGF2MUOBAAwAAAAAFmlwbWEAAAAAAAAAAQABAwECgwAAACxtZGF0CgwAAAACJ/4A0QENAYQyFBBKAAggghAAIABnqTb53CIr2AoT',
  'base64',
);

test('AVIF is read by the browser, and saved as a JPEG', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'leaf.avif', 'image/avif', avif);
  await reaches(page, 'done');
  const { width, height, pixels } = await page.evaluate(() => {
    const { width, height, pixels } = /** @type {any} */ (document.querySelector('deblur-image')).session.photograph;
    return { width, height, pixels: [...pixels.slice(0, 4)] };
  });
  assert.deepEqual([width, height], [32, 32]);
  const green = [10, 200, 30, 255];
  assert.ok(
    pixels.every((/** @type {number} */ value, /** @type {number} */ i) => Math.abs(value - green[i]) <= 4),
    `${pixels}`,
  );
  assert.equal(await page.locator('deblur-image .format').inputValue(), 'jpeg');
  await page.context().close();
});

/** Drags from a page what is no file. @param {import('playwright-core').Page} page @param {Record<string, string>} data */
const drag = (page, data) =>
  page.evaluate((data) => {
    const transfer = new DataTransfer();
    for (const [type, value] of Object.entries(data)) transfer.setData(type, value);
    const frame = document.querySelector('deblur-image')?.shadowRoot?.querySelector('.frame');
    frame?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, data);

test('a picture dragged from a page is taken where it is in the markup or on this site', async () => {
  const { page, errors } = await stage.open('index.html');
  const inMarkup = `<a href="https://other.example/"><img alt="" src="data:image/png;base64,${photograph.toString('base64')}"></a>`;
  const sample = new URL('sample.png', page.url()).href;
  const cases = /** @type {[string, Record<string, string>, string][]} */ ([
    ['its bytes', { 'text/html': inMarkup, 'text/uri-list': 'https://other.example/' }, 'photograph'],
    ['markup', { 'text/html': `<img src="${sample}">` }, 'sample.png'],
    ['a list', { 'text/uri-list': `# what was dragged\r\n${sample}\r\n` }, 'sample.png'],
  ]);
  for (const [what, data, name] of cases) {
    await drag(page, data);
    await reaches(page, 'done');
    assert.equal(await textOf(page, '.file-name'), name, what);
    await page.locator('deblur-image .close').click();
  }
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('what lies elsewhere is not asked for, and that is said', async () => {
  const { page, requests, errors } = await stage.open('index.html');
  const before = requests.length;
  const cases = /** @type {[Record<string, string>, RegExp][]} */ ([
    [{ 'text/html': '<img src="https://other.example/a.png">' }, /lies on another site \(other\.example\).*save it first/],
    [{ 'text/uri-list': 'file:///a.png' }, /lies on another site \(file:\)/],
    [{ 'text/plain': 'a word' }, /not a file/],
    [{ 'text/html': '<img src="data:image/png;base64,%">' }, /could not be fetched/],
    [{ 'text/html': '<img src="data:text/plain,word">' }, /not a picture \(it says text\/plain\)/],
    [{ 'text/uri-list': new URL('nothing.png', page.url()).href }, /could not be fetched \(404\)/],
  ]);
  for (const [data, said] of cases) {
    await drag(page, data);
    await page.locator('deblur-image .message', { hasText: said }).waitFor();
  }
  assert.deepEqual(
    requests.slice(before).filter((url) => !url.startsWith(stage.server.url)),
    [],
  );
  assert.ok(
    errors.every((error) => /404/.test(error)),
    `${errors}`,
  );
  await page.context().close();
});
