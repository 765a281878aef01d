import { Batch } from './batch.js';
import { BatchPanel } from './batch-panel.js';
import { blurFromText, describeBlur } from './blur.js';
import { BlurControls } from './blur-controls.js';
import { BusyPanel } from './busy-panel.js';
import { css } from './deblur-image-style.js';
import { html } from './deblur-image-template.js';
import { refusalOf } from './decode.js';
import { DiagnosticsPanel } from './diagnostics-panel.js';
import { describeError, fill } from './errors.js';
import { firstNeed } from './first-need.js';
import { chooseLanguage, directionOf, loadTranslation, localize } from './i18n.js';
import { fetchPicture, Intake } from './intake.js';
import { Leaving } from './leaving.js';
import { ModelHolder } from './model-holder.js';
import { Outlet } from './outlet.js';
import { partInView } from './part.js';
import { SavePanel } from './save-panel.js';
import { Session } from './session.js';
import { TimeLeft } from './time-left.js';
import { ViewControls } from './view-controls.js';
import { Viewer } from './viewer.js';

/** @typedef {import('./batch.js').Item} Item */
/** @typedef {import('./blur.js').BlurDescription} BlurDescription */
/** @typedef {import('./blur.js').BlurEstimate} BlurEstimate */

/** So that a server may import this file. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (/** @type {unknown} */ (class {}));

/** A correction waits until the last change has stood for so long. */
const RERUN_MS = 150;

