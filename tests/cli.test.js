// `deblur run` as a user meets it: results, messages, exit codes, and nothing half written.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { pngChunk, writePng } from '../scripts/png.js';
import { build, changed, deblur, file, folder, model, out, pattern, photograph, pixels, program, run } from './command-line.js';

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

  test('what lies under transparent pixels changes nothing: no dark rim', () => {
    const results = [0, 255].map((hidden) => {
      const source = pattern(64, 48, 4).map((value, i) => (i % 4 === 3 ? (i % 256 < 128 ? 0 : 255) : value));
      source.forEach((_, i, all) => {
        if (all[i | 3] === 0 && i % 4 < 3) all[i] = hidden;
      });
      const { status, stderr } = deblur([
        'run',
        '--model',
        model,
        file('cut.png', writePng(source, 64, 48, 4)),
        '-o',
        join(out, 'a.png'),
      ]);
      assert.equal(status, 0, stderr);
      return { blur: stderr, bytes: readFileSync(join(out, 'a.png')) };
    });
    assert.deepEqual(results[0], results[1]);
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
  assert.ok(stdout.endsWith('\r\x1b[K'), 'the line is gone in the end');
  assert.doesNotMatch(run(photograph, out).stderr, /left/);
});
