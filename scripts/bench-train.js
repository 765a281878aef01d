// Training steps of the trainer and of PyTorch, in turns, best of each; see scripts/bench-train. PyTorch runs the net as one writes it,
// and rewritten into what it has quicker code for (bench-train-torch.py).
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

const CASES = [
  { network: 'published', batch: 8, side: 256 },
  { network: 'student', batch: 8, side: 128 },
];
const ROUNDS = 2;

/** @typedef {{ precision: string, step_ms: number, convolutions_ms: number, gflop: number, share: number }} Ours */
/** @typedef {{ precision: string, channels_last: boolean, shuffled: boolean, step_ms: number }} Way */

/** @param {string} command @param {(string | number)[]} options */
const json = (command, ...options) => JSON.parse(execFileSync(command, options.map(String), { encoding: 'utf8' }));

/** The quicker of two measurements, of which the first may be missing.
 * @template {{ step_ms: number }} T @param {T | undefined} a @param {T} b @returns {T} */
const quicker = (a, b) => (a && a.step_ms <= b.step_ms ? a : b);

/** @param {Way} way */
const inWords = ({ precision, channels_last, shuffled }) =>
  `${precision}, ${channels_last ? 'channels last' : 'contiguous'}${shuffled ? ', rewritten' : ''}`;

/** Debian's own Python is the one that Debian's packages are for. */
function torchIsThere() {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @param {typeof CASES[0]} c @param {number} seconds */
function measure({ network, batch, side }, seconds) {
  const threads = cpus().length;
  /** @type {Record<string, Ours>} */ const ours = {};
  /** @type {Record<string, Way>} */ const theirs = {};
  let version = '';
  for (let round = 0; round < ROUNDS; round++) {
    for (const precision of ['f32', 'bf16'])
      ours[precision] = quicker(ours[precision], json('build/bench-train', network, batch, side, precision, seconds, threads));
    const peer = json('/usr/bin/python3', 'scripts/bench-train-torch.py', network, batch, side, seconds, threads);
    version = peer.version;
    for (const way of peer.ways) {
      const form = way.shuffled ? 'rewritten' : 'as written';
      theirs[form] = quicker(theirs[form], way);
    }
  }
  const best = quicker(ours.f32, ours.bf16);
  const ratios = Object.fromEntries(Object.entries(theirs).map(([form, way]) => [form, way.step_ms / best.step_ms]));
  return { network, batch, side, threads, ours, theirs, version, ratios, share: best.share };
}

const seconds = Number(process.argv.slice(2).find((word) => word !== '--json') ?? 5);
if (!(seconds > 0)) throw new Error('bench-train: the seconds per measurement are a number above 0');
if (!torchIsThere()) {
  console.error('bench-train: PyTorch is missing; it is needed for this comparison only: apt-get install python3-torch');
  process.exit(1);
}
const results = CASES.map((c) => measure(c, seconds));
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
else
  for (const { network, batch, side, threads, ours, theirs, version, ratios, share } of results) {
    console.log(
      `\n${network}, batch ${batch} of ${side} x ${side}, ${threads} threads: milliseconds per step, pictures per second`,
    );
    /** @param {string} name @param {number} ms */
    const line = (name, ms, more = '') =>
      console.log(`  ${name.padEnd(56)} ${ms.toFixed(1).padStart(8)} ${((batch * 1000) / ms).toFixed(1).padStart(8)}  ${more}`);
    for (const o of [ours.f32, ours.bf16]) {
      line(`deblur-train, ${o.precision}`, o.step_ms, `${(o.gflop / o.step_ms).toFixed(2)} TFLOP/s`);
      line(`  its convolutions alone (oneDNN)`, o.convolutions_ms, `${(100 * o.share).toFixed(0)}% of the step`);
    }
    for (const way of Object.values(theirs)) line(`PyTorch ${version}, ${inWords(way)}`, way.step_ms);
    for (const [form, ratio] of Object.entries(ratios))
      console.log(`  ${ratio.toFixed(2)} times the speed of PyTorch's best, ${form}`);
    console.log(`  ${(100 * share).toFixed(0)}% of the oneDNN ceiling`);
  }