const partTexts = {
  none: 'Zoom in on the blurred part first, so that nothing else is in view.',
};
const mainControl = { empty: '.empty .choose', working: '.view', done: '.view', error: '.error .choose' };

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * `<deblur-image>`: drop, paste or choose photographs, see them restored, compare, correct, save.
 *
 * `open(blob)` begins with a photograph, as dropping does; `openFiles(files)` with several. Attributes: `src` (a photograph to begin with),
 * `model` (best, fast, or a .dbm file), `strength` (0..1), `blur` (auto, none, or KIND:SIZE_PX[:ANGLE_DEG]), `sample` (a picture that is offered; fetched at
 * once, so that nothing is fetched later), `fill` (fills the window as soon as there is a photograph), `lang` (otherwise the document's).
 * While there is a photograph it has the attribute `active`.
 *
 * Events, all of which bubble: `deblur-start`, `deblur-blur` (detail: the blur that is assumed), `deblur-progress` (detail: share done, 0..1),
 * `deblur-done` (detail: {image, blur}), `deblur-error` (detail: the error), `deblur-model` (another was chosen; detail: its name).
 *
 * Parts: frame, stage, view, panel, batch, empty, error, busy, button. Custom properties: --deblur-accent, --deblur-radius, --deblur-height.
 */
export class DeblurImageElement extends Base {
  static observedAttributes = ['src', 'model', 'strength', 'blur', 'lang'];

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
    this.model = new ModelHolder();
    /** @type {Session | null} The photograph that is looked at. */
    this.session = null;
    /** @type {Item | null} The one of a batch that it is. */
    this.item = null;
    /** Which run is the last one; what an earlier one says no longer matters. */
    this.run = 0;
    /** Once it is connected: when its model is there, or cannot be had. */
    this.ready = /** @type {Promise<unknown>} */ (Promise.resolve());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.rerunTimer = undefined;
    /** @type {import('./i18n.js').Translate} */
    this.t = fill;
    this.view = this.find('.view');
    this.viewer = new Viewer(this.view, /** @type {HTMLCanvasElement} */ (this.find('.view canvas')), () =>
      this.viewControls.place(),
    );
    this.viewControls = new ViewControls(root, this.viewer, () => this.hasAttribute('fill'));
    this.intake = new Intake(
      root,
      (files) => this.openFiles(files),
      (error) => this.fail(error),
    );
    this.controls = new BlurControls(root, () => this.rerunSoon());
    this.busy = new BusyPanel(root);
    this.saving = new SavePanel(root, () => this.settingsChanged());
    const session = () => this.session;
    const announce = (/** @type {string} */ what) => this.announce(what);
    this.outlet = new Outlet(root, this.saving, session, announce);
    this.diagnostics = new DiagnosticsPanel(root, {
      deblurrer: () => this.deblurrer(),
      session,
      model: () => this.model.name,
      useModel: (name) => this.useModel(name),
    });
    this.batch = new Batch(
      () => this.deblurrer(),
      (item) => this.settingsOf(item),
      (item, found) => this.wantedBlur(found, item.correction.blur),
      () => this.showBatch(),
    );
    const panelActs = {
      look: (/** @type {Item} */ item) => this.look(item),
      remove: (/** @type {Item} */ item) => this.takeOut(item),
    };
    this.batchPanel = new BatchPanel(root, this.batch, panelActs, announce);
    const isSet = () => Boolean(this.session && (this.session.focus || this.controls.chosen));
    this.leaving = new Leaving(root, this.batch, () => isSet() && !this.outlet.isSaved);
    this.listen();
  }

  // ---- life ----

  connectedCallback() {
    this.intake.observe();
    this.viewer.observe();
    this.followLanguage();
    this.model.name = this.getAttribute('model') || 'best';
    const load = async () => this.isConnected && this.deblurrer();
    this.ready = firstNeed(this).then(() => load().catch(() => {})); // an error is told when a photograph comes
    this.intake.offerSample(this.getAttribute('sample'), this.ready);
    const src = this.getAttribute('src');
    if (src) this.openUrl(src);
  }

  disconnectedCallback() {
    this.intake.unobserve();
    clearTimeout(this.rerunTimer);
    this.close();
    this.viewer.unobserve();
    this.model.wanted = ''; // what is on its way is not used
    this.model.unload();
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
      this.strengthChanged();
    }
    if (name === 'src' && value && this.isConnected) this.openUrl(value);
    if (name === 'model' && value && this.isConnected && value !== this.model.name) this.useModel(value);
    if (name === 'blur' && this.session?.photograph) this.restore();
    if (name === 'lang' && this.isConnected) this.followLanguage();
  }

  deblurrer() {
    return this.model.get();
  }

  /** Into the language of the document around it. */
  async followLanguage() {
    const language = chooseLanguage([this.closest('[lang]')?.getAttribute('lang') ?? '']);
    const t = await loadTranslation(language);
    for (const part of [this, this.controls, this.busy, this.outlet, this.leaving, this.diagnostics]) part.t = t;
    this.find('.frame').setAttribute('lang', language);
    this.find('.frame').setAttribute('dir', directionOf(language));
    localize(/** @type {ShadowRoot} */ (this.shadowRoot), this.t);
    if (this.session) this.viewControls.place();
    if (this.session?.assumed) this.showFinding(this.session.assumed);
    this.showBatch();
    this.diagnostics.show();
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
    on('.close', 'click', async () => {
      if (await this.leaving.may()) this.close();
    });
    on('.cancel', 'click', () => this.session?.stop());
    on('.strength', 'input', () => this.strengthChanged());
    on('.anyway', 'click', () => this.sharpenAnyway());
    on('.again', 'click', () => this.restore());
    on('.only', 'click', () => this.lookAtView());
    on('.everywhere', 'click', () => this.lookAt(null, this.session?.choiceOfAll));
  }

  /** @param {DataTransfer} transfer Of a drop, wherever it was. */
  drop(transfer) {
    return this.intake.drop(transfer);
  }

  // ---- showing ----

  /** @param {'empty' | 'working' | 'done' | 'error'} state */
  show(state) {
    const focused = this.shadowRoot?.activeElement;
    const { session } = this;
    const hasPicture = (state === 'working' || state === 'done') && Boolean(session?.photograph);
    this.find('.frame').dataset.state = state;
    const hasSeveral = this.batch.items.length > 1;
    this.toggleAttribute('active', Boolean(session) || hasSeveral);
    this.find('.empty').hidden = state !== 'empty';
    this.find('.error').hidden = state !== 'error';
    this.find('.topbar').hidden = !session && !hasSeveral;
    this.find('.file-name').hidden = !session;
    this.find('.file-name').textContent = session?.name ?? '';
    for (const part of ['.view', '.viewbar']) this.find(part).hidden = !hasPicture;
    this.find('.busy').hidden = state !== 'working';
    // As soon as the blur is known it can be corrected.
    const panel = this.find('.panel');
    const isNew = panel.hidden;
    panel.hidden = !hasPicture || !session?.assumed;
    if (isNew) panel.scrollTop = 0;
    const { restored } = session ?? {};
    this.outlet.allow(Boolean(restored));
    // Of a picture that is left alone there is nothing that it could weigh.
    this.find('.strength-field').hidden = this.isAsItWas && !hasSeveral;
    this.find('.again').hidden = state !== 'done' || Boolean(restored);
    this.viewer.comparing = Boolean(restored) && !this.isAsItWas;
    for (const part of ['.side', '.peek']) this.find(part).hidden = hasPicture && this.isAsItWas;
    this.viewer.draw();
    // Whoever was at a control that is gone now, or nowhere, goes on at the one that matters next.
    const lost = focused ? !focused.getClientRects().length : document.activeElement === document.body && hasPicture;
    if (lost) this.find(mainControl[state]).focus({ preventScroll: true });
  }

  /** Whether the picture was left alone. */
  get isAsItWas() {
    return this.session?.restored?.pixels === this.session?.photograph?.pixels;
  }

  /** @param {string} what Told to who cannot see it. */
  announce(what) {
    this.find('.status').textContent = what;
  }

  showLooking() {
    this.show('working');
    this.find('.panel').scrollTop = 0; // where the answer will stand
    this.busy.show(this.t('Looking at the blur…'), null);
    this.announce(this.t('Looking at the blur…'));
  }

  /** @param {BlurEstimate} blur */
  showFinding(blur) {
    const part = Boolean(this.session?.focus);
    this.controls.showFinding(blur, { isAsItWas: this.isAsItWas, part, notes: this.session?.notes ?? [] });
  }

  showBatch() {
    const { items, ended } = this.batch;
    this.toggleAttribute('active', Boolean(this.session) || items.length > 1);
    this.batchPanel.show(this.item, this.t);
    if (items.length > 1 && ended) this.announce(this.t('All photographs are done'));
  }

  /** @param {unknown} error */
  fail(error) {
    this.find('.failed-file').textContent = this.session?.name ?? '';
    this.leave();
    this.announce(''); // the message is an alert by itself
    this.find('.error .message').textContent = describeError(error, this.t);
    this.show('error');
    this.tell('deblur-error', error);
  }

  // ---- photographs that come ----

  /** @param {string} url */
  openUrl(url) {
    return fetchPicture(url).then(
      (file) => this.open(file),
      (error) => this.fail(error),
    );
  }

  /**
   * Begins with photographs: one is looked at, several are done one after the other.
   * @param {File[]} files
   */
  async openFiles(files) {
    if (!files.length || (!this.batch.items.length && !(await this.leaving.may()))) return;
    if (files.length === 1 && !this.batch.items.length) return this.open(files[0]);
    this.batch.add(files.map((file) => ({ file, name: file.name })));
    const [next] = this.batch.items.slice(-files.length);
    if (this.item) this.batch.go();
    else this.look(next);
  }

  /**
   * Begins with a photograph.
   * @param {Blob} blob
   * @param {string} [name] For the download; a File has its own.
   */
  async open(blob, name) {
    const called = blob instanceof File ? blob.name : (name ?? 'photograph');
    // What is of no use does not take the place of what is there.
    const refusal = this.session ? await refusalOf(blob) : null;
    if (refusal) {
      this.outlet.complain(`${called}: ${describeError(refusal, this.t)}`);
      return this.tell('deblur-error', refusal);
    }
    this.leave();
    this.batch.clear();
    await this.begin(new Session(blob, called));
  }

  /** One of a batch. @param {Item} item */
  async look(item) {
    if (item === this.item) return;
    this.batch.pause();
    this.leave();
    this.item = item;
    this.batch.update(item, { state: 'working', done: 0 });
    await this.begin(new Session(item.file, item.name));
    this.batch.resume();
  }

  /** Takes one out of a batch; if it is looked at, the next takes its place. @param {Item} item */
  takeOut(item) {
    const { items } = this.batch;
    const next = items[items.indexOf(item) + 1] ?? items[items.indexOf(item) - 1];
    this.batch.remove(item);
    if (!next) this.close();
    else if (item === this.item) this.look(next);
  }

  /** Lets go of the photograph that is looked at. */
  leave() {
    clearTimeout(this.rerunTimer);
    this.run++;
    this.session?.stop();
    if (this.item?.state === 'working') this.batch.update(this.item, { state: 'waiting' });
    this.session = this.item = null;
    this.viewer.clear();
  }

  close() {
    this.leave();
    this.batch.clear();
    this.show('empty');
  }

  // ---- working ----

  /** @param {Session} session */
  async begin(session) {
    this.session = session;
    const run = ++this.run;
    this.controls.reset();
    this.showLooking();
    this.tell('deblur-start');
    try {
      await session.open(await this.deblurrer(), (photograph, overview) => {
        if (this.run !== run) return;
        this.viewer.begin(photograph, overview);
        this.saving.setPhotograph(session.file, photograph);
        if (this.item) this.item.traits = session.traits;
        this.show('working');
      });
      if (this.run !== run) return;
      const { part = null, choice = null } = this.item?.correction ?? {};
      await this.lookAt(part, choice);
    } catch (error) {
      if (this.run === run) this.stopped(error);
    }
  }

  /** Only what is in view is to be restored, from the blur that is there. */
  lookAtView() {
    const { viewer } = this;
    const part = partInView(viewer.visible, viewer.width, viewer.height);
    const { session, controls } = this;
    if (!part) return this.outlet.tell(this.t(partTexts.none));
    const choice = controls.chosen && controls.choice; // what a person has set holds for the part, too
    if (session && !session.focus) session.choiceOfAll = choice;
    return this.lookAt(part, choice);
  }

  /**
   * @param {import('./tiles.js').Rectangle | null} part What is to be restored; null: all of the photograph.
   * @param {string[] | null} [choice] What a person has set of its blur.
   */
  async lookAt(part, choice = null) {
    const { session } = this;
    if (!session?.photograph) return;
    clearTimeout(this.rerunTimer);
    this.outlet.allow(false);
    const run = ++this.run;
    if (part) this.showLooking();
    try {
      await session.lookAt(await this.deblurrer(), part);
      if (this.run !== run) return;
      this.viewer.part = part;
      this.controls.reset();
      this.controls.setFound(/** @type {BlurEstimate} */ (session.found));
      if (choice) this.controls.choice = choice;
      await this.restore();
    } catch (error) {
      if (this.run === run) this.stopped(error);
    }
  }

  /**
   * @param {BlurEstimate} found
   * @param {BlurDescription | null} chosen
   * @returns {BlurDescription | BlurEstimate} As a person says, as the page says, or as found.
   */
  wantedBlur(found, chosen) {
    const said = this.getAttribute('blur') ?? 'auto';
    return chosen ?? (said === 'auto' ? found : blurFromText(said, found));
  }

  /** What a person has said of the photograph that is looked at. @returns {import('./batch.js').Correction} */
  get correction() {
    const { chosen: blur, choice } = this.controls;
    return { part: this.session?.focus?.part ?? null, blur, choice: blur && choice };
  }

  /** There is nothing to repair. @param {BlurEstimate} found */
  leaveAlone(found) {
    const { session } = this;
    if (!session) return;
    session.assumed = found;
    this.viewer.expectNothing();
    this.finish(session.keepAsItIs(), found);
  }

  sharpenAnyway() {
    this.controls.choose('gaussian', 1);
    this.restore();
  }

  rerunSoon() {
    if (!this.session?.photograph?.found) return;
    // What is under way would only be in the way.
    this.session.stop();
    this.run++;
    this.outlet.allow(false); // it would be what was corrected
    clearTimeout(this.rerunTimer);
    this.rerunTimer = setTimeout(() => this.restore(), RERUN_MS);
  }

  async restore() {
    const { session } = this;
    if (!session?.found) return;
    this.outlet.allow(false);
    const run = ++this.run;
    const left = new TimeLeft();
    const isLast = () => this.run === run;
    if (this.item) this.batch.update(this.item, { correction: this.correction, state: 'working', done: 0 });
    const wanted = this.wantedBlur(session.found, this.controls.chosen);
    if (session.leavesAlone(wanted)) return this.leaveAlone(session.found);
    try {
      const deblurrer = await this.deblurrer();
      if (!isLast()) return;
      const image = await session.restore(deblurrer, wanted, {
        view: () => (isLast() ? this.viewer.visible : null),
        onBlur: (blur) => isLast() && this.assume(session, blur),
        onTile: (tile, pixels) => isLast() && this.viewer.putTile(tile, pixels),
        onProgress: (done) => {
          if (!isLast()) return;
          this.busy.show(this.t('Sharpening…'), done, left.seconds(done));
          if (this.item) this.batch.update(this.item, { done });
          this.tell('deblur-progress', done);
        },
      });
      if (isLast()) this.finish(image, /** @type {BlurEstimate} */ (session.assumed));
    } catch (error) {
      if (isLast()) this.stopped(error);
    }
  }

  /** @param {Session} session @param {BlurEstimate} blur */
  assume(session, blur) {
    session.assumed = blur;
    if (session.pixels) this.viewer.expect(session.pixels);
    this.show('working');
    this.showFinding(blur);
    this.busy.show(this.t('Sharpening…'), 0);
    this.announce(`${describeBlur(blur, this.t)} ${this.t('Sharpening…')}`);
    this.tell('deblur-blur', blur);
  }

  /** @param {import('./restored-image.js').RestoredImage} image @param {BlurEstimate} blur */
  finish(image, blur) {
    this.session?.keepResult(this.controls.choice);
    this.show('done');
    this.showFinding(blur);
    this.announce(`${this.t('Done.')} ${this.find('.finding').textContent}`);
    if (this.item) this.batch.take(this.item, image);
    this.diagnostics.show();
    this.tell('deblur-done', { image, blur });
  }

  /** @param {unknown} error Why the work has ended: someone cancelled it, or it failed. */
  stopped(error) {
    const { session, item } = this;
    if (!session?.work.signal.aborted) {
      if (item) this.batch.update(item, { state: 'failed', error });
      return this.fail(error);
    }
    if (!this.goBack(session)) this.leaveUnfinished(session);
    this.outlet.tell(this.t('Cancelled'));
  }

  /** As soon as its blur is known it can be finished, and one sees what there is of it. @param {Session} session */
  leaveUnfinished(session) {
    if (this.item) this.batch.update(this.item, { state: 'cancelled' });
    if (session.assumed) return this.show('done');
    this.leave();
    this.show('empty');
  }

  /** To the result before the correction that was cancelled. @param {Session} session @returns {boolean} Whether there is one. */
  goBack(session) {
    const result = session.goBack();
    if (!result) return false;
    this.controls.setFound(/** @type {BlurEstimate} */ (session.found));
    this.controls.choice = result.choice;
    this.viewer.part = session.focus?.part ?? null;
    this.viewer.goBack(result.image.pixels);
    this.show('done');
    this.showFinding(result.blur);
    if (this.item) {
      this.item.correction = this.correction;
      this.batch.take(this.item, result.image);
    }
    return true;
  }

  // ---- what decides how it goes out ----

  /**
   * The one before works until this one is there. What is looked at, and what was done of a batch, is done again: another model finds
   * another blur.
   * @param {string} model Its name, or where it is.
   */
  async useModel(model) {
    const next = await this.model.fetch(model).catch((error) => {
      this.outlet.complain(describeError(error, this.t));
      this.tell('deblur-error', error);
      this.diagnostics.show();
    });
    if (!next) return;
    const { session, item } = this;
    this.batch.pause();
    this.leave();
    this.model.exchange(model, next);
    this.setAttribute('model', model);
    this.tell('deblur-model', model);
    if (item) await this.look(item);
    else if (session) await this.begin(new Session(session.file, session.name));
    this.batch.resume();
    this.batch.refresh();
  }

  strengthChanged() {
    this.saving.show();
    this.viewer.strength = Number(this.field('strength').value) / 100;
    this.viewer.draw();
  }

  /** @param {Item} item */
  settingsOf(item) {
    return { ...this.saving.settingsFor(item.file, item.traits), model: this.model.name };
  }

  settingsChanged() {
    if (this.item && this.session?.restored) this.batch.take(this.item, this.session.restored);
    this.batch.refresh();
  }
}
