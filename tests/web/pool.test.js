// Many workers, each with its own memory: the same picture bit for bit, whoever dies.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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

/** What every body may use: a picture of odd size, with edges, and how far two results are from each other. */
const tools = `
  const picture = new ImageData(701, 459);
  for (let i = 0; i < picture.data.length; i++) picture.data[i] = i % 4 === 3 ? 255 : large.data[i] + (i % 2804 < 1400 ? 60 : 0);
  const blur = { ...(await (async () => {
    const one = await lib.load({ model: model.slice(0), workers: 1 });
    const found = await one.estimate(picture);
    one.destroy();
    return found;
  })()) };
  const differences = (a, b) => a.reduce((count, value, i) => count + (value !== b[i]), 0);
  const run = async (deblurrer, options = {}) => (await deblurrer.deblur(picture, { blur, ...options })).image.imageData.data;
`;

test('the result does not depend on the number of workers, the size of tiles or where one looks', async () => {
  const counts = await inPage(`${tools}
    const one = await lib.load({ model: model.slice(0), workers: 1 });
    const whole = await run(one, { tilePx: 1024 });
    one.destroy();
    const counts = { input: differences(whole, picture.data) };
    for (const workers of [1, 2, 3]) {
      const deblurrer = await lib.load({ model: model.slice(0), workers });
      for (const tilePx of [64, 100, 192, 333])
        counts[workers + ' workers, ' + tilePx] = differences(whole, await run(deblurrer, { tilePx }));
      counts[workers + ' workers, seen'] = differences(whole, await run(deblurrer, { tilePx: 256, view: () => ({ x: 300, y: 200, width: 90, height: 40 }) }));
      deblurrer.destroy();
    }
    return counts;`);
  const { input, ...others } = counts;
  assert.ok(input > 1000, 'the test model has to change something');
  assert.equal(Object.keys(others).length, 15);
  for (const [how, count] of Object.entries(others)) assert.equal(count, 0, `${how}: ${count} bytes differ`);
});

test('what is looked at is done first, from its middle outwards', async () => {
  const { tiles, view } = await inPage(`${tools}
    const deblurrer = await lib.load({ model: model.slice(0), workers: 1 });
    const tiles = [];
    const view = { x: 500, y: 300, width: 150, height: 100 };
    await run(deblurrer, { tilePx: 128, view: () => view, onTile: (tile) => tiles.push(tile) });
    deblurrer.destroy();
    return { tiles, view };`);
  const seen = tiles.map(
    (/** @type {any} */ t) =>
      t.x < view.x + view.width && view.x < t.x + t.width && t.y < view.y + view.height && view.y < t.y + t.height,
  );
  const last = seen.lastIndexOf(true);
  assert.ok(last > 1 && last < seen.length - 10);
  assert.ok(seen.slice(0, last + 1).every(Boolean), `seen or not, in order: ${seen}`);
  assert.ok(tiles[0].width < 128, 'tiles that are looked at are smaller');
});

for (const [how, kill] of [
  ['that crashes', "worker.dispatchEvent(new ErrorEvent('error', { message: 'crashed' }))"],
  ['that is gone without a word', 'worker.terminate()'],
  [
    'whose module is damaged',
    "worker.dispatchEvent(new MessageEvent('message', { data: { type: 'error', code: 'worker-died', message: 'trap' } }))",
  ],
])
  test(`a worker ${how} is replaced, and its tile done again`, async () => {
    const result = await inPage(`${tools}
      const deblurrer = await lib.load({ model: model.slice(0), workers: 2, stallMs: 3000 });
      const whole = await run(deblurrer, { tilePx: 1024 });
      let killed = 0;
      const shares = [];
      const told = new Set();
      const again = await run(deblurrer, { tilePx: 64, onProgress: (share) => shares.push(share), onTile: ({ x, y }) => {
        told.add(x + ' ' + y);
        if (killed++) return;
        const { worker } = deblurrer.pool.members.find((member) => member.job);
        ${kill};
      } });
      const result = {
        differ: differences(whole, again), tiles: told.size, replaced: deblurrer.pool.replaced, members: deblurrer.pool.members.length,
        rises: shares.every((share, i) => share > (shares[i - 1] ?? 0)), last: shares.at(-1),
      };
      deblurrer.destroy();
      return result;`);
    assert.deepEqual(result, { differ: 0, tiles: 88, replaced: 1, members: 2, rises: true, last: 1 });
  });

