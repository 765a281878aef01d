import { DeblurError } from './errors.js';
import { encodeAs, outputName } from './save.js';
import { Session } from './session.js';

/** @typedef {import('./blur.js').BlurDescription} BlurDescription */
/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */

/**
 * @typedef {'waiting' | 'working' | 'done' | 'failed' | 'cancelled'} ItemState
 *
 * @typedef {object} Correction
 * @property {import('./tiles.js').Rectangle | null} part What is to be restored of it; null: all.
 * @property {BlurDescription | null} blur Null: as found.
 * @property {string[] | null} choice What its controls say then.
 *
 * @typedef {object} Item One photograph of several.
 * @property {Blob} file
 * @property {string} name
 * @property {ItemState} state
 * @property {number} done 0..1, while it is worked on.
 * @property {unknown} error Why it failed.
 * @property {Blob | null} result
 * @property {Blob | null} saved The result that is in a zip already.
 * @property {string} resultName
 * @property {string} madeWith What settings its result was made with.
 * @property {Correction} correction What a person has said of it.
 * @property {import('./save.js').Traits} [traits] Once it was decoded.
 */

/** @param {import('./save.js').SaveSettings} settings */
const keyOf = (settings) => JSON.stringify(settings);

/** @type {Correction} */
const none = { part: null, blur: null, choice: null };

/** What makes zips, fetched where there are several photographs: most people have one. */
async function loadZipper() {
  try {
    return await import('./fflate/browser.js');
  } catch {
    throw new DeblurError('unsupported', '{what} could not be fetched; is the connection up?', { what: 'fflate/browser.js' });
  }
}

/** Photographs that are restored one after the other, each to its end, by itself. */
export class Batch {
  /**
   * @param {() => Promise<import('./deblur.js').Deblurrer>} deblurrer
   * @param {(item: Item) => import('./save.js').SaveSettings} settings
   * @param {(item: Item, found: BlurEstimate) => BlurDescription | BlurEstimate} wanted
   * @param {() => void} onChange Told when any item has changed.
   */
  constructor(deblurrer, settings, wanted, onChange) {
    this.deblurrer = deblurrer;
    this.settings = settings;
    this.wanted = wanted;
    this.onChange = onChange;
    /** @type {Item[]} */
    this.items = [];
    /** @type {AbortController | null} Of the item that is worked on. */
    this.work = null;
    /** @type {Item | null} What is worked on, or was last. */
    this.current = null;
    /** Someone looks at one photograph, which goes before. */
    this.paused = false;
  }

  /** @param {{ file: Blob, name: string }[]} files */
  add(files) {
    const more = files.map((file) => ({ ...file, state: /** @type {const} */ ('waiting'), done: 0, error: null, result: null }));
    this.items.push(...more.map((item) => ({ ...item, saved: null, resultName: '', madeWith: '', correction: none })));
    loadZipper().catch(() => {}); // now, since the network may be gone when they are done; if it is, zip() says so
    this.onChange();
  }

  /** @param {Item} item @param {Partial<Item>} change */
  update(item, change) {
    Object.assign(item, change);
    this.onChange();
  }

  /** @param {ItemState} state */
  count(state) {
    return this.items.filter((item) => item.state === state).length;
  }

  /** Whether nothing is left to do. */
  get ended() {
    return !this.count('waiting') && !this.count('working');
  }

  /** Whether there is work that is in no zip, done or to be done. */
  get hasUnsaved() {
    return this.items.some(({ state, result, saved }) => state !== 'failed' && (!result || result !== saved));
  }

  /** What was made with other settings is made again. */
  refresh() {
    for (const item of this.items)
      if (item.state === 'done' && item.madeWith !== keyOf(this.settings(item)))
        Object.assign(item, { state: 'waiting', result: null, saved: null });
    this.onChange();
    this.go();
  }

