import { DeblurError } from './errors.js';
import { draggedAddress, droppedFiles, isPicture } from './files.js';
import { isEditable } from './gestures.js';

/** Of a `data:` address, which a page whose policy is strict may not fetch. @param {string} url */
function fileIn(url) {
  const comma = url.indexOf(',');
  const [type, ...more] = url.slice('data:'.length, comma).split(';');
  const data = decodeURIComponent(url.slice(comma + 1));
  const content = more.includes('base64') ? Uint8Array.from(atob(data), (c) => c.charCodeAt(0)) : data;
  return new File([content], 'photograph', { type });
}

/**
 * A picture from an address.
 * @param {string} url Relative to the document.
 * @returns {Promise<File>} Named as there. Rejects with a DeblurError.
 */
export async function fetchPicture(url) {
  /** @type {Response} */
  let response;
  try {
    if (/^data:/i.test(url)) return fileIn(url);
    response = await fetch(new URL(url, document.baseURI));
  } catch {
    throw new DeblurError('not-a-picture', 'The picture could not be fetched');
  }
  if (!response.ok)
    throw new DeblurError('not-a-picture', 'The picture could not be fetched ({status})', { status: response.status });
  const blob = await response.blob();
  return new File([blob], url.split('/').pop() ?? '', { type: blob.type });
}

/**
 * A picture that was dragged from a page, this one or another.
 * @param {string} address Empty: there was none.
 * @returns {Promise<File>} Rejects with a DeblurError.
 */
async function fetchDragged(address) {
  const { origin, protocol, host } = new URL(address || 'about:blank', document.baseURI);
  if (protocol === 'about:')
    throw new DeblurError('not-a-picture', 'What was dropped is not a file; save the picture first, then drop it');
  // Whoever serves that site would learn of it, even where our policy let it be fetched.
  if (protocol !== 'data:' && origin !== location.origin)
    throw new DeblurError(
      'unsupported',
      'This picture lies on another site ({site}), from which this page fetches nothing; save it first, then drop the file',
      { site: host || protocol },
    );
  return fetchPicture(address);
}

/** How photographs come in: chosen, shot, dropped, pasted, or the sample. */
export class Intake {
  /**
   * @param {ParentNode} root The template.
   * @param {(files: File[]) => unknown} onFiles
   * @param {(error: unknown) => void} onError Told why there is none.
   */
  constructor(root, onFiles, onError) {
    this.find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.all = (/** @type {string} */ selector) => /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector));
    this.onFiles = onFiles;
    this.onError = onError;
    /** @type {Promise<File> | null} */
    this.sample = null;
    this.onPaste = this.onPaste.bind(this);
    this.listenToButtons();
    this.listenToDrops();
  }

  listenToButtons() {
    for (const [button, name] of [
      ['choose', 'file'],
      ['camera', 'file-camera'],
      ['folder', 'file-folder'],
    ]) {
      const input = /** @type {HTMLInputElement} */ (this.find(`.${name}`));
      for (const one of this.all(`.${button}`)) one.addEventListener('click', () => input.click());
      input.addEventListener('change', () => {
        const files = [...(input.files ?? [])];
        input.value = '';
        this.onFiles(button === 'folder' ? files.filter(isPicture) : files);
      });
    }
    const isPhone = matchMedia('(pointer: coarse)').matches;
    for (const one of this.all('.on-phone')) one.hidden = !isPhone;
    for (const one of this.all('.on-desktop')) one.hidden = isPhone;
    this.find('.sample').addEventListener('click', () => this.sample?.then((file) => this.onFiles([file]), this.onError));
  }

  listenToDrops() {
    const frame = this.find('.frame');
    frame.addEventListener('dragover', (event) => {
      event.preventDefault();
      frame.classList.add('over');
    });
    frame.addEventListener('dragleave', () => frame.classList.remove('over'));
    frame.addEventListener('drop', (event) => {
      event.preventDefault();
      frame.classList.remove('over');
      if (event.dataTransfer) this.drop(event.dataTransfer);
    });
  }

  /** Takes what is pasted anywhere in the document, while the element is in it. */
  observe() {
    document.addEventListener('paste', this.onPaste);
  }

  unobserve() {
    document.removeEventListener('paste', this.onPaste);
  }

  /**
   * @param {string | null} url Of a picture that is offered.
   * @param {Promise<unknown>} when It is fetched, whether one wants it or not, so that nothing is fetched later.
   */
  offerSample(url, when) {
    if (!url || this.sample) return;
    const button = this.find('.sample');
    button.hidden = false;
    this.sample = when.then(() => fetchPicture(url));
    this.sample.catch(() => {
      button.hidden = true;
    });
  }

  /** @param {DataTransfer} transfer */
  async drop(transfer) {
    const address = draggedAddress(transfer);
    const files = await droppedFiles(transfer);
    try {
      this.onFiles(files.length ? files : [await fetchDragged(address)]);
    } catch (error) {
      this.onError(error);
    }
  }

  /** @param {ClipboardEvent} event */
  onPaste(event) {
    const files = [...(event.clipboardData?.files ?? [])].filter((item) => item.type.startsWith('image/'));
    if (!files.length || event.defaultPrevented || isEditable(event)) return;
    event.preventDefault();
    this.onFiles(files);
  }
}
