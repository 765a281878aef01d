// Unpacks archives that come from elsewhere: nothing is written outside of the folder, and no links come out.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Trouble } from './trouble.js';

/** @param {string} program @param {string[]} words */
function run(program, words) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (error) throw new Trouble(`${program} cannot be run (${error.message}): scripts/setup installs it`);
  return { status, stdout, stderr };
}

/** @param {string} archive @param {{ status: number | null, stderr: string }} result */
function insist(archive, { status, stderr }) {
  if (status === 0) return;
  const full = /No space left|disk full/i.test(stderr);
  const what = full ? 'the disk is full' : 'it is damaged or cut off';
  throw new Trouble(`${archive} cannot be unpacked: ${what} (${stderr.trim().split('\n').pop()})`);
}

/** Symbolic and hard links, devices, pipes, sockets. A zip may say nothing of kinds; then it has files. */
const links = 'lhbcps';

const isZip = (/** @type {string} */ archive) => /\.zip$/i.test(archive);

/** Names, and how ls would mark what they are. @param {string} archive */
function contents(archive) {
  const names = isZip(archive) ? run('unzip', ['-Z1', archive]) : run('tar', ['-tf', archive]);
  insist(archive, names);
  const marks = isZip(archive) ? run('unzip', ['-Z', '-s', '-h-t', archive]) : run('tar', ['-tvf', archive]);
  insist(archive, marks);
  const lines = (/** @type {string} */ text) => text.split('\n').filter((line) => line !== '');
  return { names: lines(names.stdout), marks: lines(marks.stdout).map((line) => line[0]) };
}

/** @param {string} archive */
function check(archive) {
  const { names, marks } = contents(archive);
  const escaping = names.find((name) => /^[/\\]|(^|[/\\])\.\.([/\\]|$)/.test(name));
  if (escaping !== undefined) throw new Trouble(`${archive} is refused: it would write outside of its folder (${escaping})`);
  if (marks.some((mark) => links.includes(mark))) throw new Trouble(`${archive} is refused: there are links in it`);
  if (!names.length) throw new Trouble(`${archive} is empty`);
}

/** @param {string} archive @param {string} folder @param {string} [only] a pattern of the names that are wanted */
export function unpack(archive, folder, only) {
  check(archive);
  mkdirSync(folder, { recursive: true });
  if (isZip(archive)) insist(archive, run('unzip', ['-q', '-o', archive, ...(only ? [only] : []), '-d', folder]));
  else insist(archive, run('tar', ['-xf', archive, '--no-same-owner', '-C', folder, ...(only ? ['--wildcards', only] : [])]));
}
