// Reports about runs: what is in them, what they refuse, and how they look in a real browser.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readPng } from '../scripts/png.js';
import { writePhotographs } from './photographs.js';
import { openBrowser } from './web/browser.js';

const folder = mkdtempSync(join(tmpdir(), 'deblur-report-'));
const data = join(folder, 'photos <b>&"it\'s"'); // a name that no page should take as markup
/** @param {string} name */
const file = (name) => join(folder, name);
/** @param {string[]} words */
const trainer = (...words) => spawnSync('build/deblur-train', words, { encoding: 'utf8' });
/** @param {string[]} words */
const report = (...words) => trainer('report', ...words, '--data', data, '--out', file('page.html'));
const page = () => readFileSync(file('page.html'), 'utf8');

before(() => {
  mkdirSync(data);
  writePhotographs(data);
  const small = ['--data', data, '--batch', '2', '--crop', '64', '--threads', '1', '--network', 'student', '--quiet'];
  for (const [name, steps] of [
    ['first.dbm', '40'],
    ['second.dbm', '60'],
  ]) {
    const { status, stderr } = trainer('teacher', ...small, '--steps', steps, '--validate-every', '20', '--out', file(name));
    assert.equal(status, 0, stderr);
  }
});
after(() => rmSync(folder, { recursive: true }));

/** Every element that is opened is closed, in order, and nothing else is. @param {string} html */
function assertWellFormed(html) {
  const empty = /^(meta|img|br|!doctype)$/;
  /** @type {string[]} */
  const open = [];
  for (const [tag, closes, name, attributes] of html.matchAll(/<(\/?)([!a-zA-Z][\w]*)((?:"[^"]*"|[^<>"])*)>/g)) {
    if (empty.test(name) || attributes.endsWith('/')) continue;
    if (closes) assert.equal(open.pop(), name, `at ${tag}`);
    else open.push(name);
  }
  assert.deepEqual(open, []);
  assert.equal(html.match(/</g)?.length, html.match(/<\/?[!a-zA-Z]/g)?.length, 'every < begins a tag');
}

test('the first line of a log says which command and which commit made the run', () => {
  const [first, ...rest] = readFileSync(file('first.dbm.log.jsonl'), 'utf8').trim().split('\n');
  const { step, session } = JSON.parse(first);
  assert.equal(step, 0);
  assert.match(session.command, /^deblur-train teacher --data '.*<b>&"it'\\''s"' --batch 2 .* --out .*first\.dbm$/);
  assert.match(session.commit, /^([0-9a-f]{7,}|v?\d.*|unknown)/);
  assert.equal(session.network, 'student');
  assert.equal(session.threads, 1);
  assert.ok(rest.every((line) => !('session' in JSON.parse(line))));
});

test('a report has curves, figures, pictures before and after, samples, and the command', () => {
  const { status, stdout, stderr } = report(file('first.dbm'));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /page\.html: 1 run, [1-5] crops/);
  const html = page();
  assertWellFormed(html);
  for (const title of [
    'Validation PSNR, dB',
    'Loss of the restorer',
    'Loss of the estimator',
    'Learning rate',
    'Pictures per second',
  ])
    assert.match(html, new RegExp(`<figcaption>${title}</figcaption><svg`));
  assert.match(html, /<path class="curve run-0" d="M[\d.]+ [\d.]+L/);
  assert.match(html, /<b>Degraded<\/b> <span class="figure">\d+\.\d\d&nbsp;dB/);
  assert.match(html, /<b>Output<\/b> <span class="figure">\d+\.\d\d&nbsp;dB/);
  assert.match(html, /<b>Truth<\/b>/);
  assert.equal(html.match(/<img /g)?.length, html.match(/alt="[^"]{5,}" src="data:image\/png;base64,/g)?.length);
  assert.ok((html.match(/class="samples"/) ?? []).length === 1);
  assert.match(html, /program of commit \S/);
  assert.doesNotMatch(html, /<script|https?:|src="(?!data:)|href=/);
});

test('pictures in a report are whole', () => {
  for (const [, base64] of page().matchAll(/src="data:image\/png;base64,([^"]*)"/g)) {
    const { width, height } = readPng(Buffer.from(base64, 'base64'));
    assert.ok((width === 256 && height === 256) || (width === 256 && height === 128), `${width} x ${height}`);
  }
});

test('the same runs give the same page, byte for byte', () => {
  const once = page();
  assert.equal(report(file('first.dbm')).status, 0);
  assert.equal(page(), once);
});

