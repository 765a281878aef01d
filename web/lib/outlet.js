import { describeError, fill } from './errors.js';
import { copy, download, encodeAs, outputName, share } from './save.js';

/** How the photograph that is looked at goes out: downloaded, copied, shared. */
export class Outlet {
  /**
   * @param {ParentNode} root The template.
   * @param {import('./save-panel.js').SavePanel} settings
   * @param {() => import('./session.js').Session | null} session
   * @param {(what: string) => void} announce Told what has become of it, for who cannot see it.
   */
  constructor(root, settings, session, announce) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLButtonElement} */ (root.querySelector(selector));
    this.settings = settings;
    this.session = session;
    this.announce = announce;
    /** @type {import('./i18n.js').Translate} */
    this.t = fill;
    /** @type {import('./restored-image.js').RestoredImage | null} What went out last. */
    this.saved = null;
    this.note = find('.note');
    this.buttons = ['.download', '.copy', '.share'].map(find);
    const [downloads, copies, shares] = this.buttons;
    downloads.addEventListener('click', () => this.download());
    copies.addEventListener('click', () => this.copy());
    shares.addEventListener('click', () => this.save(share));
  }

  /** @param {boolean} on Whether there is anything. */
  allow(on) {
    for (const button of this.buttons) button.disabled = !on;
  }

  /** Whether there is a result that went out already. */
  get isSaved() {
    return this.saved !== null && this.saved === this.session()?.restored;
  }

  download() {
    return this.save((blob, name) => {
      download(blob, name);
      return this.t('Saved as {name}', { name });
    });
  }

  /** @param {(blob: Blob, name: string) => Promise<boolean> | string} use What to do with the file; as `whileWriting` has it. */
  async save(use) {
    const { restored, file, name = '', traits } = this.session() ?? {};
    if (!restored || !file) return;
    const settings = this.settings.settingsFor(file, traits);
    await this.whileWriting(restored, async () => use(await encodeAs(restored, settings), outputName(name, settings.format)));
  }

  async copy() {
    const { restored, file } = this.session() ?? {};
    if (!restored || !file) return;
    const settings = { ...this.settings.settingsFor(file), format: /** @type {const} */ ('png') };
    await this.whileWriting(restored, async () => {
      await copy(encodeAs(restored, settings));
      return this.t('Copied');
    });
  }

  /**
   * Says that a file is being written, and what became of it; the picture stays.
   * @param {import('./restored-image.js').RestoredImage} image
   * @param {() => Promise<string | boolean>} work Says what to tell of it, or whether it went out.
   */
  async whileWriting(image, work) {
    const { note } = this;
    const { textContent: before } = note;
    note.textContent = this.t('Writing the file…');
    try {
      const said = await work();
      if (said) this.saved = image;
      if (typeof said === 'string') this.tell(said);
      else note.textContent = before;
    } catch (error) {
      this.complain(describeError(error, this.t));
    }
  }

  /** To who sees it, and to who does not. @param {string} what */
  tell(what) {
    this.note.classList.remove('problem');
    this.note.textContent = what;
    this.announce(what);
  }

  /** @param {string} what Has gone wrong. */
  complain(what) {
    this.tell(what);
    this.note.classList.add('problem');
  }
}