  /** Forgets one; whether it is worked on or not. @param {Item} item */
  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    if (this.current === item) this.work?.abort();
    this.onChange();
  }

  /** The photograph that is looked at goes before; what is worked on otherwise waits again. */
  pause() {
    this.paused = true;
    this.work?.abort();
  }

  resume() {
    this.paused = false;
    this.go();
  }

  /** Works on what waits, until nothing does. */
  async go() {
    if (this.work || this.paused) return;
    const item = this.items.find(({ state }) => state === 'waiting');
    if (!item) return;
    this.current = item;
    this.work = new AbortController();
    const { signal } = this.work;
    this.update(item, { state: 'working', done: 0, error: null });
    try {
      await this.keep(item, await this.restore(item, signal), signal);
    } catch (error) {
      if (this.items.includes(item)) this.update(item, signal.aborted ? { state: 'waiting' } : { state: 'failed', error });
    }
    this.work = null;
    this.go();
  }

  /** As one that is looked at is restored, or left alone. @param {Item} item @param {AbortSignal} signal */
  async restore(item, signal) {
    const session = new Session(item.file, item.name);
    signal.addEventListener('abort', () => session.stop());
    const deblurrer = await this.deblurrer();
    signal.throwIfAborted();
    await session.open(deblurrer, () => {});
    signal.throwIfAborted();
    item.traits = session.traits;
    if (item.correction.part) await session.lookAt(deblurrer, item.correction.part);
    signal.throwIfAborted();
    const wanted = this.wanted(item, /** @type {BlurEstimate} */ (session.found));
    if (session.leavesAlone(wanted)) return session.keepAsItIs();
    return session.restore(deblurrer, wanted, { onProgress: (done) => this.update(item, { done }) });
  }

  /**
   * Keeps what became of a photograph, as a file.
   * @param {Item} item
   * @param {import('./restored-image.js').RestoredImage} image
   * @param {AbortSignal} [signal]
   * @returns {Promise<void>}
   */
  async keep(item, image, signal) {
    this.update(item, { state: 'working', done: 1 });
    const settings = this.settings(item);
    const result = await encodeAs(image, settings, signal);
    const madeWith = keyOf(settings);
    if (madeWith !== keyOf(this.settings(item))) return this.keep(item, image, signal); // they were changed meanwhile
    this.update(item, { state: 'done', result, resultName: outputName(item.name, settings.format), madeWith });
  }

  /**
   * Keeps what became of the photograph that is looked at; if that fails, the item says so.
   * @param {Item} item
   * @param {import('./restored-image.js').RestoredImage} image
   */
  async take(item, image) {
    try {
      await this.keep(item, image);
    } catch (error) {
      this.update(item, { state: 'failed', error });
    }
  }

  /** @returns {Promise<Blob>} All results; names that occur twice are numbered. Rejects with a DeblurError. */
  async zip() {
    const { Zip, ZipPassThrough } = await loadZipper();
    /** @type {Blob[]} Which a browser need not keep in memory. */
    const parts = [];
    const ended = new Promise((resolve, reject) => {
      const zip = new Zip((error, data, final) => {
        if (error) return reject(error);
        parts.push(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (data)]));
        if (final) resolve(null);
      });
      this.fillZip(zip, ZipPassThrough).then(() => zip.end(), reject);
    });
    await ended;
    return new Blob(parts, { type: 'application/zip' });
  }

  /**
   * @param {import('./fflate/browser.js').Zip} zip
   * @param {typeof import('./fflate/browser.js').ZipPassThrough} Entry Pictures do not become smaller.
   */
  async fillZip(zip, Entry) {
    const names = new Set();
    for (const item of this.items) {
      const { result, resultName } = item;
      if (!result) continue;
      let name = resultName;
      for (let n = 2; names.has(name); n++) name = resultName.replace(/(\.\w+)$/, `-${n}$1`);
      names.add(name);
      const entry = new Entry(name);
      zip.add(entry);
      entry.push(new Uint8Array(await result.arrayBuffer()), true);
      item.saved = result;
    }
  }

  /** Forgets all photographs. */
  clear() {
    this.items = [];
    this.work?.abort();
    this.paused = false;
    this.onChange();
  }
}
