// scripts/get-data against a server on this machine, with small archives of the real ones' layouts.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { crc32 } from '../scripts/png.js';

const folder = mkdtempSync(join(tmpdir(), 'get-data-'));
const into = join(folder, 'data');
const table = join(folder, 'sets.json');

/** @typedef {{ path: string, range: string | undefined }} Visit */
/** @type {Visit[]} */
let visits = [];
/** What lies at a path, and how the server behaves about it. @type {Map<string, { bytes: Buffer, cutAt?: number, noRange?: boolean }>} */
const served = new Map();
let url = '';

const server = createServer((request, response) => {
  const path = request.url ?? '/';
  const range = request.headers.range;
  const what = served.get(path);
  visits.push({ path, range });
  if (!what) return void response.writeHead(404).end();
  const from = range && !what.noRange ? Number(/bytes=(\d+)-/.exec(range)?.[1]) : 0;
  if (range && from >= what.bytes.length) return void response.writeHead(416).end();
  const rest = what.bytes.subarray(from);
  const partial = { 'content-range': `bytes ${from}-${what.bytes.length - 1}/${what.bytes.length}` };
  response.writeHead(from ? 206 : 200, { 'content-length': rest.length, ...(from ? partial : {}) });
  if (what.cutAt === undefined || from >= what.cutAt) return void response.end(rest);
  response.write(rest.subarray(0, what.cutAt - from), () => setTimeout(() => response.destroy(), 20));
});

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  visits = [];
  served.clear();
  rmSync(into, { recursive: true, force: true });
});

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** Bytes that do not compress, always the same. @param {number} count */
const noise = (count) => {
  const bytes = Buffer.alloc(count);
  for (let i = 0, x = 1; i < count; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
};

/** A zip that stores; of this mode of Unix (0: it does not say). @param {Record<string, string | Buffer>} files @param {number} [mode] @returns {Buffer} */
function zip(files, mode = 0) {
  /** @type {Buffer[]} */
  const bodies = [];
  /** @type {Buffer[]} */
  const directory = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(10, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    bodies.push(Buffer.from('PK\x03\x04'), common, Buffer.from(name), data);
    const where = Buffer.alloc(14);
    where.writeUInt32LE(mode * 0x10000, 6);
    where.writeUInt32LE(at, 10);
    directory.push(Buffer.from(mode ? 'PK\x01\x02\x14\x03' : 'PK\x01\x02\x14\x00'), common, where, Buffer.from(name));
    at += 30 + Buffer.byteLength(name) + data.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

/** @param {Record<string, string | Buffer>} files @param {string[]} [more] words for tar @returns {Buffer} */
function tgz(files, more = []) {
  const work = mkdtempSync(join(folder, 'tar-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    writeFileSync(join(work, name), content);
  }
  const { status, stdout, stderr } = spawnSync('tar', ['-czf', '-', ...more, '.'], { cwd: work, maxBuffer: 1 << 26 });
  assert.equal(status, 0, String(stderr));
  return stdout;
}

/** Serves an archive, and returns its line of the table. @param {string} path @param {Buffer} bytes @param {object} [more] of the line */
function archive(path, bytes, more = {}) {
  served.set(path, { bytes });
  return { file: basename(path), addresses: [url + path], bytes: bytes.length, sha256: sha256(bytes), ...more };
}

const license = { name: 'for tests only', address: 'http://localhost/terms', text: ['Do what you like.'] };

/** Runs it with a table of one set, Set. @param {object[]} archives @param {string[]} words */
function getData(archives, ...words) {
  writeFileSync(table, JSON.stringify([{ name: 'Set', about: 'some pictures', home: url, license, archives }]));
  /** @type {Promise<{ status: number, stdout: string, stderr: string }>} */
  const result = new Promise((resolve) => {
    const child = execFile('scripts/get-data', ['--sets', table, '--into', into, 'Set', ...words], (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
  return result;
}

const part = (/** @type {string} */ name) => {
  mkdirSync(join(into, '.fetching', 'Set'), { recursive: true });
  return join(into, '.fetching', 'Set', `${name}.part`);
};
const text = (/** @type {string} */ name) => readFileSync(join(into, 'Set', name), 'utf8');
const nothingIsThere = () => assert.ok(!existsSync(join(into, 'Set')));

test('the table names GoPro, BSDS500, DIV2K, REDS and RealBlur, with their terms, beside the wallpapers', () => {
  const { status, stdout } = spawnSync('scripts/get-data', ['--list'], { encoding: 'utf8' });
  assert.equal(status, 0);
  for (const name of ['wallpapers', 'GoPro', 'BSDS500', 'DIV2K', 'REDS', 'RealBlur'])
    assert.match(stdout, new RegExp(`^${name}: `, 'm'));
  assert.match(stdout, /62\.5 GB; CC BY 4\.0/);
  for (const set of JSON.parse(readFileSync('scripts/data/sets.json', 'utf8')).slice(1)) {
    assert.ok(set.license.text.length && set.license.address && set.home && set.use, set.name);
    for (const one of set.archives) assert.ok(one.by_hand || /^[0-9a-f]{64}$/.test(one.sha256), one.file);
  }
});

test('what makes no sense is refused', () => {
  const run = (/** @type {string[]} */ ...words) => spawnSync('scripts/get-data', words, { encoding: 'utf8' });
  assert.match(run('Nowhere').stderr, /there is no data set Nowhere; there are wallpapers, GoPro/);
  assert.equal(run('--lisst').status, 2);
  assert.match(run('--help').stdout, /usage: scripts\/get-data/);
  assert.match(run('--sets', '/nowhere.json').stderr, /nowhere\.json: ENOENT/);
});

test('the terms are shown first, and without a yes nothing is fetched', async () => {
  const { status, stdout, stderr } = await getData([archive('/a.zip', zip({ 'a.txt': 'a' }))]);
  assert.equal(status, 1);
  assert.match(stdout, /Licence: for tests only \(http:\/\/localhost\/terms\)\nDo what you like\./);
  assert.match(stderr, /--yes says that you agree/);
  assert.deepEqual(visits, []);
  nothingIsThere();
});

test('archives are fetched, checked and unpacked, with their terms, and the second time nothing is done', async () => {
  const sharp = archive('/REDS/train_sharp.zip', zip({ 'train/train_sharp/000/00000000.png': 'sharp' }));
  const blur = archive('/REDS/train_blur.zip', zip({ 'train/train_blur/000/00000000.png': 'blurred' }));
  const first = await getData([sharp, blur], '--yes');
  assert.equal(first.status, 0, first.stderr);
  assert.equal(text('train/train_sharp/000/00000000.png'), 'sharp');
  assert.equal(text('train/train_blur/000/00000000.png'), 'blurred');
  assert.match(text('LICENCE.txt'), /Do what you like/);
  assert.ok(text('complete').includes(`${sharp.sha256}  train_sharp.zip`));
  assert.ok(!existsSync(join(into, '.fetching', 'Set')));
  assert.equal(visits.length, 2);
  const second = await getData([sharp, blur], '--yes');
  assert.equal(second.status, 0);
  assert.match(second.stdout, /is in .*Set already/);
  assert.equal(visits.length, 2);
});

test('a connection that breaks off is taken up where it broke', async () => {
  const bytes = zip({ 'DIV2K_train_HR/0001.png': noise(200_000) });
  const line = archive('/DIV2K_train_HR.zip', bytes);
  served.set('/DIV2K_train_HR.zip', { bytes, cutAt: 70_000 });
  const { status, stderr } = await getData([line], '--yes');
  assert.equal(status, 0, stderr);
  assert.match(stderr, /broke off after 70000 bytes; going on/);
  assert.deepEqual(
    visits.map(({ range }) => range),
    [undefined, 'bytes=70000-'],
  );
  assert.deepEqual(sha256(readFileSync(join(into, 'Set', 'DIV2K_train_HR', '0001.png'))), sha256(noise(200_000)));
});

test('what an earlier run left is gone on with', async () => {
  const bytes = zip({ 'a.png': noise(50_000) });
  const line = archive('/a.zip', bytes);
  writeFileSync(part('a.zip'), bytes.subarray(0, 12_345));
  const { status, stderr } = await getData([line], '--yes');
  assert.equal(status, 0, stderr);
  assert.deepEqual(visits, [{ path: '/a.zip', range: 'bytes=12345-' }]);
});

test('an archive of unknown size that is whole already is not spoilt', async () => {
  const bytes = zip({ 'a.png': noise(5000) });
  const line = archive('/a.zip', bytes, { bytes: undefined });
  writeFileSync(part('a.zip'), bytes);
  const { status, stderr } = await getData([line], '--yes');
  assert.equal(status, 0, stderr);
  assert.equal(visits.length, 1); // which says 416: there is no more
});

test('a server that cannot go on is asked for all of it', async () => {
  const bytes = zip({ 'a.png': noise(50_000) });
  const line = archive('/a.zip', bytes);
  served.set('/a.zip', { bytes, noRange: true });
  writeFileSync(part('a.zip'), bytes.subarray(0, 12_345));
  const { status, stderr } = await getData([line], '--yes');
  assert.equal(status, 0, stderr);
  assert.match(stderr, /cannot go on where it stopped; beginning anew/);
  assert.equal(sha256(readFileSync(join(into, 'Set', 'a.png'))), sha256(noise(50_000)));
});

test('what has another checksum is not unpacked; a second address is tried', async () => {
  const good = zip({ 'a.txt': 'good' });
  const line = archive('/a.zip', good);
  served.set('/a.zip', { bytes: zip({ 'a.txt': 'evil' }) });
  const refused = await getData([line], '--yes');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, new RegExp(`its SHA-256 is [0-9a-f]{64}, not ${line.sha256}`));
  nothingIsThere();
  assert.ok(!existsSync(part('a.zip')));
  served.set('/mirror/a.zip', { bytes: good });
  const mirrored = await getData([{ ...line, addresses: [`${url}/a.zip`, `${url}/mirror/a.zip`] }], '--yes');
  assert.equal(mirrored.status, 0, mirrored.stderr);
  assert.equal(text('a.txt'), 'good');
});

test('who is not there, offline, and who has nothing, is told', async () => {
  const bytes = zip({ 'a.txt': 'a' });
  const line = archive('/a.zip', bytes);
  const offline = await getData([{ ...line, addresses: ['http://127.0.0.1:9/a.zip'] }], '--yes');
  assert.equal(offline.status, 1);
  assert.match(offline.stderr, /the host does not answer: is the network up\?[\s\S]*Run this again/);
  served.clear();
  const gone = await getData([line], '--yes');
  assert.match(gone.stderr, /the host says 404/);
  nothingIsThere();
});

test('a disk without room is told before, and a full one as it happens', async () => {
  const line = archive('/a.zip', zip({ 'a.txt': 'a' }));
  const large = await getData([{ ...line, bytes: 1e18 }], '--yes');
  assert.equal(large.status, 1);
  assert.match(large.stderr, /Set needs 2000000000\.0 GB until it is unpacked, and there are/);
  assert.deepEqual(visits, []);
  symlinkSync('/dev/full', part('a.zip'));
  const full = await getData([line], '--yes');
  assert.equal(full.status, 1);
  assert.match(full.stderr, /it cannot be written: is the disk full\?/);
});

test('archives that would write elsewhere, or bring links, are refused', async () => {
  const escapes = /is refused: it would write outside of its folder/;
  for (const name of ['../evil.txt', 'a/../../evil.txt', '/tmp/get-data-evil.txt']) {
    const { status, stderr } = await getData([archive('/a.zip', zip({ 'a.txt': 'a', [name]: 'evil' }))], '--yes');
    assert.equal(status, 1, name);
    assert.match(stderr, escapes);
    rmSync(into, { recursive: true });
  }
  const outside = tgz({ 'evil.txt': 'evil' }, ['-P', '--transform', 's,^\\./,../,']);
  assert.match((await getData([archive('/b.tgz', outside)], '--yes')).stderr, escapes);
  const work = mkdtempSync(join(folder, 'links-'));
  symlinkSync('/etc', join(work, 'etc'));
  const linked = spawnSync('tar', ['-czf', '-', '-C', work, '.']).stdout;
  assert.match((await getData([archive('/c.tgz', linked)], '--yes')).stderr, /refused: there are links in it/);
  const zipped = archive('/d.zip', zip({ etc: '/etc' }, 0o120777));
  assert.match((await getData([zipped], '--yes')).stderr, /refused: there are links in it/);
  for (const path of [join(into, 'evil.txt'), join(into, '.fetching', 'evil.txt'), '/tmp/get-data-evil.txt'])
    assert.ok(!existsSync(path), path);
  nothingIsThere();
});

test('a truncated archive leaves nothing half unpacked', async () => {
  for (const [name, bytes] of /** @type {[string, Buffer][]} */ ([
    ['/a.zip', zip({ 'a.png': noise(9000), 'b.png': noise(9000) })],
    ['/b.tgz', tgz({ 'a.png': noise(9000), 'b.png': noise(9000) })],
  ])) {
    const line = archive(name, bytes.subarray(0, bytes.length - 6000));
    const { status, stderr } = await getData([line], '--yes');
    assert.equal(status, 1);
    assert.match(stderr, /cannot be unpacked: it is damaged or cut off/);
    nothingIsThere();
    assert.ok(!existsSync(join(into, '.fetching', 'Set', 'unpacked')));
    rmSync(into, { recursive: true });
  }
});

test('only the wanted part of an archive is unpacked', async () => {
  const files = { 'BSR/BSDS500/data/images/train/1.jpg': '1', 'BSR/BSDS500/data/groundTruth/train/1.mat': '2' };
  const { status, stderr } = await getData([archive('/BSR_bsds500.tgz', tgz(files), { only: '*/images/*' })], '--yes');
  assert.equal(status, 0, stderr);
  assert.equal(text('BSR/BSDS500/data/images/train/1.jpg'), '1');
  assert.ok(!existsSync(join(into, 'Set', 'BSR/BSDS500/data/groundTruth')));
});

test('what no program may fetch is said, and taken from a file', async () => {
  const bytes = tgz({ 'RealBlur_J_train_list.txt': 'a/gt/gt_1.png a/blur/blur_1.png \n', 'a/gt/gt_1.png': 'x' });
  const line = { file: 'RealBlur.tar.gz', addresses: [], by_hand: 'https://example.org/folder' };
  const asked = await getData([line], '--yes');
  assert.equal(asked.status, 1);
  assert.match(asked.stderr, /open https:\/\/example\.org\/folder in a browser, and then run\n.*--archive RealBlur\.tar\.gz/);
  const own = join(folder, 'downloaded.tar.gz');
  writeFileSync(own, bytes);
  const { status, stderr } = await getData([line], '--yes', '--archive', own);
  assert.equal(status, 0, stderr);
  assert.equal(text('a/gt/gt_1.png'), 'x');
  assert.ok(existsSync(own));
});

test('an archive of one’s own is checked, and never removed', async () => {
  const line = archive('/a.zip', zip({ 'a.txt': 'good' }));
  const own = join(folder, 'own.zip');
  const absent = await getData([line], '--yes', '--archive', join(folder, 'absent.zip'));
  assert.match(absent.stderr, /absent\.zip: there is no such file/);
  writeFileSync(own, zip({ 'a.txt': 'evil' }));
  const wrong = await getData([line], '--yes', '--archive', own);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /own\.zip is not Set's a\.zip: its SHA-256 is/);
  assert.ok(existsSync(own));
  assert.deepEqual(visits, []);
});

test('a folder that somebody else made is left alone', async () => {
  mkdirSync(join(into, 'Set'), { recursive: true });
  writeFileSync(join(into, 'Set', 'mine.png'), 'mine');
  const { status, stderr } = await getData([archive('/a.zip', zip({ 'a.txt': 'a' }))], '--yes');
  assert.equal(status, 1);
  assert.match(stderr, /is there, and is not from here: move it away first/);
  assert.equal(text('mine.png'), 'mine');
});
