// How fast the core is on one thread, natively and as WebAssembly in node, beside the ceiling of multiply-adds measured in the same run.
//
//     node scripts/bench.js MODEL.dbm [--json]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Core } from '../web/lib/wasm.js';

const SIDE = 1024;
const REPEATS = 5;

/** @typedef {{ what: string, gmacs: number, share: number }} Row */

/** @param {string} command @param {string[]} options @returns {Row[]} */
const rowsOf = (command, options) => JSON.parse(execFileSync(command, options, { encoding: 'utf8' }));

/** The shipped module on a megapixel. @param {string} modelPath @param {number} ceiling @returns {Promise<Row>} */
async function wholeModel(modelPath, ceiling) {
  const info = JSON.parse(execFileSync('build/deblur', ['info', '--json', modelPath], { encoding: 'utf8' }));
  const module = await WebAssembly.compile(readFileSync('build/wasm/deblur-simd.wasm'));
  const core = await Core.open(module, readFileSync(modelPath));
  const picture = core.picture(
    Uint8Array.from({ length: SIDE * SIDE * 4 }, (_, i) => (i * 2654435761) >>> 24),
    SIDE,
    SIDE,
  );
  picture.tell('auto');
  const seconds = [];
  for (let i = 0; i <= REPEATS; i++) {
    const start = performance.now();
    picture.restore({ x: 0, y: 0, width: SIDE, height: SIDE }, 1);
    if (i) seconds.push((performance.now() - start) / 1000); // the first warms up
  }
  const median = seconds.sort((a, b) => a - b)[REPEATS >> 1];
  const gmacs = (info.restorer_macs_per_pixel * SIDE * SIDE) / median / 1e9;
  return { what: `whole model, 1 megapixel (${median.toFixed(2)} s)`, gmacs, share: gmacs / ceiling };
}

const [modelPath, flag] = process.argv.slice(2);
const native = rowsOf('build/bench', [modelPath, '--json']);
const wasm = rowsOf('node', ['build/wasm/bench.cjs']);
wasm.push(await wholeModel(modelPath, wasm[0].gmacs));
if (flag === '--json') console.log(JSON.stringify({ native, wasm }, null, 2));
else
  for (const [name, rows] of Object.entries({ 'native, 1 thread': native, 'WebAssembly simd128 in node, 1 thread': wasm })) {
    console.log(`\n${name}`);
    for (const { what, gmacs, share } of rows)
      console.log(`  ${what.padEnd(44)} ${gmacs.toFixed(2).padStart(7)} GMAC/s  ${(100 * share).toFixed(1).padStart(5)}%`);
  }
