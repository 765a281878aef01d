// What data sets there are: sets.json, read and checked. Checksums are those that the hosts publish or that others measured.
import { readFileSync } from 'node:fs';
import { Trouble } from './trouble.js';

/**
 * @typedef {{ file: string, addresses: string[], by_hand?: string, bytes?: number, about_bytes?: number, sha256?: string, only?: string }} Archive
 *   one file to fetch; `by_hand`: where a person finds it, if no program may; `only`: the part that is unpacked
 * @typedef {{ name: string, about: string, home?: string, folder?: string, script?: string, use?: string, archives: Archive[],
 *   license?: { name: string, address: string, text: string[] } }} DataSet
 */

/** @param {string} path @returns {DataSet[]} */
export function readSets(path) {
  try {
    const sets = JSON.parse(readFileSync(path, 'utf8'));
    for (const set of sets)
      for (const archive of set.archives)
        if (/[/\\]|^\.|^$/.test(archive.file)) throw new Error(`"${archive.file}" is no file's name`);
    return sets;
  } catch (error) {
    throw new Trouble(`${path}: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {DataSet[]} sets @param {string} name */
export function findSet(sets, name) {
  const set = sets.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (!set) throw new Trouble(`there is no data set ${name}; there are ${sets.map((one) => one.name).join(', ')}`);
  return set;
}

/** How much is fetched, as far as is known. @param {Archive} archive */
export const bytesOf = (archive) => archive.bytes ?? archive.about_bytes ?? 0;

/** @param {number} bytes */
export function inWords(bytes) {
  if (bytes < 1e6) return `${bytes} bytes`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
