// The library's interface, in a browser and, as far as it goes, in node.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { openLibrary, openStage } from './browser.js';

/** @type {import('./browser.js').Stage} */
let stage;
/** @type {(body: string) => Promise<any>} */
let inPage;

before(async () => {
  stage = await openStage();
  inPage = await openLibrary(stage);
});
after(() => stage.close());

test('the modules can be imported where there is no DOM', async () => {
  const built = '../../build/web/lib'; // where fflate is, too
  const { DeblurImageElement } = await import(`${built}/deblur-image.js`);
  assert.equal(typeof DeblurImageElement, 'function');
  assert.equal(typeof (await import(`${built}/deblur.js`)).load, 'function');
});

test('calls are answered in order, and leave the input as it was', async () => {
  const result = await inPage(`
    const deblurrer = await lib.load({ model });
    const before = small.data.slice();
    const [found, first, second] = await Promise.all([deblurrer.estimate(small), deblurrer.deblur(small), deblurrer.deblur(small, { strength: 0 })]);
    deblurrer.destroy();
    const same = (a, b) => a.every((value, i) => value === b[i]);
    return {
      kind: found.kind, assumed: first.blur.kind, size: [first.image.width, first.image.height], provenance: deblurrer.provenance,
      changed: !same(first.image.imageData.data, before), untouched: same(small.data, before), none: same(second.image.imageData.data, before),
      png: (await first.image.toBlob()).type,
    };`);
  assert.equal(result.kind, result.assumed);
  assert.deepEqual(result.size, [97, 61]);
  assert.match(result.provenance, /made-by/);
  assert.deepEqual([result.changed, result.untouched, result.none, result.png], [true, true, true, 'image/png']);
});

test('canvases, images and files are pictures, too', async () => {
  const sizes = await inPage(`
    const deblurrer = await lib.load({ model });
    const canvas = new OffscreenCanvas(97, 61);
    canvas.getContext('2d').putImageData(small, 0, 0);
    const image = new Image();
    image.src = URL.createObjectURL(await canvas.convertToBlob());
    await image.decode();
    const inputs = [canvas, image, await canvas.convertToBlob(), await createImageBitmap(canvas)];
    const sizes = [];
    for (const input of inputs) sizes.push((await deblurrer.deblur(input)).image.width);
    deblurrer.destroy();
    return sizes;`);
  assert.deepEqual(sizes, [97, 97, 97, 97]);
});

test('aborting rejects at once with the reason, and the next call works without a network', async () => {
  const result = await inPage(`
    const deblurrer = await lib.load({ model, workers: 2 });
    const abort = new AbortController();
    const told = [];
    let work;
    await new Promise((onTile) => {
      work = deblurrer.deblur(large, { signal: abort.signal, tilePx: 256, onTile, onProgress: (done) => told.push(done) });
    });
    const queued = deblurrer.deblur(small, { signal: abort.signal });
    abort.abort('changed my mind');
    const reasons = await Promise.all([work, queued].map((call) => call.catch((reason) => reason)));
    const stillBusy = deblurrer.pool.members.some((member) => member.job), before = told.length;
    const requests = performance.getEntriesByType('resource').length;
    const next = await deblurrer.deblur(small);
    const result = { reasons, stillBusy, furthest: told.at(-1), toldAfter: told.length - before, width: next.image.width, fetched: performance.getEntriesByType('resource').length - requests };
    const early = await deblurrer.deblur(small, { signal: AbortSignal.abort() }).catch((error) => error.name);
    deblurrer.destroy();
    return { ...result, early };`);
  assert.deepEqual(result.reasons, ['changed my mind', 'changed my mind']);
  assert.ok(result.stillBusy, 'the rejection does not wait for the workers');
  assert.ok(result.furthest < 0.9, `they stop (at ${result.furthest})`);
  assert.deepEqual([result.toldAfter, result.width, result.fetched, result.early], [0, 97, 0, 'AbortError']);
});

for (const [what, body, code] of /** @type {[string, string, string][]} */ ([
  ['a model that is none', 'await lib.load({ model: new ArrayBuffer(99) })', 'bad-model'],
  ['a model that is not there', "await lib.load({ model: new URL('nothing.dbm', location.href) })", 'no-model'],
  ['a module that is not there', "await lib.load({ model, wasmBase: new URL('nothing/', location.href) })", 'no-model'],
  ['what is no picture', 'await (await lib.load({ model })).deblur({})', 'bad-argument'],
  ['a strength of 2', 'await (await lib.load({ model })).deblur(small, { strength: 2 })', 'bad-argument'],
  [
    'a blur of no kind',
    "await (await lib.load({ model })).deblur(small, { blur: { kind: 'quake', sizePx: 2 } })",
    'bad-argument',
  ],
  [
    'a blur of no size',
    "await (await lib.load({ model })).deblur(small, { blur: { kind: 'motion', sizePx: NaN } })",
    'bad-argument',
  ],
  [
    'more than a device holds',
    'await (await lib.load({ model })).deblur(new lib.Photograph(new Uint8ClampedArray(0), 30000, 10000))',
    'too-large',
  ],
  [
    'a format that nobody writes',
    "await (await (await lib.load({ model })).deblur(small)).image.toBlob('image/tiff')",
    'bad-argument',
  ],
  [
    'a deblurrer that was destroyed',
    'const gone = await lib.load({ model }); gone.destroy(); await gone.deblur(small)',
    'bad-argument',
  ],
  [
    'work that is under way when it is destroyed',
    'const d = await lib.load({ model }); await d.deblur(large, { onTile: () => d.destroy() })',
    'bad-argument',
  ],
]))
  test(`${what} is refused as ${code}`, async () => {
    const error = await inPage(body);
    assert.equal(error?.name, 'DeblurError', JSON.stringify(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.message.length > 10);
  });

test('what is served is small, and few files', () => {
  const names = readdirSync('build/web/lib').filter((name) => name.endsWith('.js'));
  assert.deepEqual(
    names.filter((name) => !name.startsWith('chunk-')),
    ['deblur-image.js', 'deblur.js', 'worker.js'],
    'what others import has an address that stays',
  );
  assert.ok(names.length <= 12, names.join(' '));
  const bytes = names.reduce((sum, name) => sum + brotliCompressSync(readFileSync(`build/web/lib/${name}`)).length, 0);
  assert.ok(bytes < 36_000, `all modules of the element are ${bytes} bytes, compressed`);
  assert.ok(brotliCompressSync(readFileSync('build/web/lib/fflate/browser.js')).length < 14_000);
});
