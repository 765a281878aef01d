// How a photograph is looked at: zoom, pan, comparing; by wheel, hand and keys.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { writePng } from '../../scripts/png.js';
import { colourSpaceOf } from '../../web/lib/colour-profile.js';
import { metadataForPng, pngChunk } from '../../web/lib/metadata.js';
import { devices, downloaded, drop, openStage, reaches, rgba, seen, worstDifference } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
const photograph = readFileSync('tests/golden/c.blur1.5.png');

before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** @param {string} path @param {object} [options] @param {Uint8Array} [bytes] */
async function withPhotograph(path, options, bytes = photograph) {
  const { page } = await stage.open(path, options);
  await drop(page, 'a.png', 'image/png', bytes);
  await reaches(page, 'done');
  return page;
}

/** @param {import('playwright-core').Page} page @returns {Promise<{ scale: number, zoom: number | null, fit: number, x: number, y: number, visible: any }>} */
const view = (page) =>
  page.evaluate(() => {
    const { viewer } = /** @type {any} */ (document.querySelector('deblur-image'));
    const { scale, zoom, fit, centre, visible } = viewer;
    return { scale, zoom, fit, x: centre.x, y: centre.y, visible };
  });

for (const [device, options] of devices)
  test(`on a ${device}, keys zoom, move, compare and put side by side`, async () => {
    const page = await withPhotograph('index.html', options);
    assert.ok(
      await page.evaluate(() => document.querySelector('deblur-image')?.shadowRoot?.activeElement?.matches('.view')),
      'whoever dropped it can go on with the keys',
    );
    const split = await seen(page);
    await page.keyboard.down('b');
    const before = await seen(page);
    await page.keyboard.up('b');
    assert.equal(before.left, split.left, 'left of the edge it is as it was');
    assert.notEqual(before.right, split.right, 'right of it as restored');
    assert.deepEqual(await seen(page), split);

    await page.keyboard.press('s');
    assert.notDeepEqual(await seen(page), split);
    await page.keyboard.press('s');
    assert.deepEqual(await seen(page), split);

    await page.keyboard.press('1');
    assert.equal((await view(page)).scale, 1);
    for (let i = 0; i < 12; i++) await page.keyboard.press('+');
    const close = await view(page);
    assert.equal(close.scale, 8, '800% is as close as it goes');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    const moved = await view(page);
    assert.ok(moved.x > close.x && moved.y > close.y);
    for (let i = 0; i < 200; i++) await page.keyboard.press('ArrowRight');
    const { visible } = await view(page);
    assert.ok(Math.abs(visible.width * 8 - (await canvasWidth(page))) < 8, 'never beyond the picture');
    await page.keyboard.press('-');
    assert.ok((await view(page)).scale < 8);
    await page.keyboard.press('0');
    assert.equal((await view(page)).zoom, null);
    await page.context().close();
  });

/** @param {import('playwright-core').Page} page */
const canvasWidth = (page) =>
  page.locator('deblur-image .view canvas').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).width);

test('the edge between before and after is moved by keyboard and by hand', async () => {
  const page = await withPhotograph('index.html');
  const middle = await seen(page);
  await page.locator('deblur-image .split').focus();
  await page.keyboard.press('Home');
  const after = await seen(page);
  assert.notEqual(after.left, middle.left);
  assert.equal(after.right, middle.right);
  await page.keyboard.press('End');
  assert.equal((await seen(page)).left, middle.left);
  const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (
    await page.locator('deblur-image .overlay').boundingBox()
  );
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, y, { steps: 4 });
  await page.mouse.up();
  const split = await page.evaluate(() => /** @type {any} */ (document.querySelector('deblur-image')).viewer.split);
  assert.ok(Math.abs(split - 0.25) < 0.03, `the edge is at ${split}`);
  await page.context().close();
});

