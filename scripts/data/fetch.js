// Fetches one archive, goes on with what a broken transfer left, and checks what came.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { Trouble } from './trouble.js';

const attempts = 5;
/** What curl's exit codes mean to somebody who did not ask for curl. */
const meanings = /** @type {Record<number, string>} */ ({
  5: 'the proxy is not found: is the network up?',
  6: 'the host is not found: is the network up?',
  7: 'the host does not answer: is the network up?',
  23: 'it cannot be written: is the disk full?',
  28: 'the host stopped answering',
  35: 'no secure connection comes about',
  60: 'the host cannot prove who it is',
});
const cut = new Set([18, 28, 52, 55, 56, 92]); // transfers that broke off
const cannotResume = new Set([33, 36]);

/** @param {string} path */
const sizeOf = (path) => (existsSync(path) ? statSync(path).size : 0);

/** One transfer, from the end of what is there. @param {string} address @param {string} part */
function transfer(address, part) {
  const resume = sizeOf(part) ? ['--continue-at', '-'] : [];
  const patience = ['--connect-timeout', '30', '--speed-limit', '1', '--speed-time', '60'];
  const isSeen = process.stderr.isTTY;
  const how = ['--fail', '--location', ...(isSeen ? ['--progress-bar'] : ['--silent', '--show-error'])];
  const words = [...how, ...patience, ...resume, '--write-out', '%{http_code}', '--output', part, address];
  const { status, stdout, stderr, error } = spawnSync('curl', words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', isSeen ? 'inherit' : 'pipe'],
  });
  if (error) throw new Trouble(`curl cannot be run (${error.message}): scripts/setup installs it`);
  return { code: status ?? 1, http: Number(stdout), told: (stderr ?? '').trim() };
}

/** @param {string} address @param {string} part */
function fetchFrom(address, part) {
  for (let failures = 0; failures < attempts; ) {
    const before = sizeOf(part);
    const { code, http, told } = transfer(address, part);
    if (code === 0) return '';
    if (http === 416 && before) return ''; // there is no more: it was whole, or its checksum will tell
    if (cannotResume.has(code)) {
      console.error(`get-data: ${new URL(address).host} cannot go on where it stopped; beginning anew`);
      rmSync(part, { force: true });
    } else if (cut.has(code)) {
      console.error(`get-data: the transfer broke off after ${sizeOf(part)} bytes; going on`);
    } else {
      return http >= 400 ? `the host says ${http}` : (meanings[code] ?? `curl ends with ${code}: ${told}`);
    }
    failures = sizeOf(part) > before ? 0 : failures + 1;
  }
  return 'the transfer breaks off again and again';
}

/** @param {string} path */
async function sha256Of(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Why a file is not this archive; '' if it is. @param {string} path @param {import('./sets.js').Archive} archive */
export async function faultOf(path, archive) {
  const size = sizeOf(path);
  if (archive.bytes !== undefined && size !== archive.bytes) return `it has ${size} bytes, not ${archive.bytes}`;
  if (!archive.sha256) return '';
  const found = await sha256Of(path);
  return found === archive.sha256 ? '' : `its SHA-256 is ${found}, not ${archive.sha256}`;
}

/** To `path`, whole and checked, or a Trouble. @param {import('./sets.js').Archive} archive @param {string} path */
export async function fetchArchive(archive, path) {
  if (existsSync(path)) return; // it was checked before it got this name
  const part = `${path}.part`;
  const complaints = [];
  for (const address of archive.addresses) {
    console.error(`get-data: fetching ${address}${sizeOf(part) ? `, from byte ${sizeOf(part)} on` : ''}`);
    const complaint = archive.bytes !== undefined && sizeOf(part) === archive.bytes ? '' : fetchFrom(address, part);
    const fault = complaint || (await faultOf(part, archive));
    if (!fault) {
      renameSync(part, path);
      return;
    }
    complaints.push(`  ${address}: ${fault}`);
    if (!complaint) rmSync(part, { force: true }); // nothing of it is worth going on with
  }
  throw new Trouble(
    `${archive.file} could not be fetched:\n${complaints.join('\n')}\nRun this again to go on, or fetch it otherwise and give it with --archive FILE`,
  );
}
