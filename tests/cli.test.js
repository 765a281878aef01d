// The command line as a user meets it: results, messages, exit codes, and nothing half written.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { pngChunk, readPng, writePng } from '../scripts/png.js';

const build = process.env.DEBLUR_BUILD ?? 'build';
const program = resolve(build, 'deblur');
const folder = mkdtempSync(join(tmpdir(), 'deblur-cli-'));
const model = join(folder, 'model.dbm');
const photograph = resolve('tests/golden/a.png');
const out = join(folder, 'out');

/** @param {string[]} words @param {import('node:child_process').SpawnSyncOptions} [options] */
function deblur(words, options) {
  const { status, stdout, stderr } = spawnSync(program, words, { timeout: 60_000, ...options, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** @param {string} input @param {string} output @param {string[]} [more] */
const run = (input, output, more = []) => deblur(['run', '--model', model, '--blur', 'gaussian:2', ...more, input, '-o', output]);

/** @param {string} name @param {Uint8Array | string} bytes */
function file(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** @param {string} path */
const pixels = (path) => readPng(readFileSync(path));

/** @param {number} width @param {number} height @param {1 | 2 | 3 | 4} channels */
function pattern(width, height, channels) {
  const bytes = new Uint8Array(width * height * channels);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 37 + (i >> 5) * 11) & 255;
  return bytes;
}

/**
 * A PNG of any kind. @param {number} width @param {number} height @param {number} depth @param {number} colour
 * @param {Uint8Array} rows with their filter bytes @param {Buffer[]} [chunks] before the data
 */
function png(width, height, depth, colour, rows, chunks = []) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A JPEG of the photograph, made by the program. */
function jpeg() {
  const path = join(folder, 'photograph.jpg');
  assert.equal(run(photograph, path, ['--strength', '0', '--quality', '90']).status, 0);
  return readFileSync(path);
}

/** Where the frame header's segment begins. @param {Buffer} bytes */
function frame(bytes) {
  let at = 2;
  while (bytes[at + 1] !== 0xc0) at += 2 + bytes.readUInt16BE(at + 2);
  return at + 4;
}

/** @param {Buffer} bytes @param {(copy: Buffer) => void} change */
function changed(bytes, change) {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

before(() => execFileSync(resolve(build, 'tests/make_test_model'), [model]));
beforeEach(() => {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
});
after(() => rmSync(folder, { recursive: true }));

describe('run', () => {
  test('restores a picture, and strength mixes', () => {
    const paths = ['0', '0.5', '1'].map((strength) => join(out, `${strength}.png`));
    for (const path of paths) {
      const { status, stderr } = run(photograph, path, ['--strength', path.slice(-7).replace(/.*\//, '').replace('.png', '')]);
      assert.equal(status, 0, stderr);
    }
    const [none, half, whole] = paths.map((path) => pixels(path).pixels);
    assert.deepEqual(none, pixels(photograph).pixels);
    for (let i = 0; i < none.length; i++) {
      if (whole[i] === 0 || whole[i] === 255) continue; // it would have gone further
      const middle = (none[i] + whole[i]) / 2;
      assert.ok(Math.abs(half[i] - middle) <= 1, `number ${i}: ${half[i]} between ${none[i]} and ${whole[i]}`);
    }
    assert.notDeepEqual(whole, none);
  });

  test('gives the same with any number of threads', () => {
    run(photograph, join(out, '1.png'), ['--threads', '1']);
    run(photograph, join(out, '3.png'), ['--threads', '3']);
    assert.deepEqual(readFileSync(join(out, '1.png')), readFileSync(join(out, '3.png')));
  });

  test('says what blur it found, unless it is to be quiet', () => {
    const words = ['run', '--model', model, photograph, '-o', join(out, 'a.png')];
    assert.match(deblur(words).stderr, /a\.png: .*\(\d+% sure\)/);
    assert.equal(deblur([...words, '--quiet']).stderr, '');
  });

  test('takes several pictures into a folder: a JPEG stays one, in any case, and the rest become PNGs', () => {
    const inputs = [file('x.JPG', jpeg()), photograph, file('y.bmp.png', writePng(pattern(9, 8, 3), 9, 8, 3))];
    const { status, stderr } = deblur(['run', '--model', model, ...inputs, '-o', out]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(readdirSync(out).sort(), ['a.png', 'x.JPG', 'y.bmp.png']);
    assert.equal(readFileSync(join(out, 'x.JPG'))[0], 0xff);
  });

  test('goes on after a picture that fails, and says so in the end', () => {
    const { status, stderr } = deblur(['run', '--model', model, file('bad.png', 'no'), photograph, '-o', out]);
    assert.equal(status, 1);
    assert.match(stderr, /bad\.png: this is not a picture/);
    assert.deepEqual(readdirSync(out), ['a.png']);
  });

  test('keeps alpha', () => {
    const source = pattern(20, 15, 4);
    const { status, stderr } = run(file('alpha.png', writePng(source, 20, 15, 4)), join(out, 'a.png'));
    assert.equal(status, 0, stderr);
    const result = pixels(join(out, 'a.png'));
    assert.equal(result.channels, 4);
    for (let i = 3; i < source.length; i += 4) assert.equal(result.pixels[i], source[i]);
  });

  for (let orientation = 1; orientation <= 8; orientation++)
    test(`turns a picture of EXIF orientation ${orientation} upright`, () => {
      const exif = Buffer.from('4d4d002a000000080001011200030000000100000000000000000000', 'hex');
      exif.writeUInt16BE(orientation, 18);
      const stored = Buffer.from('\0abc\0def', 'latin1');
      const path = file('turned.png', png(3, 2, 8, 0, stored, [pngChunk('eXIf', exif)]));
      assert.equal(run(path, join(out, 'a.png'), ['--strength', '0']).status, 0);
      const { width, height, pixels: got } = pixels(join(out, 'a.png'));
      const wanted = ['abc/def', 'cba/fed', 'fed/cba', 'def/abc', 'ad/be/cf', 'da/eb/fc', 'fc/eb/da', 'cf/be/ad'][
        orientation - 1
      ];
      let text = '';
      for (let y = 0; y < height; y++)
        text += (y ? '/' : '') + String.fromCharCode(...got.filter((_, i) => i % 3 === 0).slice(y * width, (y + 1) * width));
      assert.equal(text, wanted);
    });

  /** @type {[string, Buffer, number, number, number][]} name, file, and the result's width, height, channels */
  const kinds = [
    ['1 x 1', writePng(pattern(1, 1, 3), 1, 1, 3), 1, 1, 3],
    ['1 x 5000', writePng(pattern(1, 5000, 3), 1, 5000, 3), 1, 5000, 3],
    ['palette', png(2, 1, 8, 3, Buffer.from([0, 0, 1]), [pngChunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6]))]), 2, 1, 3],
    ['grey', writePng(pattern(7, 5, 1), 7, 5, 1), 7, 5, 3],
    ['grey with alpha', writePng(pattern(7, 5, 2), 7, 5, 2), 7, 5, 4],
    ['16-bit', png(2, 1, 16, 2, Buffer.from([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0])), 2, 1, 3],
  ];
  for (const [name, bytes, width, height, channels] of kinds)
    test(`restores a ${name} PNG`, () => {
      const { status, stderr } = deblur(['run', '--model', model, file('kind.png', bytes), '-o', join(out, 'a.png')]);
      assert.equal(status, 0, stderr);
      const result = pixels(join(out, 'a.png'));
      assert.deepEqual([result.width, result.height, result.channels], [width, height, channels]);
    });
});

describe('what is no picture, or a broken one, is refused and nothing is written', () => {
  const text = (/** @type {string} */ s) => Buffer.from(s, 'latin1');
  const rgb = writePng(pattern(40, 30, 3), 40, 30, 3);
  /** @type {[string, () => Buffer, RegExp][]} */
  const hostile = [
    ['empty', () => text(''), /not a picture/],
    ['text', () => text('Dear reader, this is a letter and not a picture.'), /not a picture.*JPEG, PNG/],
    ['truncated PNG', () => rgb.subarray(0, rgb.length / 2), /damaged or cut short.*again/],
    ['truncated JPEG', () => jpeg().subarray(0, 3000), /damaged or cut short/],
    ['PNG with a wrong checksum', () => changed(rgb, (b) => b.writeUInt8(b[60] ^ 1, 60)), /damaged/],
    ['0 x 0 PNG', () => png(0, 0, 8, 2, Buffer.alloc(0)), /damaged/],
    ['0 x 0 JPEG', () => changed(jpeg(), (b) => b.fill(0, frame(b) + 1, frame(b) + 5)), /damaged/],
    ['100-megapixel PNG header', () => png(10000, 10000, 8, 2, Buffer.alloc(1)), /damaged/],
    ['100-megapixel JPEG header', () => changed(jpeg(), (b) => b.set([0xff, 0, 0xff, 0], frame(b) + 1)), /too large/],
    ['400-megapixel PNG header', () => png(20000, 20000, 8, 2, Buffer.alloc(1)), /too large.*200 megapixels/],
    ['CMYK JPEG', () => changed(jpeg(), (b) => b.writeUInt8(4, frame(b) + 5)), /CMYK JPEG.*save it as/],
    ['animated PNG', () => png(1, 1, 8, 0, Buffer.alloc(2), [pngChunk('acTL', Buffer.alloc(8))]), /animated PNG/],
    ['GIF', () => text('GIF89a\x01\0\x01\0\0\0\0;'), /this is a GIF, which is not supported: save it as/],
    ['WebP', () => text('RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0'), /this is a WebP/],
    ['HEIC', () => text('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), /this is a HEIC/],
    ['TIFF', () => text('II*\0\x08\0\0\0\0\0'), /this is a TIFF/],
  ];
  for (const [name, make, message] of hostile)
    test(name, () => {
      const path = file('hostile.jpg', make());
      for (const words of [
        ['run', path, '-o', join(out, 'a.png')],
        ['estimate', path],
      ]) {
        const { status, stderr } = deblur([words[0], '--model', model, ...words.slice(1)]);
        assert.equal(status, 1, `${words[0]}: ${stderr}`);
        assert.match(stderr, message);
        assert.ok(stderr.includes('hostile.jpg'), 'the message names the file');
      }
      assert.deepEqual(readdirSync(out), []);
    });

  // AddressSanitizer takes terabytes of addresses for itself.
  test('a header of many pixels does not cost the memory for them', { skip: build.includes('sanitize') }, () => {
    const path = file('header.png', png(10000, 10000, 8, 2, Buffer.alloc(1)));
    const words = [program, 'run', '--model', model, path, '-o', out];
    const { status, stderr } = spawnSync('/bin/sh', ['-c', 'ulimit -v 100000; exec "$@"', 'sh', ...words], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /damaged/);
  });

  test('a missing file, a folder and a file without permission', () => {
    assert.match(run(join(folder, 'missing.png'), out).stderr, /missing\.png: No such file/);
    assert.match(run(folder, join(out, 'a.png')).stderr, /Is a directory/);
    const locked = file('locked.png', writePng(pattern(2, 2, 3), 2, 2, 3));
    chmodSync(locked, 0);
    const { status, stderr } = run(locked, out);
    if (process.getuid?.()) assert.deepEqual([status, /Permission denied/.test(stderr)], [1, true], stderr);
    assert.deepEqual(readdirSync(out), process.getuid?.() ? [] : ['locked.png']);
    rmSync(locked);
  });
});

describe('where results go', () => {
  /** @param {string[]} words @param {RegExp} message */
  function refused(words, message) {
    const { status, stderr } = deblur(['run', '--model', model, ...words]);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }

  test('is asked for where it was not said', () => refused([photograph], /-o/));
  test('is a kind of file that is written', () =>
    refused([photograph, '-o', join(out, 'a.gif')], /has to end in \.png or \.jpg/));
  test('is a folder for several pictures', () =>
    refused([photograph, photograph, '-o', join(out, 'a.png')], /has to be a folder/));
  test('exists', () => refused([photograph, '-o', join(out, 'deep', 'a.png')], /does not exist; make it/));

  test('is never a picture that is read, by whatever name', () => {
    const mine = join(out, 'mine.png');
    copyFileSync(photograph, mine);
    symlinkSync(mine, join(out, 'alias.png'));
    refused([mine, '-o', mine], /would overwrite/);
    refused([mine, '-o', out], /would overwrite/);
    refused([mine, '-o', join(out, 'alias.png')], /would overwrite/);
    refused([photograph, mine, '-o', mine.replace('/mine.png', '')], /would overwrite/);
    assert.deepEqual(readFileSync(mine), readFileSync(photograph));
  });

  test('is not the same for two pictures', () => {
    const other = join(folder, 'other');
    mkdirSync(other, { recursive: true });
    copyFileSync(photograph, join(other, 'a.png'));
    refused([photograph, join(other, 'a.png'), '-o', out], /would both become .*a\.png/);
    assert.deepEqual(readdirSync(out), []);
  });

  test('replaces an older result whole', () => {
    const path = join(out, 'a.png');
    writeFileSync(path, 'old');
    assert.equal(run(photograph, path).status, 0);
    assert.equal(pixels(path).width, pixels(photograph).width);
    assert.deepEqual(readdirSync(out), ['a.png']);
  });

  test('has a name that a JPEG can take', () => {
    const { status, stderr } = run(file('tall.png', writePng(pattern(1, 66000, 1), 1, 66000, 1)), join(out, 'a.jpg'));
    assert.equal(status, 1);
    assert.match(stderr, /too large.*PNG/);
    assert.deepEqual(readdirSync(out), []);
  });
});

/** A file may grow to 4 KiB, as on a disk with little left. @param {string[]} words */
const onFullDisk = (words) =>
  spawnSync('/bin/sh', ['-c', 'trap \'\' XFSZ; ulimit -f 8; exec "$@"', 'sh', program, ...words], { encoding: 'utf8' });

test('a full disk: a message, and what was there stays', () => {
  const path = join(out, 'a.png');
  writeFileSync(path, 'old');
  const { status, stderr } = onFullDisk(['run', '--model', model, '--quiet', photograph, '-o', path]);
  assert.equal(status, 1);
  assert.match(stderr, /a\.png: File too large/);
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.deepEqual(readdirSync(out), ['a.png']);
});

test('an answer that cannot be written is no success', () => {
  for (const words of [['info', model], ['estimate', '--model', model, photograph], ['--version'], ['run', '--help']]) {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', 'exec "$@" >/dev/full', 'sh', program, ...words], {
      encoding: 'utf8',
    });
    assert.equal(status, 1, words.join(' '));
    assert.match(stderr, /could not be written/);
  }
});

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  test(`${signal} stops the work and leaves nothing`, async () => {
    const large = file('large.png', writePng(pattern(2500, 2500, 3), 2500, 2500, 3));
    const words = ['run', '--model', model, '--threads', '1', large, photograph, '-o', out];
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    const ended = new Promise((done) => child.on('exit', (code, by) => done([code, by])));
    child.stderr.on('data', (data) => {
      if (!stderr) setTimeout(() => child.kill(signal), 50); // it has told the estimate, and restores now
      stderr += data;
    });
    assert.deepEqual(await ended, [130, null], stderr);
    assert.match(stderr, /large\.png: cancelled/);
    assert.deepEqual(readdirSync(out), []);
  });

test('a terminal sees how far the work is, and a pipe does not', () => {
  const words = `${program} run --model ${model} --blur none ${photograph} -o ${out}`;
  const { stdout } = spawnSync('script', ['-qec', words, '/dev/null'], { encoding: 'utf8' });
  assert.match(stdout, /a\.png +\d+% +\d+ s left/);
  assert.match(stdout, /\r\x1b\[K$/, 'the line is gone in the end');
  assert.doesNotMatch(run(photograph, out).stderr, /left/);
});

describe('--blur', () => {
  /** @param {string} blur @param {string} [name] */
  function result(blur, name = 'a.png') {
    const { status, stderr } = deblur(['run', '--model', model, '--blur', blur, photograph, '-o', join(out, name)]);
    return { status, stderr, bytes: status === 0 ? readFileSync(join(out, name)) : undefined };
  }

  for (const [blur, description] of /** @type {[string, RegExp][]} */ ([
    ['none', /not blurred/],
    ['gaussian:1.5', /standard deviation 1\.5 px/],
    ['defocus:22.6', /radius 22\.6 px/],
    ['shake:4', /spread 4\.0 px/],
    ['motion:9:30', /motion, 9\.0 px at 30 degrees/],
    ['motion:9:-150', /motion, 9\.0 px at 30 degrees/],
  ]))
    test(`${blur} is understood`, () => {
      const { status, stderr } = result(blur);
      assert.equal(status, 0, stderr);
      assert.match(stderr, description);
    });

  test('auto is the default, and the kind and the size change the result', () => {
    const { status } = deblur(['run', '--model', model, photograph, '-o', join(out, 'd.png')]);
    assert.equal(status, 0);
    assert.deepEqual(result('auto').bytes, readFileSync(join(out, 'd.png')));
    const some = ['auto', 'none', 'gaussian:2', 'gaussian:4', 'motion:9:0', 'motion:9:90'].map((blur) =>
      result(blur).bytes?.toString('base64'),
    );
    assert.equal(new Set(some).size, some.length);
  });

  for (const blur of [
    '',
    'fog:3',
    'gaussian',
    'gaussian:',
    'gaussian:x',
    'gaussian:2x',
    'gaussian:-1',
    'gaussian:nan',
    'gaussian:inf',
    'gaussian:12',
    'defocus:23',
    'motion:9:',
    'motion:9:1:2',
    'motion:9:1e99',
    'GAUSSIAN:2',
    'gaussian 2',
  ])
    test(`"${blur}" makes no sense, and the message says what does`, () => {
      const { status, stderr } = result(blur);
      assert.equal(status, 2);
      assert.match(stderr, /makes no sense; write auto, none, gaussian:SIGMA .*11\.3/);
      assert.deepEqual(readdirSync(out), []);
    });
});

describe('models', () => {
  test('info --json says what a model is', () => {
    const { status, stdout, stderr } = deblur(['info', model, '--json']);
    assert.equal(status, 0, stderr);
    const info = JSON.parse(stdout);
    assert.match(info.sha256, /^[0-9a-f]{64}$/);
    assert.equal(info.sha256, execFileSync('sha256sum', [model], { encoding: 'utf8' }).slice(0, 64));
    assert.ok(
      info.parameters > 1000 && info.restorer_macs_per_pixel > 100 && info.estimator_macs_per_pixel > 0 && info.halo_px > 0,
    );
    assert.deepEqual([info.has_estimator, info.is_adaptive], [true, true]);
    assert.match(info.provenance, /made-by: make_test_model\n/);
    assert.match(info.ops, /^restorer .*conv2d/m);
    assert.match(info.ops, /^estimator /m);
    const plain = deblur(['info', '--model', model]).stdout;
    for (const fact of [info.sha256, String(info.parameters), info.provenance]) assert.ok(plain.includes(fact), fact);
  });

  test('one cut short anywhere, or with any byte changed, is refused', () => {
    const whole = readFileSync(model);
    for (let i = 0; i < 24; i++) {
      const at = Math.floor((whole.length * i) / 24) + (i % 7);
      const bytes = changed(whole, (b) => b.writeUInt8(b[at] ^ (1 << (i % 8)), at));
      for (const [name, broken] of /** @type {[string, Buffer][]} */ ([
        ['changed', bytes],
        ['cut', whole.subarray(0, at)],
      ])) {
        const { status, stderr } = deblur(['info', file('broken.dbm', broken)]);
        assert.equal(status, 1, `${name} at ${at}`);
        assert.match(
          stderr,
          /broken\.dbm: (this is not a deblur model|the model (file is damaged|was made by a later))/,
          `${name} at ${at}`,
        );
      }
    }
    const { status } = deblur(['run', '--model', join(folder, 'broken.dbm'), photograph, '-o', out]);
    assert.deepEqual([status, readdirSync(out)], [1, []]);
  });

  test('one that is missing: where it was looked for, and how to name another', () => {
    const named = deblur(['info', join(folder, 'missing.dbm')]);
    assert.deepEqual([named.status, /missing\.dbm: No such file/.test(named.stderr)], [1, true], named.stderr);
    const copy = join(folder, 'alone', 'deblur');
    mkdirSync(join(folder, 'alone'));
    copyFileSync(program, copy);
    chmodSync(copy, 0o755);
    const { status, stderr } = spawnSync(copy, ['info'], { encoding: 'utf8', env: { ...process.env, DEBLUR_MODEL: '' } });
    assert.equal(status, 1);
    assert.match(stderr, /weights\/student\.dbm: No such file.*\n.*--model M\.dbm, or in DEBLUR_MODEL/);
  });

  test('DEBLUR_MODEL names the default', () => {
    const { status, stdout } = deblur(['info', '--json'], { env: { ...process.env, DEBLUR_MODEL: model } });
    assert.deepEqual([status, JSON.parse(stdout).has_estimator], [0, true]);
  });
});

describe('estimate', () => {
  test('says in words and as JSON how pictures are blurred', () => {
    const plain = deblur(['estimate', '--model', model, photograph]);
    assert.equal(plain.status, 0);
    assert.match(plain.stdout, /a\.png: .*sure\)/);
    const { status, stdout } = deblur(['estimate', '--model', model, photograph, 'tests/golden/b.png', '--json']);
    assert.equal(status, 0);
    const answers = JSON.parse(stdout);
    assert.deepEqual(
      answers.map((/** @type {any} */ a) => a.file),
      [photograph, 'tests/golden/b.png'],
    );
    const { probabilities, kind } = answers[0].blur;
    assert.deepEqual(Object.keys(probabilities), ['none', 'gaussian', 'shake', 'motion', 'defocus']);
    const most = Math.max(.../** @type {number[]} */ (Object.values(probabilities)));
    assert.equal(probabilities[kind], most);
  });

  test('gives whole JSON although a picture fails, whatever its name', () => {
    const odd = file('odd "name"\n\\.png', readFileSync(photograph));
    const { status, stdout } = deblur(['estimate', '--model', model, '--json', file('bad.png', 'no'), odd]);
    assert.equal(status, 1);
    assert.deepEqual(
      JSON.parse(stdout).map((/** @type {any} */ a) => a.file),
      [odd],
    );
  });
});

describe('eval', () => {
  const input = join(folder, 'input');
  const truth = join(folder, 'truth');
  /** @param {string[]} [more] */
  const evaluate = (more = []) => deblur(['eval', '--model', model, '--input', input, '--truth', truth, ...more]);

  beforeEach(() => {
    for (const path of [input, truth]) {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
    }
    for (const name of ['a', 'b']) {
      copyFileSync(`tests/golden/${name}.blur1.5.png`, join(input, `${name}.png`));
      copyFileSync(`tests/golden/${name}.resize256.png`, join(truth, `${name}.png`));
    }
  });

  /** What scikit-image says of a pair. @param {string} name */
  function golden(name) {
    const line = readFileSync('tests/golden/golden.txt', 'utf8')
      .split('\n')
      .find((l) => l.startsWith(`${name} 1.5 `));
    const [, , psnr, , ssim] = (line ?? '').split(' ');
    return { psnr: Number(psnr), ssim: Number(ssim) };
  }

  test('measures as scikit-image does, before and after', () => {
    const { status, stdout, stderr } = evaluate(['--json']);
    assert.equal(status, 0, stderr);
    const answer = JSON.parse(stdout);
    const wanted = ['a', 'b'].map(golden);
    assert.equal(answer.n, 2);
    assert.equal(answer.ssim_window, 'uniform7');
    const near = (/** @type {number} */ got, /** @type {number} */ want) =>
      assert.ok(Math.abs(got - want) < 1e-4, `${got}, not ${want}`);
    near(answer.psnr_in_db, (wanted[0].psnr + wanted[1].psnr) / 2);
    near(answer.ssim_in, (wanted[0].ssim + wanted[1].ssim) / 2);
    answer.files.forEach((/** @type {any} */ f, /** @type {number} */ i) => {
      near(f.psnr_in_db, wanted[i].psnr);
      near(f.ssim_in, wanted[i].ssim);
    });
    near(answer.psnr_out_db, (answer.files[0].psnr_out_db + answer.files[1].psnr_out_db) / 2);
    near(answer.ssim_out, (answer.files[0].ssim_out + answer.files[1].ssim_out) / 2);
  });

  test('what it measures is what run writes', () => {
    const { files } = JSON.parse(evaluate(['--json', '--blur', 'gaussian:2']).stdout);
    run(join(input, 'a.png'), join(out, 'a.png'));
    const [got, sharp] = [pixels(join(out, 'a.png')).pixels, pixels(join(truth, 'a.png')).pixels];
    let sum = 0;
    for (let i = 0; i < got.length; i++) sum += (got[i] - sharp[i]) ** 2;
    const psnr = 10 * Math.log10((255 * 255 * got.length) / sum);
    assert.ok(Math.abs(files[0].psnr_out_db - psnr) < 1e-4, `${files[0].psnr_out_db}, not ${psnr}`);
  });

  test('equal pictures count as 100 dB, since JSON has no infinity', () => {
    copyFileSync(join(truth, 'a.png'), join(input, 'a.png'));
    const [first] = JSON.parse(evaluate(['--json']).stdout).files;
    assert.deepEqual([first.psnr_in_db, first.ssim_in], [100, 1]);
  });

  test('prints a line for each picture and the means', () => {
    const { stdout } = evaluate();
    assert.match(stdout, /^a\.png +22\.36 -> /m);
    assert.match(stdout, /^mean of 2 /m);
  });

  test('pairs by name, with a suffix if asked, and says what it skips', () => {
    copyFileSync(join(truth, 'a.png'), join(truth, 'a.target.png'));
    const { status, stdout, stderr } = evaluate(['--json', '--truth-suffix', '.target']);
    assert.equal(status, 0, stderr);
    assert.deepEqual([JSON.parse(stdout).n, JSON.parse(stdout).skipped], [1, 1]);
    assert.match(stderr, /skipped .*b\.png: it has no twin .*b\.target\.png/);
  });

  test('no pair at all, a pair of two sizes and a broken file are errors without half a JSON', () => {
    copyFileSync('tests/golden/b.png', join(truth, 'b.png'));
    let answer = evaluate(['--json']);
    assert.deepEqual([answer.status, answer.stdout], [1, '']);
    assert.match(answer.stderr, /b\.png and .*b\.png are not of one size/);
    writeFileSync(join(truth, 'b.png'), 'broken');
    answer = evaluate(['--json']);
    assert.deepEqual([answer.status, answer.stdout], [1, '']);
    assert.match(answer.stderr, /truth\/b\.png: this is not a picture/);
    answer = deblur(['eval', '--model', model, '--input', truth, '--truth', out]);
    assert.equal(answer.status, 1);
    assert.match(answer.stderr, /no JPEG or PNG of .* has a twin/);
  });

  test('folders that are not named or not there', () => {
    assert.equal(deblur(['eval', '--model', model, '--input', input]).status, 2);
    const { status, stderr } = deblur(['eval', '--model', model, '--input', join(folder, 'nowhere'), '--truth', truth]);
    assert.deepEqual([status, /nowhere: No such file/.test(stderr)], [1, true], stderr);
  });
});

describe('words that are not understood', () => {
  /** @type {[string[], RegExp][]} */
  const wrong = [
    [[], /usage: deblur COMMAND/],
    [['sharpen'], /no command sharpen; see deblur --help/],
    [['run', '--modle', 'x'], /no option --modle; see deblur run --help/],
    [['run'], /which pictures\?/],
    [['estimate'], /which pictures\?/],
    [['info', 'a', 'b'], /one model at a time/],
    [['run', 'a.png', '-o'], /a value has to follow -o/],
    [['run', '--strength', '2', 'a.png', '-o', '.'], /--strength has to be a number from 0 to 1, not 2/],
    [['run', '--strength', '-1', 'a.png', '-o', '.'], /--strength has to be a number from 0 to 1, not -1/],
    [['run', '--strength', 'much', 'a.png', '-o', '.'], /not much/],
    [['run', '--threads', '0', 'a.png', '-o', '.'], /--threads has to be a number from 1/],
    [['run', '--quality', '101', 'a.png', '-o', '.'], /--quality/],
    [['eval', 'stray'], /does not take stray/],
  ];
  for (const [words, message] of wrong)
    test(`deblur ${words.join(' ')}`, () => {
      const { status, stdout, stderr } = deblur(words);
      assert.deepEqual([status, stdout], [2, ''], stderr);
      assert.match(stderr, message);
    });
});

describe('--help', () => {
  test('lists the commands', () => {
    const { status, stdout } = deblur(['--help']);
    assert.equal(status, 0);
    for (const name of ['run', 'eval', 'estimate', 'info']) assert.match(stdout, new RegExp(`^ +${name} `, 'm'));
  });

  for (const [name, options] of /** @type {[string, string[]][]} */ ([
    ['run', ['--model', '--blur', '--strength', '--threads', '--quality', '-o', '--quiet']],
    ['eval', ['--model', '--blur', '--input', '--truth', '--truth-suffix', '--json']],
    ['estimate', ['--model', '--json']],
    ['info', ['--model', '--json']],
  ]))
    test(`${name} says every option that it takes`, () => {
      const { status, stdout, stderr } = deblur([name, '--help']);
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^usage: deblur ${name} \\[options\\]`));
      for (const option of [...options, '--help']) assert.match(stdout, new RegExp(`^ +${option} .*\\S`, 'm'));
    });

  test('--version says it', () => assert.match(deblur(['--version']).stdout, /^deblur \d+\.\d+\.\d+\n$/));
});
