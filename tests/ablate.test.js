// Ablations: several recipes for equal steps, and the table that compares them.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writePhotographs } from './photographs.js';

const folder = mkdtempSync(join(tmpdir(), 'deblur-ablate-'));
/** @param {string[]} names */
const file = (...names) => join(folder, ...names);
const small = ['--data', file('photos'), '--batch', '2', '--crop', '64', '--threads', '1', '--network', 'student', '--quiet'];
/** @param {string[]} words */
const trainer = (...words) => spawnSync('build/deblur-train', words, { encoding: 'utf8' });
/** @param {string} text @param {string[]} options */
function ablate(text, ...options) {
  writeFileSync(file('recipes.txt'), text);
  return trainer('ablate', file('recipes.txt'), '--steps', '24', '--out', file('runs'), ...small, ...options);
}
const table = () => JSON.parse(readFileSync(file('runs', 'ablation.json'), 'utf8'));
const recipes = `# what helps
plain:
told: --told-estimate '0'
edges: --loss charbonnier:1,gradient:0.5 --checkpoint-every 10
blurred: --degrade protocol
`;

before(() => {
  mkdirSync(file('photos'));
  writePhotographs(file('photos'));
});
after(() => rmSync(folder, { recursive: true }));

test('every recipe is a whole run, and the table compares them', () => {
  const { status, stdout, stderr } = ablate(recipes);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /ablation\.md: 4 of 4 recipes/);
  const rows = table();
  assert.deepEqual(
    rows.map((/** @type {{ name: string }} */ row) => row.name),
    ['plain', 'told', 'edges', 'blurred'],
  );
  for (const row of rows) {
    assert.ok(existsSync(file('runs', `${row.name}.dbm`)));
    assert.equal(row.validation.step, 24);
    assert.ok(row.loss > 0 && row.pictures_per_second > 0);
  }
  assert.equal(rows[0].difference_db, 0);
  const difference = rows[2].validation.psnr_out_db - rows[0].validation.psnr_out_db;
  assert.ok(Math.abs(rows[2].difference_db - difference) < 2e-4);
  assert.match(rows[1].command, /^deblur-train teacher --data .* --steps 24 .* --told-estimate 0 --out .*told\.dbm$/);
  // Other pictures to validate on: how much better it is, nobody can say.
  assert.ok(!('difference_db' in rows[3]));
  const markdown = readFileSync(file('runs', 'ablation.md'), 'utf8');
  assert.match(markdown, /^\| recipe \| PSNR, dB \| to the first, dB \|/);
  assert.match(markdown, /\n\| plain \| \d+\.\d\d \| {2}\|/);
  assert.match(markdown, /\n\| edges \| \d+\.\d\d \| [+-]\d+\.\d\d \|/);
  assert.match(markdown, /\n\| blurred \| \d+\.\d\d \| {2}\|/);
});

test('what has ended is not run again, and what was stopped goes on', () => {
  const whole = readFileSync(file('runs', 'edges.dbm.ckpt'));
  const rows = table();
  const written = statSync(file('runs', 'plain.dbm.ckpt')).mtimeMs;
  // As if edges had been killed after its tenth step, and blurred never begun.
  writeFileSync(file('runs', 'ablation.json'), `[${rows.slice(0, 2).map(JSON.stringify).join(',\n')}]\n`);
  copyFileSync(file('runs', 'edges.dbm.ckpt.2'), file('runs', 'edges.dbm.ckpt'));
  for (const end of ['', '.ckpt', '.log.jsonl']) rmSync(file('runs', `blurred.dbm${end}`));
  const { status, stderr } = ablate(recipes);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /plain|told/);
  assert.match(stderr, /edges, 3 of 4/);
  assert.equal(statSync(file('runs', 'plain.dbm.ckpt')).mtimeMs, written);
  assert.ok(readFileSync(file('runs', 'edges.dbm.ckpt')).equals(whole));
  assert.deepEqual(
    table().map((/** @type {{ validation: object }} */ row) => row.validation),
    rows.map((/** @type {{ validation: object }} */ row) => row.validation),
  );
});

test('a report shows the table', () => {
  const { status, stderr } = trainer('report', '--ablation', file('runs'), '--crops', '0', '--out', file('page.html'));
  assert.equal(status, 0, stderr);
  const page = readFileSync(file('page.html'), 'utf8');
  assert.match(page, /<caption>What each recipe came to<\/caption>/);
  assert.match(page, /<th scope="row">edges<\/th><td>\d+\.\d\d<\/td><td>[+-]\d+\.\d\d<\/td>/);
  assert.match(page, /curve run-3" d="M/);
  const none = trainer('report', '--ablation', file('photos'), '--out', file('page.html'));
  assert.equal(none.status, 1);
  assert.match(none.stderr, /photos: No such file or directory; --ablation takes the --out of deblur-train ablate/);
});

test('a signal stops the run and the ablation', async () => {
  writeFileSync(file('long.txt'), 'long:\nlonger:\n');
  const words = ['ablate', file('long.txt'), '--steps', '100000', '--out', file('stopped'), ...small];
  const child = spawn('build/deblur-train', words);
  let told = '';
  child.stderr.on('data', (data) => {
    told += data;
  });
  const log = file('stopped', 'long.dbm.log.jsonl');
  for (let i = 0; i < 3000 && !(existsSync(log) && statSync(log).size > 0); i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 130, told);
  assert.match(told, /stopped; the same command goes on/);
  assert.doesNotMatch(told, /longer/);
  assert.ok(existsSync(file('stopped', 'long.dbm.ckpt')));
});

test('recipes that cannot be run are refused before any is', () => {
  /** @type {[string, RegExp][]} */
  const refused = [
    ['plain: --rate 2', /rate has to be a number.*\n.*line 1: plain: cannot be run like this/],
    ['a:\n\nplain: --stps 2', /no option --stps.*\n.*line 3/],
    ['plain: --steps 2', /line 1: --steps: is the same for all recipes/],
    ['plain: --loss "x', /a quote is not closed/],
    ['../plain:', /a name is made of letters/],
    ['plain', /is not `name: options`/],
    ['a:\na:', /line 2: a: the second of that name/],
    ['# none', /there is no recipe/],
    ['plain: --teacher nowhere.dbm --no-teecher', /no option --no-teecher/],
  ];
  for (const [text, reason] of refused) {
    const { status, stderr } = ablate(text, '--out', file('never'));
    assert.equal(status, 2, text);
    assert.match(stderr, reason);
    assert.ok(!existsSync(file('never')), text);
  }
  const other = ablate(recipes, '--seed', '9');
  assert.equal(other.status, 1);
  assert.match(other.stderr, /plain was run with other options before/);
  assert.match(trainer('ablate', file('recipes.txt'), '--out', file('x')).stderr, /equal --steps/);
  assert.match(trainer('ablate', '--steps', '2', '--out', file('x')).stderr, /one file of recipes is needed/);
  // One that fails does not keep the others from their turn.
  const failing = ablate('bad: --from nowhere.dbm\ngood:\n', '--out', file('half'));
  assert.equal(failing.status, 1);
  assert.match(failing.stderr, /nowhere\.dbm: No such file/);
  assert.match(failing.stdout, /1 of 2 recipes/);
});
