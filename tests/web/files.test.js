// Files that come in and go out: formats, orientation, what they say beside their pixels, names.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readPng, writePng } from '../../scripts/png.js';
import { readMetadata, tidy, writeIntoJpeg } from '../../web/lib/metadata.js';
import { downloaded, drop, openLibrary, openStage, reaches, rgba, textOf } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
/** @type {(body: string) => Promise<any>} */
let inPage;
const folder = mkdtempSync(join(tmpdir(), 'deblur-files-'));
const photograph = readFileSync('tests/golden/c.blur1.5.png');
/** A JPEG of odd size, of quality 88. */
let jpeg = Buffer.alloc(0);

before(async () => {
  stage = await openStage();
  inPage = await openLibrary(stage);
  const [from, to] = ['odd.png', 'odd.jpg'].map((name) => join(folder, name));
  writeFileSync(
    from,
    writePng(
      new Uint8Array(101 * 67 * 3).map((_, i) => (i * 7 + (i >> 6) * 11) % 200),
      101,
      67,
      3,
    ),
  );
  native(from, to, ['--quality', '88']);
  jpeg = readFileSync(to);
});
after(() => stage.close());

/** Decodes, and writes again unchanged. @param {string} from @param {string} to @param {string[]} [more] */
const native = (from, to, more = []) =>
  execFileSync('build/deblur', ['run', '--quiet', '--blur', 'none', '--strength', '0', ...more, from, '-o', to]);

const ascii = (/** @type {string} */ text) => [...Buffer.from(text, 'latin1')];
const u16 = (/** @type {number} */ v) => [v >> 8, v & 255];
const u32 = (/** @type {number} */ v) => [...u16(v >>> 16), ...u16(v & 65535)];

/** TIFF, big-endian: orientation, the camera's make, the size as stored, GPS with a latitude of 51 degrees, and a thumbnail. @param {number} orientation */
function exif(orientation) {
  const entry = (
    /** @type {number} */ tag,
    /** @type {number} */ type,
    /** @type {number} */ count,
    /** @type {number[]} */ value,
  ) => [...u16(tag), ...u16(type), ...u32(count), ...value];
  const [make, gps, latitude, thumbnail, bytes, detail] = [62, 70, 90, 120, 160, 180];
  const out = new Uint8Array(210);
  out.set([...ascii('MM'), ...u16(42), ...u32(8)]);
  out.set([...u16(4), ...entry(0x010f, 2, 6, u32(make)), ...entry(0x0112, 3, 1, [...u16(orientation), 0, 0])], 8);
  out.set([...entry(0x8769, 4, 1, u32(detail)), ...entry(0x8825, 4, 1, u32(gps)), ...u32(thumbnail)], 8 + 2 + 24);
  out.set(ascii('Acme!\0'), make);
  out.set([...u16(1), ...entry(2, 5, 3, u32(latitude)), ...u32(0)], gps);
  out.set([...u32(51), ...u32(1)], latitude);
  out.set([...u16(2), ...entry(0x0201, 4, 1, u32(bytes)), ...entry(0x0202, 4, 1, u32(6)), ...u32(0)], thumbnail);
  out.set(ascii('SECRET'), bytes);
  out.set([...u16(2), ...entry(0xa002, 3, 1, [...u16(101), 0, 0]), ...entry(0xa003, 4, 1, u32(67))], detail);
  return out;
}

const xmp = new TextEncoder().encode(
  '<x:xmpmeta><rdf:Description tiff:Orientation="6" exif:PixelXDimension="101" exif:GPSLatitude="51,28N" dc:title="Harbour"/><exif:GPSLongitude>0,0W</exif:GPSLongitude><tiff:ImageLength>67</tiff:ImageLength></x:xmpmeta>',
);
/** Larger than a segment. */
const icc = new Uint8Array(70_000).map((_, i) => (i * 31) % 256);
const metadata = (/** @type {number} */ orientation) => ({ exif: exif(orientation), icc, xmp, jpegQuality: null });

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8])
  test(`a JPEG of orientation ${orientation} is what the native program makes of it, bit for bit`, async () => {
    const [path, out] = [join(folder, `${orientation}.jpg`), join(folder, `${orientation}.png`)];
    writeFileSync(path, writeIntoJpeg(jpeg, metadata(orientation)));
    native(path, out);
    const wanted = rgba(readFileSync(out));
    const got = await inPage(`
      const deblurrer = await lib.load({ model, workers: 1 });
      const bytes = Uint8Array.from(${JSON.stringify([...readFileSync(path)])});
      const { pixels, width, height, alpha } = await deblurrer.open(new Blob([bytes], { type: 'image/jpeg' }));
      deblurrer.destroy();
      return { pixels: [...pixels], width, height, alpha };`);
    assert.deepEqual([got.width, got.height, got.alpha], [wanted.width, wanted.height, false]);
    assert.deepEqual(Uint8Array.from(got.pixels), wanted.pixels);
  });

