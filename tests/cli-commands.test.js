// The rest of the command line: --blur, models, estimate, eval, and words that are not understood.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, test } from 'node:test';
import { changed, deblur, file, folder, model, out, photograph, pixels, program, run } from './command-line.js';

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

test('JSON is UTF-8, whatever bytes a file name has', () => {
  for (const name of ['caf\xe9', '\xc3\xa9', '\xc0\xaf', '\xed\xa0\x80', '\xf0\x9f\x8c\x84', '\xe2\x82'])
    writeFileSync(Buffer.concat([Buffer.from(`${out}/`), Buffer.from(name, 'latin1')]), readFileSync(photograph));
  const words = [program, 'estimate', '--json', '--model', model];
  const { status, stdout } = spawnSync('/bin/sh', ['-c', `exec "$@" ${out}/*`, 'sh', ...words]);
  assert.equal(status, 0);
  const answers = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(stdout));
  const found = answers.map((/** @type {any} */ a) => a.file.slice(out.length + 1));
  assert.deepEqual(found.sort(), ['caf\ufffd', 'é', '\ufffd\ufffd', '\ufffd\ufffd\ufffd', '🌄', '\ufffd\ufffd'].sort());
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

  test('all metrics are told on request, and those that scikit-image has too agree', () => {
    copyFileSync('tests/golden/a.blur3.0.png', join(input, 'a.png'));
    const { files } = JSON.parse(evaluate(['--json', '--all-metrics']).stdout);
    const [, , , uniform5, , gauss11] = (
      readFileSync('tests/golden/golden.txt', 'utf8')
        .split('\n')
        .find((line) => line.startsWith('a 3.0 ')) ?? ''
    ).split(' ');
    assert.ok(Math.abs(files[0].ssim_uniform5_in - Number(uniform5)) < 1e-4, `${files[0].ssim_uniform5_in}, not ${uniform5}`);
    assert.ok(Math.abs(files[0].ssim_gauss11_in - Number(gauss11)) < 1e-4, `${files[0].ssim_gauss11_in}, not ${gauss11}`);
    assert.ok(files[0].sharpness_in < files[1].sharpness_in, 'the stronger blur is less sharp');
    for (const figure of [
      'psnr_luma_in_db',
      'psnr_luma_out_db',
      'ssim_luma_uniform7_out',
      'ssim_luma_gauss11_in',
      'sharpness_out',
      'psnr_registered_out_db',
    ])
      assert.ok(Number.isFinite(files[0][figure]), figure);
  });

  test('classical methods take the model’s place', () => {
    for (const method of ['unsharp', 'wiener', 'polyblur']) {
      const { status, stdout, stderr } = evaluate(['--json', '--method', method, '--blur', 'gaussian:1.5']);
      assert.equal(status, 0, stderr);
      const answer = JSON.parse(stdout);
      assert.ok(answer.psnr_out_db > answer.psnr_in_db, `${method}: ${answer.psnr_out_db} after ${answer.psnr_in_db}`);
    }
    const { status, stderr } = evaluate(['--method', 'magic']);
    assert.equal(status, 2);
    assert.match(stderr, /--method is model, unsharp, wiener or polyblur, and not magic/);
  });

  describe('--told', () => {
    const told = join(folder, 'truth.json');
    const line = (/** @type {string} */ name, /** @type {string} */ kind, /** @type {number} */ spread) =>
      `  {"file": "${name}.png", "kind": "${kind}", "spread_px": ${spread}, "anisotropy": 0, "angle_deg": 0, "jpeg_quality": 100}`;
    const write = (/** @type {string[]} */ ...lines) => writeFileSync(told, `[\n${lines.join(',\n')}\n]\n`);

    test('tells each picture its own blur', () => {
      write(line('b', 'none', 0), line('a', 'gaussian', 3));
      const { status, stdout, stderr } = evaluate(['--json', '--told', told]);
      assert.equal(status, 0, stderr);
      const [a, b] = JSON.parse(stdout).files;
      assert.deepEqual([a.blur.kind, a.blur.spread_px, b.blur.kind], ['gaussian', 3, 'none']);
      write(line('b', 'none', 0), line('a', 'gaussian', 1));
      const other = JSON.parse(evaluate(['--json', '--told', told]).stdout).files;
      assert.notEqual(other[0].psnr_out_db, a.psnr_out_db);
      assert.equal(other[1].psnr_out_db, b.psnr_out_db);
    });

    test('says what it cannot tell', () => {
      /** @param {RegExp} message @param {string[]} [more] */
      const refused = (message, more = []) => {
        const { status, stdout, stderr } = evaluate(['--json', '--told', told, ...more]);
        assert.notEqual(status, 0);
        assert.equal(stdout, '');
        assert.match(stderr, message);
      };
      write(line('a', 'gaussian', 3));
      refused(/truth\.json does not say how b\.png is blurred/);
      write(line('a', 'gaussian', 3), line('b', 'unknown', 3));
      refused(/does not say how b\.png is blurred/);
      refused(/leave one of them out/, ['--blur', 'none']);
      write(line('a', 'gaussian', 3), '  {"file": ');
      refused(/line 3 does not say how a file is blurred/);
      write(line('a', 'gaussian', 3), line('b', 'gaussian', 17));
      refused(/b\.png/);
      rmSync(told);
      refused(/truth\.json: No such file/);
    });
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
    ['eval', ['--model', '--blur', '--told', '--input', '--truth', '--truth-suffix', '--method', '--all-metrics', '--json']],
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
