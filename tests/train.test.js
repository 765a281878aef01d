// The trainer as a program: small runs that stop, go on, and are refused.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPng, writePng } from '../scripts/png.js';

const trainer = 'build/deblur-train';
const folder = mkdtempSync(join(tmpdir(), 'deblur-train-'));
const data = join(folder, 'photos');
mkdirSync(join(data, 'deeper'), { recursive: true });
for (const name of readdirSync('tests/golden').filter((file) => file.endsWith('.resize256.png')))
  copyFileSync(`tests/golden/${name}`, join(data, 'deeper', name));
writeFileSync(join(data, 'broken.jpg'), 'this is no picture');

const small = [
  '--data',
  data,
  '--steps',
  '24',
  '--batch',
  '2',
  '--crop',
  '64',
  '--threads',
  '1',
  '--network',
  'student',
  '--quiet',
];

/** @param {string[]} options */
const run = (...options) => spawnSync(trainer, options, { encoding: 'utf8' });
/** @param {string} name */
const file = (name) => join(folder, name);
/** Of megabytes no one wants to see the difference. @param {Buffer} a @param {Buffer} b */
const assertSame = (a, b) => assert.ok(a.equals(b), `${a.length} and ${b.length} bytes that are not the same`);
/** @param {Buffer} a @param {Buffer} b */
const assertDifferent = (a, b) => assert.ok(!a.equals(b), `twice the same ${a.length} bytes`);

/** From its checkpoints of one save ago and two, a run ends as it did. @param {string} name @param {string[]} options */
function assertGoesOn(name, options) {
  for (const age of [1, 2]) {
    copyFileSync(file(`${name}.ckpt.${age}`), file('again.dbm.ckpt'));
    const { status, stderr } = run('teacher', ...options, '--out', file('again.dbm'), '--resume');
    assert.equal(status, 0, stderr);
    assertSame(readFileSync(file('again.dbm.ckpt')), readFileSync(file(`${name}.ckpt`)));
  }
}

test('every command has help, and an unknown option is refused with a hint', () => {
  for (const command of ['teacher', 'distill', 'degrade']) {
    const { status, stdout } = run(command, '--help');
    assert.equal(status, 0);
    assert.match(stdout, /usage: deblur-train/);
  }
  const { status, stderr } = run('teacher', '--dta', 'x');
  assert.equal(status, 2);
  assert.match(stderr, /there is no option --dta; see deblur-train teacher --help/);
});

test('what is missing or makes no sense is said', () => {
  assert.match(run('teacher', '--data', data).stderr, /--out says where/);
  assert.match(run('distill', '--data', data, '--out', file('x.dbm')).stderr, /--teacher names the model/);
  assert.match(run('teacher', ...small, '--minutes', '1', '--out', file('x.dbm')).stderr, /exclude each other/);
  assert.match(run('teacher', '--data', data, '--crop', '33', '--out', file('x.dbm')).stderr, /multiple of 16/);
  assert.match(run('teacher', '--data', data, '--degrade', 'rain', '--out', file('x.dbm')).stderr, /neither protocol nor photo/);
  const absent = run('teacher', '--data', file('nowhere'), '--out', file('x.dbm'));
  assert.equal(absent.status, 1);
  assert.match(absent.stderr, /reading the training pictures: No such file/);
});

