import { load } from './deblur.js';

/** @typedef {import('./deblur.js').Deblurrer} Deblurrer */

/** The model that an element uses: loaded when it is first wanted, and exchanged once another is there. */
export class ModelHolder {
  constructor() {
    /** Its name, or where it is; and of the one that takes its place as soon as it is there. */
    this.name = this.wanted = 'best';
    /** @type {Promise<Deblurrer> | null} */
    this.loading = null;
  }

  /** @returns {Promise<Deblurrer>} A failed load is tried again the next time. */
  get() {
    if (!this.loading) {
      const loading = load({ model: this.name });
      loading.catch(() => {
        if (this.loading === loading) this.loading = null;
      });
      this.loading = loading;
    }
    return this.loading;
  }

  /**
   * Another model, to be handed to `exchange`; the one before stays until then.
   * @param {string} name
   * @returns {Promise<Deblurrer | null>} Null if a third one was wanted meanwhile.
   */
  async fetch(name) {
    this.wanted = name;
    const next = await load({ model: name });
    if (this.wanted === name) return next;
    next.destroy();
    return null;
  }

  /** @param {string} name @param {Deblurrer} next */
  exchange(name, next) {
    this.unload();
    this.name = name;
    this.loading = Promise.resolve(next);
  }

  unload() {
    this.loading?.then(
      (deblurrer) => deblurrer.destroy(),
      () => {},
    );
    this.loading = null;
  }
}