test('names and commands are text, whatever they hold', () => {
  for (const end of ['', '.log.jsonl']) copyFileSync(file(`first.dbm${end}`), file(`<script>alert(1)<!--.dbm${end}`));
  const { status, stderr } = report(file('<script>alert(1)<!--.dbm'), '--crops', '0');
  assert.equal(status, 0, stderr);
  assertWellFormed(page());
  assert.doesNotMatch(page(), /<script|<b>&"/);
  assert.match(page(), /&lt;script&gt;alert\(1\)&lt;!--/);
  assert.match(page(), /photos<\/span> <span>&lt;b&gt;&amp;&quot;it&#39;\\&#39;&#39;s&quot;&#39;/);
});

test('several runs share their charts, with a legend', () => {
  const { status, stdout, stderr } = report(file('first.dbm'), file('second.dbm'));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /2 runs/);
  assertWellFormed(page());
  assert.match(page(), /<ul class="legend">.*first<\/li>.*second<\/li><\/ul>/);
  assert.match(page(), /curve run-1" d="M[\d.]+ [\d.]+L/);
});

test('a log that ends in half a line is read up to there, also when the run goes on', () => {
  for (const end of ['', '.log.jsonl', '.ckpt']) copyFileSync(file(`first.dbm${end}`), file(`cut.dbm${end}`));
  appendFileSync(file('cut.dbm.log.jsonl'), '{"step":60,"done":0.9,"sec');
  const { status, stderr } = report(file('cut.dbm'), '--crops', '0');
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(page(), /could not be read/);
  const options = ['--data', data, '--batch', '2', '--crop', '64', '--threads', '1', '--network', 'student', '--quiet'];
  const steps = ['--steps', '40', '--validate-every', '20', '--out', file('cut.dbm'), '--resume'];
  const resumed = trainer('teacher', ...options, ...steps);
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.equal(report(file('cut.dbm'), '--crops', '0').status, 0);
  assert.match(page(), /One line of its log could not be read/);
  assert.match(page(), /Resumed at step 40; program of commit/);
});

test('a run without a model yet is shown as far as it has come', () => {
  copyFileSync(file('first.dbm.log.jsonl'), file('early.dbm.log.jsonl'));
  const alone = report(file('early.dbm'));
  assert.equal(alone.status, 0, alone.stderr);
  assertWellFormed(page());
  assert.match(page(), /curve run-0" d="M/);
  assert.match(page(), /No crops\. No run has written a model yet/);
  assert.match(page(), /SHA-256 of the model<\/th><td class="quiet">unknown/);
  const both = report(file('early.dbm'), file('first.dbm'));
  assert.equal(both.status, 0, both.stderr);
  assertWellFormed(page());
  assert.match(page(), /early has not written a model yet, and is left out/);
  assert.match(page(), /<b>first<\/b> <span class="figure">/);
  assert.doesNotMatch(page(), /<b>early<\/b>/);
});

test('what cannot be reported is refused with a reason, and the old page stays', () => {
  writeFileSync(file('page.html'), 'as it was');
  for (const name of ['nolog.dbm', 'garbage.dbm']) copyFileSync(file('first.dbm'), file(name));
  writeFileSync(file('garbage.dbm.log.jsonl'), 'this is\nno log\n');
  writeFileSync(file('nomodel.dbm'), 'this is no model');
  /** @type {[string, RegExp][]} */
  const refused = [
    ['nolog.dbm', /nolog\.dbm\.log\.jsonl: No such file or directory; the log of a run lies beside its model/],
    ['garbage.dbm', /garbage\.dbm\.log\.jsonl: is not the log of a run/],
    ['nowhere.dbm', /nowhere\.dbm: No such file or directory; a run is named by its --out/],
    ['nomodel.dbm', /nomodel\.dbm: .*not a/i],
  ];
  for (const [name, reason] of refused) {
    const { status, stderr } = report(file(name));
    assert.equal(status, 1, name);
    assert.match(stderr, reason);
  }
  assert.match(trainer('report', file('first.dbm')).stderr, /--out says where the report goes/);
  assert.match(trainer('report', '--out', file('page.html')).stderr, /one to 8 models/);
  const absent = trainer('report', file('first.dbm'), '--data', file('nowhere'), '--out', file('page.html'));
  assert.equal(absent.status, 1);
  assert.match(absent.stderr, /nowhere: No such file or directory/);
  assert.equal(page(), 'as it was');
  assert.ok(!existsSync(file('page.html.part')));
});

test('in a browser a report fits the window, without errors, in light and dark', async () => {
  assert.equal(report(file('first.dbm'), file('second.dbm')).status, 0);
  const browser = await openBrowser();
  try {
    for (const width of [390, 1280])
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
        const tab = await context.newPage();
        /** @type {string[]} */
        const errors = [];
        tab.on('console', (message) => errors.push(message.text()));
        tab.on('pageerror', (error) => errors.push(String(error)));
        tab.on('request', (request) => /^(file|data):/.test(request.url()) || errors.push(request.url()));
        await tab.goto(pathToFileURL(file('page.html')).href);
        const seen = await tab.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          broken: [...document.images].filter((image) => !image.naturalWidth).length,
          charts: document.querySelectorAll('svg[role=img] > title').length,
          brightness: Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)?.[0]),
        }));
        assert.ok(seen.width <= width, `${seen.width} of ${width} pixels`);
        assert.equal(seen.broken, 0);
        assert.equal(seen.charts, 6);
        assert.ok(colorScheme === 'dark' ? seen.brightness < 64 : seen.brightness > 192, `brightness ${seen.brightness}`);
        assert.deepEqual(errors, []);
        await context.close();
      }
  } finally {
    await browser.close();
  }
});
