import { Comparison } from './comparison.js';
import { DeblurError, describeBlur, load } from './deblur.js';
import { css } from './deblur-image-style.js';
import { html } from './deblur-image-template.js';
import { toBitmap } from './decode.js';

/** @typedef {import('./blur.js').BlurDescription} BlurDescription */
/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */
/** @typedef {import('./blur.js').BlurKind} BlurKind */
/** @typedef {import('./deblur.js').Deblurrer} Deblurrer */

/** So that a server may import this file. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (/** @type {unknown} */ (class {}));

/** Sizes that the slider spans, in the unit of each kind; the restorer knows nothing beyond. */
const sizeRange = /** @type {Record<string, [number, number]>} */ ({
  gaussian: [0.3, 5],
  defocus: [0.6, 8],
  motion: [2, 24],
  shake: [0.5, 7],
});

/** @param {string} kind @param {number} share 0..1 */
const sizeAt = (kind, share) => {
  const [low, high] = sizeRange[kind] ?? [1, 2];
  return low * (high / low) ** share; // equal steps are equal ratios
};

/** @param {string} kind @param {number} sizePx */
const shareOf = (kind, sizePx) => {
  const [low, high] = sizeRange[kind] ?? [1, 2];
  return Math.min(1, Math.max(0, Math.log(Math.max(sizePx, low) / low) / Math.log(high / low)));
};

const mainControl = { empty: '.empty .choose', working: '.cancel', done: '.split', error: '.error .choose' };