test('the wheel zooms about the pointer, a drag moves, a double click comes closer and goes back', async () => {
  const page = await withPhotograph('index.html', {}, readFileSync('build/web/sample.png'));
  const box = /** @type {any} */ (await page.locator('deblur-image .view').boundingBox());
  const at = { x: box.x + box.width / 2 + 60, y: box.y + box.height / 2 };
  const under = async () => {
    const { x, y, scale } = await view(page);
    return { x: x + (at.x - box.x - box.width / 2) / scale, y: y + (at.y - box.y - box.height / 2) / scale };
  };
  const point = await under();
  await page.mouse.move(at.x, at.y);
  for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => /** @type {any} */ (document.querySelector('deblur-image')).viewer.scale > 4);
  const same = await under();
  assert.ok(Math.hypot(same.x - point.x, same.y - point.y) < 1, 'what is under the pointer stays there');
  const before = await view(page);
  await page.mouse.move(at.x - 300, at.y);
  await page.mouse.down();
  await page.mouse.move(at.x - 340, at.y - 24, { steps: 3 });
  await page.mouse.up();
  const after = await view(page);
  assert.ok(Math.abs(after.x - before.x - 40 / before.scale) < 0.01 && after.y > before.y, 'it follows the hand');
  await page.mouse.dblclick(at.x - 300, at.y);
  assert.equal((await view(page)).zoom, null);
  await page.mouse.dblclick(at.x - 300, at.y);
  assert.ok((await view(page)).scale >= 1);
  await page.context().close();
});

test('two fingers pinch, and a finger moves', async () => {
  const page = await withPhotograph('index.html', devices[1][1]);
  const box = /** @type {any} */ (await page.locator('deblur-image .view').boundingBox());
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 3];
  const session = await page.context().newCDPSession(page);
  const touch = (/** @type {'touchStart' | 'touchMove' | 'touchEnd'} */ type, /** @type {number[][]} */ points) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  const start = await view(page);
  await touch('touchStart', [
    [x - 20, y - 80],
    [x + 20, y - 80],
  ]);
  for (let i = 1; i <= 6; i++)
    await touch('touchMove', [
      [x - 20 - 15 * i, y - 80],
      [x + 20 + 15 * i, y - 80],
    ]);
  await touch('touchEnd', []);
  const pinched = await view(page);
  assert.ok(Math.abs(pinched.scale / start.scale - 110 / 20) < 0.6, `${pinched.scale / start.scale} times as large`);
  await touch('touchStart', [[x - 100, y - 60]]);
  for (let i = 1; i <= 4; i++) await touch('touchMove', [[x - 100 - 10 * i, y - 60]]);
  await touch('touchEnd', []);
  assert.ok((await view(page)).x > pinched.x);
  await page.context().close();
});

test("in an article the wheel is the page's, and with Ctrl the picture's", async () => {
  const page = await withPhotograph('embed.html');
  await page.locator('deblur-image .view').scrollIntoViewIfNeeded();
  await page.locator('deblur-image .view').hover();
  const scrolled = await page.evaluate(() => scrollY);
  await page.mouse.wheel(0, 120);
  await page.waitForFunction((before) => scrollY !== before, scrolled);
  assert.equal((await view(page)).zoom, null);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -100);
  await page.waitForFunction(() => /** @type {any} */ (document.querySelector('deblur-image')).viewer.zoom !== null);
  await page.keyboard.up('Control');
  await page.context().close();
});

test('keys that are meant for others are left to them', async () => {
  const page = await withPhotograph('embed.html');
  await page.locator('a').focus();
  await page.keyboard.press('1');
  assert.equal((await view(page)).zoom, null);
  await page.context().close();
});

/** RGBA of one colour. @param {number} width @param {number} height @param {number[]} rgba */
const plain = (width, height, rgba) =>
  writePng(
    new Uint8Array(width * height * 4).map((_, i) => rgba[i % 4]),
    width,
    height,
    4,
  );

/** The least and the largest alpha of what is seen of the picture. @param {import('playwright-core').Page} page @returns {Promise<number[]>} */
const alphas = async (page) => {
  await seen(page); // what is to be drawn, is
  return page.evaluate(() => {
    const { viewer } = /** @type {any} */ (document.querySelector('deblur-image'));
    const { x, y, width, height } = viewer.visibleOnScreen;
    // Not its edge, which may be half a pixel of the screen.
    const at = [x + 2, y + 2, width - 4, height - 4].map((value) => Math.round(value * viewer.pixelRatio));
    const { data } = viewer.canvas.getContext('2d').getImageData(...at);
    let [least, largest] = [255, 0];
    for (let i = 3; i < data.length; i += 4) [least, largest] = [Math.min(least, data[i]), Math.max(largest, data[i])];
    return [least, largest];
  });
};

