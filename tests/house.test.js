// The house's own rules, which no compiler knows: who includes whom, headers that stand alone, nothing of one machine in what all get.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { models } from '../web/lib/models.js';

/** What lies in a folder, by the ending. @param {string} folder @param {RegExp} ending */
const filesOf = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => `${folder}/${name}`);

/** Everything under version control; nothing where git is not there, or does not trust the folder. */
const listed = spawnSync('git', ['ls-files'], { encoding: 'utf8' });
const tracked = listed.status === 0 ? listed.stdout.trim().split('\n') : [];
const isText = (/** @type {string} */ name) => !/\.(png|dbm|jpg|wasm)$/.test(name);

/** The folders of native/ whose headers each folder may include, beside its own and the C library's. */
const mayInclude = /** @type {Record<string, RegExp>} */ ({
  kernels: /^kernels\//,
  core: /^(core|kernels)\/|^deblur\.h$/,
  picture: /^picture\/|^stb\/|^deblur\.h$/,
  degrade: /^(degrade|picture)\/|^deblur\.h$/,
  baseline: /^(baseline|degrade|picture)\/|^core\/(fft|size)\.h$|^deblur\.h$/,
  data: /^(data|degrade|picture)\/|^deblur\.h$/,
  train: /^(train|data|degrade|core|kernels|picture)\/|^deblur\.h$/,
  tools: /^(tools|train|data|degrade|baseline|core|kernels|picture)\/|^deblur\.h$/,
});

for (const [folder, allowed] of Object.entries(mayInclude))
  test(`native/${folder} includes only what it may`, () => {
    const files = filesOf(`native/${folder}`, /\.[ch]$/);
    assert.ok(files.length > 2);
    for (const file of files)
      for (const [, header] of readFileSync(file, 'utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm))
        assert.match(header, allowed, `${file} includes ${header}`);
  });

test('the command line needs no more of the core than its public header', () => {
  for (const file of filesOf('native/tools', /^(command_.*|deblur|common)\.[ch]$/))
    for (const [, header] of readFileSync(file, 'utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm))
      assert.doesNotMatch(header, /^(core|kernels|train|data)\//, `${file} includes ${header}`);
});

test('one file knows of MPI', () => {
  const knowing = filesOf('native', /\.[ch]$/).filter((name) =>
    /#\s*include\s+<mpi|\bMPI_\w+\(/.test(readFileSync(name, 'utf8')),
  );
  assert.deepEqual(knowing, ['native/train/parallel.c']);
});

test('every header can be the first that is included, in C and, the public one, in C++', () => {
  const bodies = /kernels_(simd|elementwise)\.h$/; // one .c file per instruction set is made of these
  const headers = ['native/deblur.h', ...filesOf('native', /\.h$/)].filter((name) => !bodies.test(name));
  const standard = ['-std=c11', '-D_POSIX_C_SOURCE=200809L', '-Wall', '-Wextra', '-Werror', '-Inative'];
  const options = ['-fsyntax-only', ...standard, '-x', 'c', '-'];
  for (const header of new Set(headers)) {
    const { status, stderr } = spawnSync('gcc', options, { input: `#include "${header}"\nint main(void);\n`, encoding: 'utf8' });
    assert.equal(status, 0, `${header}:\n${stderr}`);
  }
  const cpp = ['-fsyntax-only', '-std=c++11', '-Wall', '-Wextra', '-Werror', '-Inative', '-x', 'c++', '-'];
  const { status, stderr } = spawnSync('g++', cpp, { input: '#include "deblur.h"\n', encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('nothing names a folder of one machine', () => {
  for (const name of tracked.filter(isText))
    assert.doesNotMatch(readFileSync(name, 'utf8'), /(^|[\s"'`=(])\/(home|root|work|Users)\/\w/m, name);
  for (const name of filesOf('weights', /\.dbm$/)) {
    const { provenance } = JSON.parse(execFileSync('build/deblur', ['info', '--json', name], { encoding: 'utf8' }));
    assert.doesNotMatch(provenance, /(^|\s)(\/|\.\.\/)/, name);
  }
});

test('every model has a card that is of this very file', () => {
  for (const name of filesOf('weights', /\.dbm$/)) {
    const { sha256 } = JSON.parse(execFileSync('build/deblur', ['info', '--json', name], { encoding: 'utf8' }));
    assert.ok(readFileSync(name.replace('.dbm', '.md'), 'utf8').includes(sha256), `${name}: make its card anew`);
  }
});

test('one version everywhere', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.match(readFileSync('native/deblur.h', 'utf8'), new RegExp(`DEBLUR_VERSION "${version.replaceAll('.', '\\.')}"`));
});

test('the top level is what it has to be', { skip: !tracked.length }, () => {
  const folders = new Set(tracked.filter((name) => name.includes('/')).map((name) => name.split('/')[0]));
  assert.deepEqual([...folders].sort(), ['.ci', 'native', 'scripts', 'tests', 'wasm', 'web', 'weights']);
});

test('what the page says of its models is so', () => {
  for (const { file, megabytes, macs } of Object.values(models)) {
    const path = `weights/${file}`;
    assert.equal(megabytes.toFixed(1), (statSync(path).size / 1e6).toFixed(1), file);
    const info = JSON.parse(execFileSync('build/deblur', ['info', '--json', path], { encoding: 'utf8' }));
    const each = info.restorer_macs_per_pixel + info.estimator_macs_per_pixel;
    assert.equal(macs.toFixed(1), (each / 1000).toFixed(1), file);
  }
});