/** @param {import('playwright-core').Page} page @param {string} format */
async function savedAs(page, format) {
  await page.locator('deblur-image .format').selectOption(format);
  const { name, bytes } = await downloaded(page);
  return { name, bytes, found: await readMetadata(new Uint8Array(bytes), /** @type {'jpeg'} */ (format)) };
}

test('a photograph that came badly compressed is saved better than it came', async () => {
  const bad = join(folder, 'bad.jpg');
  native(join(folder, 'odd.png'), bad, ['--quality', '40']);
  const { page } = await stage.open('index.html');
  await drop(page, 'bad.jpg', 'image/jpeg', readFileSync(bad));
  await reaches(page, 'done');
  assert.equal(await page.locator('deblur-image .quality').inputValue(), '85');
  assert.equal((await readMetadata(new Uint8Array((await downloaded(page)).bytes), 'jpeg')).jpegQuality, 85);
  await page.context().close();
});

test('what a photograph says of itself is kept, upright; where it was taken only if one likes', async () => {
  const { page } = await stage.open('index.html');
  await drop(page, 'IMG_1234.JPG', 'image/jpeg', writeIntoJpeg(jpeg, metadata(6)));
  await reaches(page, 'done');
  assert.equal(await page.locator('deblur-image .quality').inputValue(), '88', 'as good as it came');
  for (const format of ['jpeg', 'png', 'webp']) {
    const { name, bytes, found } = await savedAs(page, format);
    assert.equal(name, `IMG_1234-deblurred.${format.replace('jpeg', 'jpg')}`);
    assert.deepEqual(found.icc, icc, `${format}: the profile`);
    const tiff = Buffer.from(found.exif ?? []);
    assert.equal(tiff.readUInt16BE(10 + 12 + 8), 1, `${format}: upright`);
    assert.equal(tiff.toString('latin1', 62, 67), 'Acme!');
    assert.deepEqual([tiff.readUInt32BE(180 + 10), tiff.readUInt32BE(180 + 22)], [67, 101], `${format}: as large as it is`);
    assert.equal(tiff.readUInt16BE(180 + 4), 4, 'a LONG');
    assert.equal(tiff.readUInt32BE(90), 51, `${format}: the place`);
    assert.ok(!tiff.includes('SECRET'), `${format}: no thumbnail of what was`);
    const text = new TextDecoder().decode(found.xmp ?? undefined);
    assert.match(text, /tiff:Orientation="1" exif:PixelXDimension="67".*51,28N.*Harbour.*<tiff:ImageLength>101</, format);
    if (format === 'jpeg') assert.equal(found.jpegQuality, 88);
    if (format === 'png') assert.deepEqual([readPng(bytes).width, readPng(bytes).height], [67, 101]);
  }
  await page.locator('deblur-image .gps').check();
  for (const format of ['jpeg', 'png', 'webp']) {
    const { found } = await savedAs(page, format);
    const tiff = Buffer.from(found.exif ?? []);
    assert.equal(tiff.readUInt16BE(8), 3, `${format}: three entries are left`);
    assert.equal(tiff.readUInt32BE(90), 0, `${format}: no place`);
    const text = new TextDecoder().decode(found.xmp ?? undefined);
    assert.match(text, /Harbour/);
    assert.doesNotMatch(text, /GPS/);
  }
  await page.context().close();
});