test('a picture that no worker survives is refused, and the next works', async () => {
  const result = await inPage(`
    const deblurrer = await lib.load({ model, workers: 2 });
    const error = await deblurrer.pool.run({ make: () => ({ message: { type: 'what no worker knows' } }) }).catch((error) => error);
    const next = await deblurrer.deblur(small);
    const result = { code: error.code, message: error.message, replaced: deblurrer.pool.replaced, width: next.image.width };
    deblurrer.destroy();
    return result;`);
  assert.deepEqual([result.code, result.replaced, result.width], ['worker-died', 3, 97]);
  assert.match(result.message, /lost/);
});

test('a worker whose memory has grown too large is replaced, and none where none can be had', async () => {
  const result = await inPage(`
    const deblurrer = await lib.load({ model, workers: 2 });
    const { pool } = deblurrer;
    const all = pool.members.slice();
    pool.mostBytes = 12 << 20;
    await deblurrer.estimate(large);
    while (pool.members.length !== 2 || pool.members.some((member) => member.leaving || !member.ready)) await new Promise((resolve) => setTimeout(resolve, 10));
    const stayed = all.filter((member) => pool.members.includes(member)).length;
    pool.hire = () => Promise.reject(new Error('no network'));
    pool.mostBytes = 1;
    const { image } = await deblurrer.deblur(small);
    deblurrer.destroy();
    return { stayed, width: image.width };`);
  assert.deepEqual([result.stayed, result.width], [1, 97]);
});

test('a worker takes no more memory than is planned for it', async () => {
  const result = await inPage(`
    const deblurrer = await lib.load({ workers: 1 }); // the model that is shipped
    const bytes = [];
    const { receive } = deblurrer.pool;
    deblurrer.pool.receive = (member, message) => {
      if (message.type === 'done' && member.job.make().message.type === 'tile') bytes.push(message.memoryBytes);
      receive.call(deblurrer.pool, member, message);
    };
    const { plan } = deblurrer;
    const picture = (width) => new ImageData(width + deblurrer.geometry.haloX, 2 * plan.tilePx);
    const { blur } = await deblurrer.deblur(picture(plan.tileWidth));
    const wide = picture(plan.tileWidth / 2);
    const gaussian = [0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 100, 0, ...blur.hints]; // struct deblur_blur
    const cell = new Int32Array(Float32Array.from(gaussian).buffer);
    const map = [0, 0, wide.width, wide.height, 2, 1, ...cell, ...cell];
    await deblurrer.deblur(wide, { blur: { ...blur, map } });
    deblurrer.destroy();
    return { bytes, plan };`);
  assert.equal(result.bytes.length, 8);
  assert.ok(Math.max(...result.bytes) <= result.plan.workerBytes, `${result.bytes} of ${result.plan.workerBytes}`);
});

test('workers that are let go in the midst of work leave it to the others', async () => {
  const { count, left, refused } = await inPage(`${tools}
    const deblurrer = await lib.load({ model: model.slice(0), workers: 3 });
    const whole = await run(deblurrer, { tilePx: 64 });
    let tiles = 0;
    const other = await run(deblurrer, { tilePx: 64, onTile: () => ++tiles === 5 && deblurrer.useWorkers(1) });
    const left = deblurrer.pool.members.length;
    let refused = '';
    try { deblurrer.useWorkers(0); } catch (error) { refused = error.code; }
    deblurrer.destroy();
    return { count: differences(whole, other), left, refused };`);
  assert.deepEqual({ count, left, refused }, { count: 0, left: 1, refused: 'bad-argument' });
});