/** @param {Event} event @returns {boolean} Whether it happened where text is written or chosen. */
function isEditable(event) {
  const at = event.composedPath()[0];
  if (!(at instanceof HTMLElement)) return false;
  return at.isContentEditable || at.matches('textarea, select, input:not([type=range])');
}

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * `<deblur-image>`: drop, paste or choose a photograph, see it restored, compare, correct, download.
 *
 * `open(blob)` begins with a photograph, as dropping does. Attributes: `src` (a photograph to begin with), `model` (a .dbm file), `strength` (0..1), `blur` (auto, none, or KIND:SIZE_PX[:ANGLE_DEG]),
 * `sample` (a picture that is offered; fetched at once, so that nothing is fetched later), `name` (a download's).
 *
 * Events, all of which bubble: `deblur-start`, `deblur-blur` (detail: the blur that is assumed), `deblur-progress` (detail: share done, 0..1),
 * `deblur-done` (detail: {image, blur}), `deblur-error` (detail: the error).
 *
 * Parts: frame, stage, view, panel, empty, error, busy, button. Custom properties: --deblur-accent, --deblur-radius, --deblur-height.
 */
export class DeblurImageElement extends Base {
  static observedAttributes = ['src', 'strength', 'blur'];

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
    }
    root.adoptedStyleSheets = [sheet];
    const template = document.createElement('template');
    template.innerHTML = html;
    root.append(template.content);
    /** @type {Promise<Deblurrer> | null} */
    this.loading = null;
    /** @type {Blob | import('./photograph.js').Photograph | null} The photograph as it came. */
    this.source = null;
    /** @type {import('./deblur.js').RestoredImage | null} */
    this.restored = null;
    /** @type {BlurEstimate | null} What the estimator said of this photograph. */
    this.found = null;
    /** @type {BlurEstimate | null} What the picture is restored from: as found, or as corrected. */
    this.assumed = null;
    /** @type {AbortController | null} Of the work in progress. */
    this.work = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.rerunTimer = undefined;
    /** @type {Promise<Blob> | null} */
    this.sampleBlob = null;
    this.fileName = 'photograph';
    this.comparison = new Comparison(this.find('.view'));
    this.onPaste = this.onPaste.bind(this);
    this.onKey = this.onKey.bind(this);
    this.listen();
  }

  // ---- life ----

  connectedCallback() {
    document.addEventListener('paste', this.onPaste);
    document.addEventListener('keydown', this.onKey);
    document.addEventListener('keyup', this.onKey);
    this.deblurrer().catch(() => {}); // begins to load; an error is told when a photograph comes
    this.offerSample();
    const src = this.getAttribute('src');
    if (src) this.openUrl(src);
  }

  disconnectedCallback() {
    document.removeEventListener('paste', this.onPaste);
    document.removeEventListener('keydown', this.onKey);
    document.removeEventListener('keyup', this.onKey);
    clearTimeout(this.rerunTimer);
    this.work?.abort();
    this.loading?.then(
      (deblurrer) => deblurrer.destroy(),
      () => {},
    );
    this.loading = null;
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} value
   */
  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === 'strength') {
      const strength = Number.parseFloat(value ?? '1');
      this.field('strength').value = String(Number.isNaN(strength) ? 100 : Math.round(100 * strength)); // it clamps
    }
    if (name === 'src' && value && this.isConnected) this.openUrl(value);
    if (name !== 'src' && this.source) this.run();
    this.showNumbers();
  }

  /** @returns {Promise<Deblurrer>} The one that this element uses; a failed load is tried again the next time. */
  deblurrer() {
    if (!this.loading) {
      const model = this.getAttribute('model');
      const loading = load(model ? { model: new URL(model, document.baseURI) } : {});
      loading.catch(() => {
        if (this.loading === loading) this.loading = null;
      });
      this.loading = loading;
    }
    return this.loading;
  }

  offerSample() {
    const sample = this.getAttribute('sample');
    if (!sample || this.sampleBlob) return;
    this.sampleBlob = fetch(new URL(sample, document.baseURI)).then((response) => {
      if (!response.ok) throw new DeblurError('not-a-picture', 'The sample is missing');
      return response.blob();
    });
    this.find('.sample').hidden = false;
    this.sampleBlob.catch(() => {
      this.find('.sample').hidden = true;
    });
  }

  // ---- the parts ----

  /** @param {string} selector @returns {HTMLElement} */
  find(selector) {
    return /** @type {HTMLElement} */ (/** @type {ShadowRoot} */ (this.shadowRoot).querySelector(selector));
  }

  /** @param {string} name @returns {HTMLInputElement} */
  field(name) {
    return /** @type {HTMLInputElement} */ (this.find(`.${name}`));
  }

  /** @param {string} name @param {unknown} detail */
  tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  listen() {
    const on = (/** @type {string} */ selector, /** @type {string} */ type, /** @type {(event: any) => void} */ act) => {
      for (const element of /** @type {ShadowRoot} */ (this.shadowRoot).querySelectorAll(selector))
        element.addEventListener(type, act);
    };
    on('.choose', 'click', () => this.field('file').click());
    on('.file', 'change', () => {
      const file = this.field('file').files?.[0];
      if (file) this.open(file);
      this.field('file').value = '';
    });
    on('.sample', 'click', () => this.sampleBlob?.then((blob) => this.open(blob, 'sample')));
    on('.cancel', 'click', () => this.work?.abort());
    on('.kind', 'change', () => this.chooseKind());
    on('.size, .angle, .strength', 'input', () => this.rerunSoon());
    on('.download', 'click', () => this.download('image/png', 'png'));
    on('.download-jpeg', 'click', () => this.download('image/jpeg', 'jpg'));
    on('.zoom', 'click', () => this.toggleZoom());
    on('.peek', 'pointerdown', () => this.peek(true));
    for (const end of ['pointerup', 'pointerleave', 'pointercancel', 'keyup', 'blur']) on('.peek', end, () => this.peek(false));
    on('.peek', 'keydown', (event) => (event.key === ' ' || event.key === 'Enter') && this.peek(true));
    on('.peek', 'contextmenu', (event) => event.preventDefault()); // of a long press
    const frame = this.find('.frame');
    frame.addEventListener('dragover', (event) => {
      event.preventDefault();
      frame.classList.add('over');
    });
    frame.addEventListener('dragleave', () => frame.classList.remove('over'));
    frame.addEventListener('drop', (event) => {
      event.preventDefault();
      frame.classList.remove('over');
      const file = event.dataTransfer?.files[0];
      if (file) this.open(file);
      else this.fail(new DeblurError('not-a-picture', 'What was dropped is not a file; save the picture first, then drop it'));
    });
  }

  /** @param {ClipboardEvent} event */
  onPaste(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((item) => item.type.startsWith('image/'));
    if (!file || event.defaultPrevented || isEditable(event)) return;
    event.preventDefault();
    this.open(file, 'pasted');
  }

  /**
   * Holding B shows the photograph as it was, unless the key is meant for something else on the page.
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    const here = event.target === this || event.target === document.body;
    if (event.key.toLowerCase() !== 'b' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (here && !isEditable(event)) this.peek(event.type === 'keydown');
  }

  // ---- showing ----

  /** @param {'empty' | 'working' | 'done' | 'error'} state */
  show(state) {
    const focused = this.shadowRoot?.activeElement;
    this.find('.frame').dataset.state = state;
    this.find('.empty').hidden = state !== 'empty';
    this.find('.error').hidden = state !== 'error';
    this.find('.view').hidden = state === 'empty' || state === 'error';
    this.find('.busy').hidden = state !== 'working';
    // As soon as the blur is known it can be corrected.
    this.find('.panel').hidden = state === 'empty' || state === 'error' || !this.assumed;
    for (const name of ['download', 'download-jpeg', 'peek']) this.field(name).disabled = !this.restored;
    this.comparison.showOnlyBefore(!this.restored);
    // Whoever was at a control that is gone now goes on at the one that matters next.
    if (focused && !focused.getClientRects().length) this.find(mainControl[state]).focus({ preventScroll: true });
  }

  /** @param {boolean} on */
  peek(on) {
    if (!this.restored) return;
    this.find('.peek').setAttribute('aria-pressed', String(on));
    this.comparison.showOnlyBefore(on);
  }

  toggleZoom() {
    this.find('.zoom').textContent = this.comparison.toggleZoom() ? 'Fit' : '100%';
  }

  /** @param {string} what Told to who cannot see it. */
  announce(what) {
    this.find('.status').textContent = what;
  }

  /** @param {string} doing @param {number | null} done Null: nobody knows. */
  showProgress(doing, done) {
    const progress = /** @type {HTMLProgressElement} */ (this.find('progress'));
    this.find('.doing').textContent = doing;
    if (done === null) progress.removeAttribute('value');
    else progress.value = done;
    this.find('.percent').textContent = done === null ? '' : `${Math.floor(100 * done)}%`;
  }

  showNumbers() {
    const kind = this.assumedKind();
    const sized = kind in sizeRange;
    const size = sizeAt(kind, Number(this.field('size').value));
    this.find('.size-text').textContent = sized ? `${size.toFixed(1)} px` : '';
    this.find('.angle-text').textContent = `${this.field('angle').value}°`;
    this.find('.strength-text').textContent = `${this.field('strength').value}%`;
    this.find('.size-field').hidden = !sized;
    this.find('.angle-field').hidden = kind !== 'motion' && kind !== 'shake';
  }

  /** @param {BlurEstimate} blur */
  showFinding(blur) {
    const chosen = this.field('kind').value !== 'auto';
    const line = this.find('.finding');
    const note = document.createElement('small');
    note.textContent = chosen ? 'As you set it. Choose “As found” to go back.' : 'Not right? Set the kind and the size below.';
    line.replaceChildren(describeBlur(blur), note);
  }

  /** @param {unknown} error */
  fail(error) {
    this.work?.abort();
    this.work = null;
    this.forget();
    const known = error instanceof DeblurError;
    this.find('.error .message').textContent = `${known ? error.message : `Something unexpected happened: ${error}`}.`;
    this.show('error');
    this.tell('deblur-error', error);
  }

  // ---- working ----

  /** @param {string} url */
  async openUrl(url) {
    try {
      const response = await fetch(new URL(url, document.baseURI));
      if (!response.ok) throw new DeblurError('not-a-picture', `The picture could not be fetched (${response.status})`);
      await this.open(await response.blob(), url.split('/').pop());
    } catch (error) {
      this.fail(error instanceof DeblurError ? error : new DeblurError('not-a-picture', 'The picture could not be fetched'));
    }
  }

  /**
   * Begins with a photograph.
   * @param {Blob} blob
   * @param {string} [name] For the download; a File has its own.
   */
  async open(blob, name) {
    this.work?.abort();
    clearTimeout(this.rerunTimer);
    this.forget();
    this.fileName = (blob instanceof File ? blob.name : (name ?? 'photograph')).replace(/\.[^.]*$/, '');
    const work = new AbortController();
    this.work = work;
    try {
      const bitmap = await toBitmap(blob);
      if (work.signal.aborted) return bitmap.close();
      this.source = blob;
      this.field('kind').value = 'auto';
      this.comparison.begin(bitmap);
      await this.run();
    } catch (error) {
      if (!work.signal.aborted) this.fail(error);
    }
  }

  forget() {
    this.source = this.restored = this.found = this.assumed = null;
  }

  /** @returns {string} The kind that is chosen, or the one that was found. */
  assumedKind() {
    const chosen = this.field('kind').value;
    return chosen === 'auto' ? (this.found?.kind ?? 'none') : chosen;
  }

  /** @returns {'auto' | BlurDescription | BlurEstimate} */
  wantedBlur() {
    const chosen = this.field('kind').value;
    if (chosen !== 'auto') {
      const sizePx = sizeAt(chosen, Number(this.field('size').value));
      const rest = this.found ?? undefined;
      return { kind: /** @type {BlurKind} */ (chosen), sizePx, angleDeg: Number(this.field('angle').value), rest };
    }
    const [kind, size, angle] = (this.getAttribute('blur') ?? 'auto').split(':');
    if (kind !== 'auto') return { kind: /** @type {BlurKind} */ (kind), sizePx: Number(size ?? 0), angleDeg: Number(angle ?? 0) };
    return this.found ?? 'auto';
  }

  chooseKind() {
    const kind = this.assumedKind();
    if (this.found?.kind === kind) this.setSliders(this.found);
    else this.field('size').value = '0.5';
    this.rerunSoon();
  }

  /** @param {BlurEstimate} blur */
  setSliders(blur) {
    this.field('size').value = String(shareOf(blur.kind, blur.sizePx));
    this.field('angle').value = String(Math.round(blur.angleDeg) % 180);
  }

  /** After the last change has stood for a moment. */
  rerunSoon() {
    // A slider that is moved says what the blur is.
    const kind = this.field('kind');
    if (kind.value === 'auto' && this.found && this.sliderMoved()) kind.value = this.found.kind;
    this.showNumbers();
    clearTimeout(this.rerunTimer);
    this.rerunTimer = setTimeout(() => this.run(), 250);
  }

  /** @returns {boolean} Whether size or direction are no longer where the estimate put them. */
  sliderMoved() {
    if (!this.found) return false;
    const sized = Math.abs(Number(this.field('size').value) - shareOf(this.found.kind, this.found.sizePx)) > 0.002;
    return sized || Number(this.field('angle').value) !== Math.round(this.found.angleDeg) % 180;
  }

  /** @param {BlurEstimate} blur */
  assume(blur) {
    if (this.wantedBlur() === 'auto') {
      this.found = blur;
      this.setSliders(blur);
    }
    this.showFinding(blur);
    this.showNumbers();
    this.assumed = blur;
    this.show('working');
    this.showProgress('Sharpening…', 0);
    this.announce(`${describeBlur(blur)} Sharpening…`);
    this.tell('deblur-blur', blur);
  }

  async run() {
    const { source } = this;
    if (!source) return;
    this.work?.abort();
    const work = new AbortController();
    this.work = work;
    this.show('working');
    this.showProgress('Looking at the blur…', null);
    this.announce('Looking at the blur…');
    this.tell('deblur-start');
    try {
      const deblurrer = await this.deblurrer();
      if (source instanceof Blob) this.source = await deblurrer.open(source, { signal: work.signal });
      const result = await deblurrer.deblur(this.source ?? source, {
        blur: this.wantedBlur(),
        strength: Number(this.field('strength').value) / 100,
        signal: work.signal,
        onBlur: (blur) => this.work === work && this.assume(blur),
        onProgress: (done) => {
          if (this.work !== work) return;
          this.showProgress('Sharpening…', done);
          this.tell('deblur-progress', done);
        },
      });
      const bitmap = await toBitmap(result.image.imageData);
      if (this.work !== work) return bitmap.close();
      this.restored = result.image;
      this.comparison.paint('after', bitmap);
      this.show('done');
      this.announce(`Done. ${describeBlur(result.blur)}`);
      this.tell('deblur-done', result);
    } catch (error) {
      if (this.work !== work) return;
      if (work.signal.aborted) this.afterCancel();
      else this.fail(error);
    }
  }

  /** What was there before the work that was cancelled. */
  afterCancel() {
    this.work = null;
    if (!this.restored) this.forget();
    this.show(this.restored ? 'done' : 'empty');
    this.announce('Cancelled');
  }

  /**
   * @param {'image/png' | 'image/jpeg'} type
   * @param {string} extension
   */
  async download(type, extension) {
    if (!this.restored) return;
    const url = URL.createObjectURL(await this.restored.toBlob(type));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${this.fileName}-deblurred.${extension}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}