test('metadata that is damaged does no harm', async () => {
  const broken = exif(6);
  broken.set(u32(100_000), 4);
  const size = { width: 67, height: 101 };
  assert.deepEqual(tidy({ exif: broken, icc: null, xmp: null, jpegQuality: null }, true, size).exif, null);
  const circular = exif(6);
  circular.set(u32(8), 8 + 2 + 24 + 8);
  assert.equal(tidy({ exif: circular, icc: null, xmp: null, jpegQuality: null }, true, size).exif?.length, circular.length);
  const { page } = await stage.open('index.html');
  await drop(page, 'a.jpg', 'image/jpeg', writeIntoJpeg(jpeg, { exif: broken, icc, xmp, jpegQuality: null }));
  await reaches(page, 'done');
  const { found } = await savedAs(page, 'jpeg');
  assert.deepEqual([found.exif, found.icc?.length], [null, icc.length]);
  await page.context().close();
});

test('alpha is kept, and is white in a JPEG', async () => {
  const { page } = await stage.open('index.html');
  const pixels = new Uint8Array(40 * 24 * 4).map((_, i) => (i % 4 === 3 ? (i < 1920 ? 0 : 128) : (i * 7) % 256));
  await drop(page, 'alpha.png', 'image/png', writePng(pixels, 40, 24, 4));
  await reaches(page, 'done');
  const result = readPng((await downloaded(page)).bytes);
  assert.equal(result.channels, 4);
  assert.ok(result.pixels.every((value, i) => i % 4 !== 3 || value === pixels[i]));
  const { bytes } = await savedAs(page, 'jpeg');
  const [path, out] = [join(folder, 'white.jpg'), join(folder, 'white.png')];
  writeFileSync(path, bytes);
  native(path, out);
  assert.ok(
    rgba(readFileSync(out))
      .pixels.subarray(0, 40 * 4 * 4)
      .every((value) => value > 250),
  );
  await page.context().close();
});

test('what lies under transparent pixels does not matter, whoever decodes them', async () => {
  const cut = (/** @type {number} */ hidden) => {
    const { pixels, width, height } = rgba(readFileSync('tests/golden/a.png'));
    const cutOut = pixels.map((value, i) => ((i >> 2) % width < width / 2 ? (i % 4 === 3 ? 0 : hidden) : value));
    return [...writePng(cutOut, width, height, 4)];
  };
  const [black, white, drawn] = await inPage(
    `const deblurrer = await lib.load({ model, workers: 1 });
    const [black, white] = ${JSON.stringify([cut(0), cut(255)])}.map((bytes) => new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
    const results = [];
    for (const source of [black, white, await createImageBitmap(black)]) {
      const { image, blur } = await deblurrer.deblur(source);
      results.push({ blur, pixels: [...image.pixels].filter((_, i, all) => all[i | 3] > 0) });
    }
    return results;`,
  );
  assert.deepEqual(white, black);
  assert.deepEqual(drawn, black);
});

test('a lossless file is the same pixels, whatever they are, as far as one sees them', async () => {
  const same = await inPage(`
    const deblurrer = await lib.load({ model, workers: 1 });
    const noisy = new ImageData(83, 41);
    crypto.getRandomValues(noisy.data);
    for (let i = 3; i < noisy.data.length; i += 8) noisy.data[i] = 255;
    const { image } = await deblurrer.deblur(noisy, { strength: 0, blur: { kind: 'none' } });
    const again = await deblurrer.open(await image.toBlob('image/png'));
    deblurrer.destroy();
    return again.pixels.every((value, i) => value === noisy.data[i] || (i % 4 < 3 && noisy.data[i | 3] === 0));`);
  assert.equal(same, true);
});

test('16 bits are said to become 8', async () => {
  const { page } = await stage.open('index.html');
  const png = Buffer.from(
    await page.evaluate(async () => {
      const lines = new Uint8Array(32 * (1 + 32 * 6)).map((_, i) => (i % 193 ? (i * 5) % 256 : 0));
      const stream = new Blob([lines]).stream().pipeThrough(new CompressionStream('deflate'));
      return [...new Uint8Array(await new Response(stream).arrayBuffer())];
    }),
  );
  const { pngChunk } = await import('../../scripts/png.js');
  const file = Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk('IHDR', Uint8Array.from([...u32(32), ...u32(32), 16, 2, 0, 0, 0])),
    pngChunk('IDAT', png),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
  await drop(page, 'deep.png', 'image/png', file);
  await reaches(page, 'done');
  assert.match(await textOf(page, '.notes'), /16 bits/);
  await page.context().close();
});

