// `scripts/get-data`: fetches the data sets of sets.json into data/NAME, after showing on what terms they may be used.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultOf, fetchArchive } from './fetch.js';
import { bytesOf, findSet, inWords, readSets } from './sets.js';
import { Trouble } from './trouble.js';
import { unpack } from './unpack.js';

/** @typedef {import('./sets.js').DataSet} DataSet */
/** @typedef {import('./sets.js').Archive} Archive */

const here = dirname(fileURLToPath(import.meta.url));
const help = `usage: scripts/get-data [options] [NAME...]

Fetches photographs to train on into data/NAME; without a name, Debian's free wallpapers into data/photos.

  --list          say which there are, how large, and on what terms
  --yes           do not ask; the terms are shown all the same
  --archive FILE  an archive that you have already: it is checked and unpacked instead of fetched; may be repeated
  --into DIR      instead of data
  --sets FILE     another table of data sets, like scripts/data/sets.json: a mirror of your own
  --help          this text

A transfer that breaks off goes on where it stopped when this is run again.
`;

/** @param {DataSet} set */
const totalOf = (set) => set.archives.reduce((sum, archive) => sum + bytesOf(archive), 0);

/** @param {DataSet[]} sets */
function list(sets) {
  for (const set of sets) {
    const size = totalOf(set) ? `${inWords(totalOf(set))}; ` : '';
    console.log(`${set.name}: ${set.about}\n  ${size}${set.license?.name ?? 'free licences, which lie beside the photographs'}`);
    for (const { addresses, by_hand } of set.archives)
      for (const from of by_hand ? [by_hand] : addresses) console.log(`  ${from}`);
  }
}

/** What a person has to know first; the same text lies beside the pictures. @param {DataSet} set */
function terms(set) {
  const { license, name, about, home } = set;
  const lines = [`${name}: ${about}`, `From ${home}`];
  if (license) lines.push(`Licence: ${license.name} (${license.address})`, ...license.text);
  return `${lines.join('\n')}\n`;
}

/** @param {string} question */
async function isAgreed(question) {
  if (!process.stdin.isTTY) throw new Trouble('nobody is there to be asked: --yes says that you agree');
  const console_ = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await console_.question(`${question} [y/N] `);
  console_.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Before anything is fetched: the archives, and as much again for what is in them. @param {DataSet} set @param {string} into */
function checkSpace(set, into) {
  const free = statfsSync(into);
  const [have, want] = [free.bavail * free.bsize, 2 * totalOf(set)];
  if (have < want)
    throw new Trouble(`${set.name} needs ${inWords(want)} until it is unpacked, and there are ${inWords(have)} in ${into}`);
}

/** Which of the files that somebody gave is this archive. @param {DataSet} set @param {Archive} archive @param {string[]} given */
function givenFor(set, archive, given) {
  return given.find((path) => basename(path) === archive.file) ?? (set.archives.length === 1 ? given[0] : undefined);
}

/** A checked file. @param {DataSet} set @param {Archive} archive @param {string[]} given @param {string} work */
async function obtain(set, archive, given, work) {
  const own = givenFor(set, archive, given);
  if (own !== undefined) {
    if (!existsSync(own)) throw new Trouble(`${own}: there is no such file`);
    const fault = await faultOf(own, archive);
    if (fault) throw new Trouble(`${own} is not ${set.name}'s ${archive.file}: ${fault}`);
    return own;
  }
  if (archive.by_hand)
    throw new Trouble(
      `${archive.file} cannot be fetched by a program: open ${archive.by_hand} in a browser, and then run\n  scripts/get-data ${set.name} --archive ${archive.file}`,
    );
  const path = join(work, archive.file);
  await fetchArchive(archive, path);
  return path;
}

/** @param {DataSet} set @param {string[]} given @param {string} into @param {string} target */
async function install(set, given, into, target) {
  const work = join(into, '.fetching', set.name); // a folder that the trainer does not look into
  const unpacked = join(work, 'unpacked');
  mkdirSync(work, { recursive: true });
  /** @type {string[]} */
  const files = [];
  for (const archive of set.archives) files.push(await obtain(set, archive, given, work));
  rmSync(unpacked, { recursive: true, force: true });
  try {
    set.archives.forEach((archive, i) => {
      console.error(`get-data: unpacking ${archive.file}`);
      unpack(files[i], unpacked, archive.only);
    });
    writeFileSync(join(unpacked, 'LICENCE.txt'), terms(set));
    writeFileSync(
      join(unpacked, 'complete'),
      `${set.archives.map(({ file, sha256 }) => `${sha256 ?? 'no checksum'}  ${file}`).join('\n')}\n`,
    );
    renameSync(unpacked, target);
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
  rmSync(work, { recursive: true });
}

/** @param {DataSet} set @param {{ yes: boolean, archive: string[], into: string }} options */
async function get(set, { yes, archive, into }) {
  const target = join(into, set.folder ?? set.name);
  if (set.script) {
    if (spawnSync(join(here, set.script), [target], { stdio: 'inherit' }).status)
      throw new Trouble(`${set.name} is not complete`);
    return;
  }
  if (existsSync(join(target, 'complete'))) {
    console.log(`get-data: ${set.name} is in ${target} already`);
    return;
  }
  if (existsSync(target)) throw new Trouble(`${target} is there, and is not from here: move it away first`);
  console.log(terms(set));
  mkdirSync(into, { recursive: true });
  const fetched = { ...set, archives: set.archives.filter((one) => givenFor(set, one, archive) === undefined) };
  checkSpace(fetched, into);
  const size = totalOf(fetched) ? ` (${inWords(totalOf(fetched))})` : '';
  if (!yes && !(await isAgreed(`Get ${set.name}${size} into ${target} on these terms?`)))
    throw new Trouble('not agreed: nothing is fetched');
  await install(set, archive, into, target);
  console.log(`get-data: ${set.name} is in ${target}${set.use ? `: deblur-train ... ${set.use}` : ''}`);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      archive: { type: 'string', multiple: true, default: [] },
      into: { type: 'string', default: 'data' },
      sets: { type: 'string', default: join(here, 'sets.json') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const sets = readSets(/** @type {string} */ (values.sets));
  if (values.list) return list(sets);
  const chosen = (positionals.length ? positionals : [sets[0].name]).map((name) => findSet(sets, name));
  const options = { yes: values.yes === true, archive: values.archive ?? [], into: /** @type {string} */ (values.into) };
  if (options.archive.length && chosen.length > 1) throw new Trouble('--archive goes with one data set at a time');
  for (const set of chosen) await get(set, options);
}

main().catch((error) => {
  const usage = /** @type {{ code?: string }} */ (error).code?.startsWith('ERR_PARSE_ARGS');
  const told = error instanceof Trouble || usage || typeof error.syscall === 'string';
  console.error(`get-data: ${told ? error.message : error.stack}${usage ? '; see scripts/get-data --help' : ''}`);
  process.exitCode = usage ? 2 : 1;
});