test('a run that is stopped and resumed leaves the checkpoint of the unstopped run, byte for byte', async () => {
  const whole = run('teacher', ...small, '--out', file('whole.dbm'));
  assert.equal(whole.status, 0, whole.stderr);
  const stopped = spawn(trainer, ['teacher', ...small, '--out', file('parts.dbm')]);
  const log = file('parts.dbm.log.jsonl');
  for (let i = 0; i < 500 && !existsSync(log); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  stopped.kill('SIGTERM');
  const code = await new Promise((resolve) => stopped.on('exit', resolve));
  assert.ok(code === 130 || code === 0, `exit code ${code}`); // 0: it was faster than the signal
  if (code === 130) assert.equal(run('teacher', ...small, '--out', file('parts.dbm'), '--resume').status, 0);
  assertSame(readFileSync(file('parts.dbm.ckpt')), readFileSync(file('whole.dbm.ckpt')));
});

// A handler that runs in the midst of oneDNN's kernels overwrites what they keep below the stack's end.
test('no thread that computes takes a signal, and a run that is stopped has its checkpoint', async () => {
  const endless = [...small, '--steps', '100000', '--threads', '2', '--out', file('endless.dbm')];
  const running = spawn(trainer, ['teacher', ...endless]);
  const log = file('endless.dbm.log.jsonl');
  // The log is begun before the threads are, and a thread that begins blocks all signals for a moment.
  for (let i = 0; i < 3000 && !(existsSync(log) && readFileSync(log, 'utf8').includes('"step"')); i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const threads = `/proc/${running.pid}/task`;
  const masks = readdirSync(threads).map((id) => /SigBlk:\s*(\w+)/.exec(readFileSync(`${threads}/${id}/status`, 'utf8'))?.[1]);
  const both = (1n << 1n) | (1n << 14n); // SIGINT and SIGTERM
  running.kill('SIGINT');
  assert.equal(await new Promise((resolve) => running.on('exit', resolve)), 130);
  const blocking = masks.filter((mask) => (BigInt(`0x${mask}`) & both) === both);
  assert.ok(masks.length > 2, `${masks.length} threads`);
  assert.equal(blocking.length, masks.length - 1, `all but the one that waits for signals block them, not ${masks}`);
  assert.ok(existsSync(file('endless.dbm.ckpt')));
});

test('samples grow in the course of a run, which goes on exactly across the change', () => {
  const crops = ['--crop', '48:0.5,80:0.3,64:0.2', '--batch', '4', '--estimator-crop', '64'];
  const options = ['teacher', ...small.filter((word) => word !== '--quiet'), ...crops, '--checkpoint-every', '10'];
  const { status, stderr } = run(...options, '--out', file('growing.dbm'));
  assert.equal(status, 0, stderr);
  // Of 24 steps the restorer has the last 19; a step has about the pixels of 4 samples of 48.
  assert.match(stderr, /from step 15: crops of 80 pixels, 1 a step/);
  assert.match(stderr, /from step 21: crops of 64 pixels, 2 a step/);
  copyFileSync(file('growing.dbm.ckpt.2'), file('grown.dbm.ckpt'));
  const resumed = run(...options, '--out', file('grown.dbm'), '--resume');
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.match(resumed.stderr, /from step 15: crops of 80 pixels, 1 a step/);
  assertSame(readFileSync(file('grown.dbm.ckpt')), readFileSync(file('growing.dbm.ckpt')));
  const other = run(...options, '--crop', '48:0.5,80:0.5', '--out', file('grown.dbm'), '--resume');
  assert.match(other.stderr, /belongs to a run with other options/);
  for (const list of ['48:0.5,', '48:0', '40:1,64:1', '48:0.5,48:0.5', 'x'])
    assert.equal(run('teacher', ...small, '--crop', list, '--out', file('x.dbm')).status, 2, list);
});

test('a checkpoint of other options, or a damaged one, is refused', () => {
  const other = run('teacher', ...small, '--seed', '5', '--out', file('whole.dbm'), '--resume');
  assert.equal(other.status, 1);
  assert.match(other.stderr, /other options/);
  const bytes = readFileSync(file('whole.dbm.ckpt'));
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(file('damaged.dbm.ckpt'), bytes);
  const damaged = run('teacher', ...small, '--out', file('damaged.dbm'), '--resume');
  assert.equal(damaged.status, 1);
  assert.match(damaged.stderr, /not a whole checkpoint/);
});

test('killed at any moment, a run goes on and ends as if nothing had happened', async () => {
  const steps = ['--steps', '24', '--checkpoint-every', '1', '--seed', '8'];
  assert.equal(run('teacher', ...small, ...steps, '--out', file('unharmed.dbm')).status, 0);
  let kills = 0;
  for (let i = 0; i < 20; i++) {
    const resume = existsSync(file('killed.dbm.ckpt')) ? ['--resume'] : [];
    const child = spawn(trainer, ['teacher', ...small, ...steps, ...resume, '--out', file('killed.dbm')]);
    const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    // Until it has begun, and then for a time that no two runs share.
    await new Promise((resolve) => setTimeout(resolve, 150 + ((i * 7919) % 200)));
    child.kill('SIGKILL');
    if ((await ended) === 'SIGKILL') kills++;
  }
  assert.ok(kills > 0);
  const resume = existsSync(file('killed.dbm.ckpt')) ? ['--resume'] : [];
  const last = run('teacher', ...small, ...steps, ...resume, '--out', file('killed.dbm'));
  assert.equal(last.status, 0, last.stderr);
  assertSame(readFileSync(file('killed.dbm.ckpt')), readFileSync(file('unharmed.dbm.ckpt')));
  assert.equal(readdirSync(folder).filter((name) => /^killed\.dbm\.ckpt\.\d$/.test(name)).length, 2);
});

test('where the newest checkpoint is damaged, an older one is taken', () => {
  const bytes = readFileSync(file('whole.dbm.ckpt'));
  writeFileSync(file('older.dbm.ckpt.1'), bytes);
  writeFileSync(file('older.dbm.ckpt'), bytes.subarray(0, bytes.length / 2));
  const { status, stderr } = run('teacher', ...small, '--out', file('older.dbm'), '--resume');
  assert.equal(status, 0, stderr);
  assert.match(stderr, /older\.dbm\.ckpt\.1: the newest checkpoint is damaged/);
  assertSame(readFileSync(file('older.dbm.ckpt')), bytes);
});

test('what cannot be written is told, and the run goes on and tries again', async () => {
  const steps = ['--steps', '60', '--checkpoint-every', '1'];
  mkdirSync(file('full.dbm.ckpt.part')); // stands in the way as a full disk would
  const child = spawn(trainer, ['teacher', ...small, ...steps, '--out', file('full.dbm')]);
  let told = '';
  child.stderr.on('data', (data) => {
    told += data;
    if (/full\.dbm\.ckpt: Is a directory/.test(told)) rmSync(file('full.dbm.ckpt.part'), { recursive: true, force: true });
  });
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0, told);
  assert.match(told, /full\.dbm\.ckpt: Is a directory/);
  assert.ok(existsSync(file('full.dbm.ckpt')) && existsSync(file('full.dbm')));
  mkdirSync(file('fuller.dbm.part'));
  const { status, stderr } = run('teacher', ...small, '--out', file('fuller.dbm'));
  assert.equal(status, 1);
  assert.match(stderr, /fuller\.dbm.*Is a directory/);
});

test('a student is distilled, and its model can be read', () => {
  const { status, stderr } = run('distill', ...small, '--teacher', file('whole.dbm'), '--out', file('student.dbm'));
  assert.equal(status, 0, stderr);
  const info = JSON.parse(spawnSync('build/deblur', ['info', '--json', file('student.dbm')], { encoding: 'utf8' }).stdout);
  assert.ok(info.is_adaptive && info.has_estimator);
  assert.match(info.provenance, /command: deblur-train distill/);
});

/** What a run has learned: its checkpoint between the text that says which run it is, and the checksum. @param {string} name */
function learned(name) {
  const bytes = readFileSync(file(`${name}.ckpt`));
  return bytes.subarray(12 + bytes.readUInt32LE(8), -32);
}
/** The steps' lines of a log. @param {string} name */
const steps = (name) =>
  readFileSync(file(`${name}.log.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => 'loss' in line);
/** A distilled student. @param {string} name @param {string[]} options */
function distill(name, ...options) {
  const { status, stderr } = run('distill', ...small, '--teacher', file('whole.dbm'), ...options, '--out', file(name));
  assert.equal(status, 0, stderr);
}

test('losses are chosen and weighted, and the log tells them', () => {
  distill('charbonnier.dbm', '--loss', 'charbonnier:1');
  assertSame(learned('charbonnier.dbm'), learned('student.dbm'));
  assert.ok(steps('student.dbm').every((line) => line.teacher_loss > 0 && !('gradient_loss' in line)));
  distill('edges.dbm', '--loss', 'charbonnier,decibel:0.01,gradient:0.1,fft:0.05');
  assertDifferent(learned('edges.dbm'), learned('student.dbm'));
  assert.ok(steps('edges.dbm').every((line) => line.decibel_loss < 0 && line.gradient_loss > 0 && line.fft_loss > 0));
  for (const [list, reason] of /** @type {const} */ ([
    ['sharpness:1', /no term sharpness; there are charbonnier, decibel, gradient and fft/],
    ['fft:x', /takes a list like charbonnier:1/],
    ['fft,fft', /takes a list/],
    ['fft:', /takes a list/],
    ['charbonnier:0', /nothing to learn/],
  ])) {
    const { status, stderr } = run('teacher', ...small, '--loss', list, '--out', file('x.dbm'));
    assert.equal(status, 2);
    assert.match(stderr, reason);
  }
});

test('the twin without its teacher is the run in which the teacher weighs nothing', () => {
  distill('weightless.dbm', '--teacher-weight', '0');
  distill('twin.dbm', '--no-teacher');
  assertSame(learned('twin.dbm'), learned('weightless.dbm'));
  assertDifferent(learned('twin.dbm'), learned('student.dbm'));
  assert.ok(steps('twin.dbm').every((line) => !('teacher_loss' in line)));
  // What only a teacher can say, the twin has from the truth.
  distill('twin2.dbm', '--no-teacher', '--unlabelled', '1', '--turned', '1', '--features', '1');
  assertSame(learned('twin2.dbm'), learned('twin.dbm'));
});

test('of unlabelled samples only the teacher’s output is known', () => {
  distill('half.dbm', '--unlabelled', '0.5');
  distill('all.dbm', '--unlabelled', '1');
  assertDifferent(learned('half.dbm'), learned('student.dbm'));
  assert.ok(steps('half.dbm').every((line) => line.teacher_loss > 0));
  // Without a labelled sample there is no second term, whose weight then does not matter.
  assert.ok(steps('all.dbm').every((line) => !('teacher_loss' in line)));
  distill('all2.dbm', '--unlabelled', '1', '--teacher-weight', '0');
  assertSame(learned('all2.dbm'), learned('all.dbm'));
});

test('a student is shown its teacher’s bottleneck, and a turned teacher, and goes on exactly', () => {
  const options = ['--features', '0.1', '--turned', '0.5', '--checkpoint-every', '8'];
  distill('features.dbm', ...options);
  assert.ok(steps('features.dbm').every((line) => line.features_loss > 0));
  // The projection, 96 to 96 channels, is a part of the state: values, two moments, average.
  assert.equal(learned('features.dbm').length - learned('student.dbm').length, 8 + 4 * 4 * (96 * 96 + 96));
  copyFileSync(file('features.dbm.ckpt.2'), file('shown.dbm.ckpt'));
  distill('shown.dbm', ...options, '--resume');
  assertSame(learned('shown.dbm'), learned('features.dbm'));
  const unlike = [...small, '--network', 'published', '--teacher', file('whole.dbm'), '--features', '1', '--out', file('x.dbm')];
  const { status, stderr } = run('distill', ...unlike);
  assert.equal(status, 1);
  assert.match(stderr, /narrowest at 1\/2 of the picture's size, and the teacher at 1\/8/);
});

test('a run begins with the weights of another, and refuses those of another network', () => {
  /** How far a model takes pictures away from themselves. @param {string} name */
  const psnr = (name) => {
    const pictures = join(data, 'deeper');
    const options = ['eval', '--model', file(name), '--input', pictures, '--truth', pictures, '--blur', 'gaussian:2', '--json'];
    return JSON.parse(spawnSync('build/deblur', options, { encoding: 'utf8' }).stdout).psnr_out_db;
  };
  // With next to no learning rate, what comes out is what went in, up to the file's 16 bits.
  const still = ['--rate', '1e-8', '--seed', '5', '--steps', '8'];
  const plain = run('teacher', ...small, '--network', 'student-scaled', '--steps', '8', '--out', file('plain.dbm'));
  assert.equal(plain.status, 0, plain.stderr);
  for (const [network, another, from, ...branches] of [
    ['student', 'published', 'whole.dbm'],
    ['student-scaled', 'student', 'plain.dbm', '--reparam', '1x1,identity,squeeze'],
  ]) {
    const options = [...small, ...still, '--network', network, '--from', file(from), ...branches];
    const begun = run('teacher', ...options, '--out', file('begun.dbm'));
    assert.equal(begun.status, 0, begun.stderr);
    assert.ok(Math.abs(psnr('begun.dbm') - psnr(from)) < 0.05, `${psnr('begun.dbm')}, not ${psnr(from)}`);
    const other = run('teacher', ...options, '--network', another, '--out', file('other.dbm'));
    assert.equal(other.status, 1);
    assert.match(other.stderr, new RegExp(`is not a model of the network "${another}"`));
  }
  const absent = run('teacher', ...small, '--from', file('nowhere.dbm'), '--out', file('other.dbm'));
  assert.match(absent.stderr, /nowhere\.dbm: No such file/);
});

test('a net grows out of a smaller one, and restores as that did', () => {
  /** What its restorer makes of random numbers and a Gaussian blur. @param {string} model */
  const output = (model) => {
    assert.equal(spawnSync('build/tests/run_graph', [model, 'restorer', '48', '48', folder, '2']).status, 0);
    return new Float32Array(Uint8Array.from(readFileSync(file('output.f32'))).buffer);
  };
  for (const [network, from] of [
    ['student', 'weights/student-fast.dbm'],
    ['teacher', 'weights/student.dbm'],
  ]) {
    const options = ['--network', network, '--from', from, '--rate', '1e-8', '--steps', '4', '--out', file('grown.dbm')];
    const { status, stderr } = run('teacher', ...small, ...options);
    assert.equal(status, 0, stderr);
    const [before, after] = [output(from), output(file('grown.dbm'))];
    assert.ok(Math.max(...before.map((value, i) => Math.abs(value - after[i]))) < 0.01, network);
  }
  const shrunk = run('teacher', ...small, '--network', 'student-fast', '--from', 'weights/student.dbm', '--out', file('x.dbm'));
  assert.equal(shrunk.status, 1);
  assert.match(shrunk.stderr, /not a model of the network "student-fast", nor of one that could grow into it/);
});

test('what learns as branches goes on byte for byte, and leaves as plain convolutions', () => {
  const branched = [
    ...small,
    '--network',
    'student-scaled',
    '--steps',
    '8',
    '--estimator-first',
    '0.5',
    '--reparam',
    'squeeze,1x1,identity',
  ];
  const whole = run('teacher', ...branched, '--checkpoint-every', '3', '--out', file('branched.dbm'));
  assert.equal(whole.status, 0, whole.stderr);
  // After 6 steps and after 3: while the restorer learns, and while the estimator does.
  assertGoesOn('branched.dbm', branched);
  const info = (/** @type {string} */ name) =>
    JSON.parse(spawnSync('build/deblur', ['info', '--json', file(name)], { encoding: 'utf8' }).stdout);
  for (const key of ['ops', 'parameters', 'restorer_macs_per_pixel', 'estimator_macs_per_pixel', 'halo_px'])
    assert.deepEqual(info('branched.dbm')[key], info('plain.dbm')[key], key);
  const other = run('teacher', ...branched, '--reparam', '1x1', '--out', file('branched.dbm'), '--resume');
  assert.equal(other.status, 1);
  assert.match(other.stderr, /other options/);
  const nowhere = run('teacher', ...branched, '--network', 'student', '--out', file('x.dbm'));
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /"student" has no plain 3x3 blocks/);
  const unknown = run('teacher', ...small, '--reparam', '1x1,5x5', '--out', file('x.dbm'));
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /--reparam "1x1,5x5": it takes 1x1, identity and squeeze/);
});

test('with --estimator-first 0 the estimator stays as it was, and there has to be one', () => {
  const found = (/** @type {string} */ name) => {
    const options = ['estimate', '--model', file(name), '--json', 'tests/golden/a.png'];
    return JSON.parse(spawnSync('build/deblur', options, { encoding: 'utf8' }).stdout)[0].blur;
  };
  const alone = ['--estimator-first', '0', '--steps', '2'];
  const kept = run('teacher', ...small, ...alone, '--from', file('whole.dbm'), '--out', file('kept.dbm'));
  assert.equal(kept.status, 0, kept.stderr);
  assert.deepEqual(found('kept.dbm'), found('whole.dbm'));
  const without = run('teacher', ...small, ...alone, '--out', file('without.dbm'));
  assert.equal(without.status, 1);
  assert.match(without.stderr, /leaves the estimator as --from or --teacher has it, and neither has one that fits/);
});

test('with --joint the estimator goes on learning with the restorer, and exactly so after a stop', () => {
  const options = ['teacher', ...small, '--estimator-first', '0', '--from', file('whole.dbm'), '--joint', '0.01'];
  const whole = run(...options, '--checkpoint-every', '8', '--out', file('joint.dbm'));
  assert.equal(whole.status, 0, whole.stderr);
  const blur = (/** @type {string} */ name) =>
    JSON.parse(
      spawnSync('build/deblur', ['estimate', '--model', file(name), '--json', 'tests/golden/a.png'], { encoding: 'utf8' }).stdout,
    )[0].blur;
  assert.notDeepEqual(blur('joint.dbm'), blur('whole.dbm'));
  const losses = readFileSync(file('joint.dbm.log.jsonl'), 'utf8').match(/"estimator_loss":[\d.]+/g) ?? [];
  assert.ok(losses.length > 0 && losses.every((loss) => Number(loss.split(':')[1]) > 0), `${losses}`);
  copyFileSync(file('joint.dbm.ckpt.1'), file('rejoined.dbm.ckpt'));
  const resumed = run(...options, '--checkpoint-every', '8', '--out', file('rejoined.dbm'), '--resume');
  assert.equal(resumed.status, 0, resumed.stderr);
  assertSame(readFileSync(file('rejoined.dbm.ckpt')), readFileSync(file('joint.dbm.ckpt')));
  const other = run(...options.slice(0, -1), '0.02', '--out', file('rejoined.dbm'), '--resume');
  assert.match(other.stderr, /belongs to a run with other options/);
});

test('with --context the estimator sees more of a sample than the restorer, which learns from a part of it', () => {
  const recipe = file('sharp.recipe');
  writeFileSync(recipe, 'none = 1\n');
  const options = ['teacher', ...small, '--estimator-first', '0', '--from', file('whole.dbm'), '--joint', '0.01'];
  const losses = (/** @type {string[]} */ ...more) => {
    const out = file('context.dbm');
    const { status, stderr } = run(...options, ...more, '--checkpoint-every', '8', '--out', out);
    assert.equal(status, 0, stderr);
    const [line] = readFileSync(`${out}.log.jsonl`, 'utf8').match(/.*"estimator_loss".*/g) ?? [''];
    rmSync(`${out}.log.jsonl`);
    const { loss, estimator_loss: estimator } = JSON.parse(line);
    return { loss, estimator };
  };
  const alone = losses('--degrade', recipe);
  assert.deepEqual(losses('--degrade', recipe, '--context', '64'), alone);
  const around = losses('--degrade', recipe, '--context', '160');
  assert.notEqual(around.estimator, alone.estimator);
  // What is not blurred is as it should be, wherever in the sample: a part beside its twin's place would not be.
  assert.ok(around.loss < 0.02 && alone.loss < 0.02, `${around.loss} and ${alone.loss}`);
  losses('--context', '160');
  assertGoesOn('context.dbm', [...options.slice(1), '--context', '160', '--checkpoint-every', '8']);
  const narrow = run(...options, '--context', '48', '--out', file('narrow.dbm'));
  assert.equal(narrow.status, 2);
  assert.match(narrow.stderr, /--context .* has to be as large as --crop/);
});

test('with --register a twin that lies aside counts where the restored picture has it', () => {
  const pairs = file('aside');
  for (const part of ['blur', 'sharp']) mkdirSync(join(pairs, part), { recursive: true });
  for (const name of ['a', 'b', 'c']) {
    const { width, height, pixels } = readPng(readFileSync(`tests/golden/${name}.resize256.png`));
    const moved = pixels.map((_, i) => pixels[i % (width * 3) < 9 ? i : i - 9]); // three pixels to the right
    writeFileSync(join(pairs, 'blur', `${name}.png`), writePng(pixels, width, height, 3));
    writeFileSync(join(pairs, 'sharp', `${name}.png`), writePng(moved, width, height, 3));
  }
  const loss = (/** @type {string[]} */ ...options) => {
    const out = file('aside.dbm');
    const { status, stderr } = run('teacher', ...small, '--pairs', pairs, '--pair-share', '1', ...options, '--out', out);
    assert.equal(status, 0, stderr);
    const lines = readFileSync(`${out}.log.jsonl`, 'utf8').trim().split('\n');
    rmSync(`${out}.log.jsonl`);
    return lines.map((line) => JSON.parse(line)).filter((line) => line.loss > 0)[0].loss;
  };
  const [aside, registered, short] = [loss(), loss('--register', '4'), loss('--register', '1')];
  assert.ok(registered < 0.4 * aside, `${registered} instead of ${aside}`);
  assert.ok(short > 0.6 * aside && short < aside, `${short} instead of ${aside}`);
  assert.match(run('teacher', ...small, '--register', '9', '--out', file('far.dbm')).stderr, /--register/);
});

test('a log of JSON lines tells every validation', () => {
  const lines = readFileSync(file('whole.dbm.log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const line of lines) assert.ok(Number.isInteger(line.step));
});

test('where nothing can be written, that is said', () => {
  const { status, stderr } = run('teacher', ...small, '--out', '/nowhere/at/all.dbm');
  assert.equal(status, 1);
  assert.match(stderr, /No such file or directory/);
});

test('pairs teach a net in the layouts of GoPro, REDS and RealBlur', () => {
  for (const [sharp, blur] of [
    ['train/GOPR1/sharp/1.png', 'train/GOPR1/blur/1.png'],
    ['train_sharp/000/1.png', 'train_blur/000/1.png'],
    ['scene1/gt/gt_1.png', 'scene1/blur/blur_1.png'],
  ]) {
    const pairs = mkdtempSync(join(folder, 'pairs-'));
    for (const [path, golden] of [
      [sharp, 'a.resize256.png'],
      [blur, 'a.blur1.5.png'],
      [`only/${sharp}`, 'b.resize256.png'],
    ]) {
      mkdirSync(join(pairs, path, '..'), { recursive: true });
      copyFileSync(`tests/golden/${golden}`, join(pairs, path));
    }
    const { status, stderr } = run(
      'teacher',
      ...small.filter((option) => option !== '--quiet'),
      '--pairs',
      pairs,
      '--steps',
      '4',
      '--out',
      file('paired.dbm'),
    );
    assert.equal(status, 0, stderr);
    // What is no picture and what has no twin are skipped, and named.
    assert.match(stderr, /2 files skipped/);
    assert.match(stderr, /skipped .*only.*: /);
  }
});

test('weights and the share of pairs belong to what a run goes on with, memory does not', () => {
  const mixed = (/** @type {string[]} */ ...options) =>
    run('teacher', ...small.filter((option) => option !== '--data' && option !== data), '--steps', '2', ...options);
  const out = ['--out', file('mixed.dbm')];
  assert.equal(mixed('--data', `${data}=0.5`, 'tests/golden', ...out).status, 0);
  const other = mixed('--data', `${data}=0.25`, 'tests/golden', ...out, '--resume');
  assert.equal(other.status, 1);
  assert.match(other.stderr, /other options/);
  assert.equal(mixed('--data', `${data}=0.5`, 'tests/golden=1', '--memory-mb', '1', ...out, '--resume').status, 0);
  assert.equal(mixed('--data', data, ...out).status, 0);
  assert.equal(mixed('--data', data, ...out, '--memory-mb', '1', '--resume').status, 0);
  for (const weight of ['0', '-1', 'x', 'inf', '']) {
    const { status, stderr } = mixed('--data', `${data}=${weight}`, ...out);
    assert.equal(status, 2);
    assert.match(stderr, /a weight is a number above 0/);
  }
  assert.match(mixed('--memory-mb', '0', ...out).stderr, /--memory-mb has to be a number from 1/);
  assert.match(mixed('--blur-variant', 'a/b', ...out).stderr, /--blur-variant is what follows blur_/);
});

test('pairs can be looked at as they are drawn, and nobody knows their blur', () => {
  const pairs = mkdtempSync(join(folder, 'pairs-'));
  for (const [path, golden] of [
    ['sharp/1.png', 'a.resize256.png'],
    ['blur/1.png', 'a.blur1.5.png'],
    ['test/sharp/1.png', 'a.resize256.png'],
  ]) {
    mkdirSync(join(pairs, path, '..'), { recursive: true });
    copyFileSync(`tests/golden/${golden}`, join(pairs, path));
  }
  const out = file('looked-at');
  const options = ['--data', data, '--pairs', pairs, '--pair-share', '1', '--count', '3', '--crop', '64', '--out', out];
  const { status, stderr } = run('degrade', ...options);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /left out .*test: by its name there to test with/);
  const truths = JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8'));
  assert.deepEqual(
    truths.map((/** @type {{ kind: string }} */ truth) => truth.kind),
    ['unknown', 'unknown', 'unknown'],
  );
});

test('a recipe of one’s own decides what samples suffer', () => {
  const recipe = file('recipe.txt');
  writeFileSync(recipe, 'preset = photo\nmotion = 1\nnone = 0\ngaussian = 0\nshake = 0\ndefocus = 0\nsoftware = 0\n');
  const shown = run('degrade', '--degrade', recipe, '--show');
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, /^motion = 1$/m);
  const out = file('moved');
  assert.equal(run('degrade', '--degrade', recipe, '--data', data, '--count', '6', '--crop', '64', '--out', out).status, 0);
  const truths = JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8'));
  assert.ok(truths.every((/** @type {{ kind: string }} */ truth) => truth.kind === 'motion'));
  writeFileSync(recipe, 'preset = photo\n\nbayer = 2\n');
  const { status, stderr } = run('teacher', '--degrade', recipe, '--data', data, '--out', file('x.dbm'));
  assert.equal(status, 2);
  assert.match(stderr, /recipe\.txt: line 3: bayer: has to be from 0 to 1/);
});

test('samples are written with their truth and a sheet', () => {
  const out = file('samples');
  const { status, stderr } = run('degrade', '--data', data, '--count', '5', '--crop', '96', '--out', out);
  assert.equal(status, 0, stderr);
  assert.equal(readdirSync(join(out, 'degraded')).length, 5);
  const truths = JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8'));
  assert.equal(truths.length, 5);
  assert.ok(existsSync(join(out, 'sheet.png')));
  const sample = readFileSync(join(out, 'degraded', '004.png'));
  assert.deepEqual([sample.readUInt32BE(16), sample.readUInt32BE(20)], [96, 96]);
});