/** 1 x 1: a GIF of two frames, the first red; a BMP, blue. */
const gif = Buffer.from(
  '474946383961010001008000 00ff0000000000 21f904000a000000 2c00000000010001000002024401 00 21f904000a000000 2c00000000010001000002024c01 00 3b'.replaceAll(
    ' ',
    '',
  ),
  'hex',
);
const bmp = Buffer.from(
  '424d3a000000000000003600000028000000010000000100000001001800000000000400000000000000000000000000000000000000ff000000',
  'hex',
);

test('other formats are read by the browser; of those that move, the first frame', async () => {
  const { page } = await stage.open('index.html');
  const made = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(48, 32);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.fillStyle = 'rgb(10, 200, 30)';
    context.fillRect(0, 0, 48, 32);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 1 })).arrayBuffer())];
  });
  const cases = /** @type {[string, string, Uint8Array, number[], RegExp][]} */ ([
    ['a.webp', 'image/webp', Uint8Array.from(made), [10, 200, 30], /^So small a photograph[^.]*\.$/],
    ['moving.gif', 'image/gif', gif, [255, 0, 0], /first frame/],
    ['a.bmp', 'image/bmp', bmp, [0, 0, 255], /^So small a photograph[^.]*\.$/],
  ]);
  for (const [name, type, bytes, colour, note] of cases) {
    await drop(page, name, type, bytes);
    await reaches(page, 'done');
    await page.locator('deblur-image .strength').fill('0');
    const first = await page.evaluate(() => [
      .../** @type {any} */ (document.querySelector('deblur-image')).session.photograph.pixels.slice(0, 3),
    ]);
    assert.ok(
      first.every((/** @type {number} */ value, /** @type {number} */ i) => Math.abs(value - colour[i]) <= 4),
      `${name}: ${first}`,
    );
    assert.match(await textOf(page, '.notes'), note, name);
    await page.locator('deblur-image .close').click();
  }
  await page.context().close();
});

test('what is transparent is not saved as a JPEG unless one says so', async () => {
  const { page } = await stage.open('index.html');
  const made = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(48, 32);
    /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')).fillRect(8, 8, 16, 16);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp' })).arrayBuffer())];
  });
  await drop(page, 'cut.webp', 'image/webp', Uint8Array.from(made));
  await reaches(page, 'done');
  const { name, bytes } = await downloaded(page);
  assert.equal(name, 'cut-deblurred.png');
  assert.equal(readPng(bytes).channels, 4);
  await page.context().close();
});

test('a picture is copied, and shared where devices share', async () => {
  const { page } = await stage.open('index.html');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await drop(page, 'a.png', 'image/png', photograph);
  await reaches(page, 'done');
  await page.locator('deblur-image .copy').click();
  await page.locator('deblur-image .status', { hasText: 'Copied' }).waitFor({ state: 'attached' });
  const size = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const bitmap = await createImageBitmap(await item.getType('image/png'));
    return [bitmap.width, bitmap.height];
  });
  const { width, height } = rgba(photograph);
  assert.deepEqual(size, [width, height]);
  await page.context().close();

  const phone = await stage.browser.newContext();
  await phone.addInitScript(() => {
    Object.assign(navigator, {
      canShare: () => true,
      share: (/** @type {any} */ what) => Object.assign(globalThis, { shared: what.files[0].name }),
    });
  });
  const sharing = await phone.newPage();
  await sharing.goto(`${stage.server.url}index.html`, { waitUntil: 'networkidle' });
  await drop(sharing, 'IMG_7.png', 'image/png', photograph);
  await reaches(sharing, 'done');
  await sharing.locator('deblur-image .share').click();
  await sharing.waitForFunction(() => 'shared' in globalThis);
  assert.equal(await sharing.evaluate(() => /** @type {any} */ (globalThis).shared), 'IMG_7-deblurred.png');
  await phone.close();
});