for (const alpha of [128, 255])
  test(`a picture of alpha ${alpha} is seen with it, whatever the strength`, async () => {
    const page = await withPhotograph('index.html', {}, plain(160, 120, [200, 90, 40, alpha]));
    await page.locator('deblur-image .kind').selectOption('gaussian');
    await page.locator('deblur-image .finding', { hasText: 'Softly' }).waitFor();
    await reaches(page, 'done');
    for (const strength of [100, 70, 30, 0]) {
      await page.locator('deblur-image .strength').fill(String(strength));
      for (const value of await alphas(page)) assert.ok(Math.abs(value - alpha) <= 1, `${value} at strength ${strength}`);
    }
    await page.context().close();
  });

test('a large picture is seen with its alpha at any scale, while it is worked on', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'large.png', 'image/png', plain(2400, 1800, [200, 90, 40, 128]));
  await page.locator('deblur-image .panel').waitFor();
  for (const key of ['0', '1', '+', '+', '-']) {
    await page.keyboard.press(key);
    for (const value of await alphas(page)) assert.ok(Math.abs(value - 128) <= 1, `${value} after ${key}`);
  }
  await page.context().close();
});

/** How many colours are seen about a point of the window. @param {import('playwright-core').Page} page @param {number[]} at */
async function coloursAt(page, [x, y]) {
  const { pixels } = rgba(await page.screenshot({ clip: { x: x - 20, y: y - 20, width: 40, height: 40 } }));
  return new Set(new Uint32Array(pixels.buffer)).size;
}

test('what is transparent lies on a chequerboard, in both panes; what is not does not', async () => {
  /** Where the panes' middles are. @type {Record<string, (box: any) => number[][]>} */
  const middles = {
    split: ({ x, y, width, height }) => [[x + width / 2 - 60, y + height / 2]],
    side: ({ x, y, width, height }) => [0.25, 0.75].map((share) => [x + width / 2, y + height * share]),
  };
  const page = await withPhotograph('index.html', {}, plain(300, 240, [200, 90, 40, 128]));
  const box = /** @type {any} */ (await page.locator('deblur-image .view').boundingBox());
  const check = async (/** @type {boolean} */ isBoard) => {
    await page.locator('deblur-image .strength').fill('0');
    for (const mode of ['split', 'side']) {
      await seen(page);
      for (const at of middles[mode](box)) assert.equal((await coloursAt(page, at)) > 1, isBoard, `${mode} at ${at}`);
      await page.keyboard.press('s');
    }
  };
  await check(true);
  assert.equal(await coloursAt(page, [box.x + box.width / 2 - 60, box.y + 120]), 1, 'not around it');
  await drop(page, 'solid.png', 'image/png', plain(300, 240, [200, 90, 40, 255]));
  await page.locator('deblur-image .file-name', { hasText: 'solid' }).waitFor();
  await reaches(page, 'done');
  await check(false);
  await page.context().close();
});

/** An ICC profile of the least that there has to be: colorants, and sRGB's curve. @param {Record<string, number[]>} colorants */
function profileOf(colorants) {
  const curve = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
  const tags = /** @type {[string, Buffer][]} */ ([
    ...Object.entries(colorants).map(([name, value]) => [name, Buffer.concat([Buffer.from('XYZ \0\0\0\0'), fixed(value)])]),
    ...['rTRC', 'gTRC', 'bTRC'].map((name) => [name, Buffer.concat([Buffer.from('para\0\0\0\0\0\x03\0\0'), fixed(curve)])]),
  ]);
  const head = Buffer.alloc(132 + 12 * tags.length);
  head.writeUInt32BE(0x04300000, 8);
  head.write('mntrRGB XYZ ', 12);
  head.write('acsp', 36);
  fixed([0.9642, 1, 0.8249]).copy(head, 68);
  head.writeUInt32BE(tags.length, 128);
  let at = head.length;
  tags.forEach(([name, value], i) => {
    head.write(name, 132 + 12 * i);
    head.writeUInt32BE(at, 136 + 12 * i);
    head.writeUInt32BE(value.length, 140 + 12 * i);
    at += value.length;
  });
  head.writeUInt32BE(at, 0);
  return Buffer.concat([head, ...tags.map(([, value]) => value)]);
}

/** @param {number[]} values */
const fixed = (values) => {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    out.writeInt32BE(Math.round(value * 65536), 4 * i);
  });
  return out;
};

const profiles = {
  'display-p3': { rXYZ: [0.51512, 0.2412, -0.00105], gXYZ: [0.29198, 0.69225, 0.04189], bXYZ: [0.1571, 0.06657, 0.78407] },
  srgb: { rXYZ: [0.43607, 0.22249, 0.01392], gXYZ: [0.38515, 0.71687, 0.09708], bXYZ: [0.14307, 0.06061, 0.7141] },
  'adobe rgb': { rXYZ: [0.60974, 0.31111, 0.01947], gXYZ: [0.20528, 0.62567, 0.06087], bXYZ: [0.14919, 0.06322, 0.74457] },
};

test('a profile is known by its colorants; what is damaged is taken for sRGB', () => {
  for (const [name, colorants] of Object.entries(profiles)) {
    const icc = profileOf(colorants);
    assert.equal(colourSpaceOf(icc), name === 'display-p3' ? name : 'srgb', name);
    for (let length = 0; length < icc.length - 120; length += 7) assert.equal(colourSpaceOf(icc.subarray(0, length)), 'srgb');
  }
  assert.equal(colourSpaceOf(null), 'srgb');
});

/**
 * A pixel of what is seen and of what is saved, each in both colour spaces.
 * @param {import('playwright-core').Page} page
 * @param {Uint8Array} saved
 */
async function colours(page, saved) {
  await seen(page);
  return page.evaluate(async (base64) => {
    const spaces = /** @type {const} */ (['srgb', 'display-p3']);
    const { viewer } = /** @type {any} */ (document.querySelector('deblur-image'));
    const pixel = (/** @type {any} */ canvas, /** @type {any} */ colorSpace) => [
      ...canvas.getContext('2d', { colorSpace }).getImageData(canvas.width / 2 - 30, canvas.height / 2, 1, 1, { colorSpace })
        .data,
    ];
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const paint = (/** @type {any} */ colorSpace) => {
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d', { colorSpace })?.drawImage(bitmap, 0, 0);
      return pixel(canvas, colorSpace);
    };
    return { seen: spaces.map((space) => pixel(viewer.canvas, space)), saved: spaces.map(paint) };
  }, Buffer.from(saved).toString('base64'));
}

test('a Display P3 photograph is seen in the colours of the file that is saved, large or small, and the next one in its own', async () => {
  const { page, errors } = await stage.open('index.html');
  const colour = [190, 80, 70, 255];
  for (const [space, size] of /** @type {['display-p3' | 'srgb', number][]} */ ([
    ['display-p3', 400],
    ['srgb', 400],
    ['display-p3', 2100], // which has an overview
    ['display-p3', 0], // without a profile
  ])) {
    const icc = profileOf(profiles[space]);
    const png = plain(size || 300, size || 300, colour);
    const profile = size
      ? await metadataForPng({ exif: null, icc, xmp: null, jpegQuality: null })
      : pngChunk('cICP', Uint8Array.of(12, 13, 0, 1));
    const name = `${space}-${size}.png`;
    await drop(page, name, 'image/png', Buffer.concat([png.subarray(0, 33), profile, png.subarray(33)]));
    await page.locator('deblur-image .file-name', { hasText: name }).waitFor();
    await reaches(page, 'done');
    await page.locator('deblur-image .strength').fill('0');
    const saved = (await downloaded(page)).bytes;
    for (const key of ['0', '1']) {
      await page.locator('deblur-image .view').press(key);
      const { seen, saved: file } = await colours(page, saved);
      assert.ok(worstDifference(Uint8Array.from(seen.flat()), Uint8Array.from(file.flat())) <= 2, `${name}: ${seen} ${file}`);
      const own = seen[space === 'srgb' ? 0 : 1];
      assert.ok(worstDifference(Uint8Array.from(own), Uint8Array.from(colour)) <= 1, `${name}: ${own}`);
      assert.ok(Math.abs(seen[0][0] - seen[1][0]) > 8, 'they are not the same numbers');
    }
  }
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('a tiny picture is no speck', async () => {
  const page = await withPhotograph('index.html', {}, plain(8, 8, [200, 90, 40, 255]));
  assert.equal((await view(page)).scale, 8);
  await page.context().close();
});
