import { describeError } from './errors.js';

/** @typedef {import('./batch.js').Item} Item */

const THUMBNAIL_PX = 96;

const stateTexts = {
  waiting: 'waiting',
  working: 'being sharpened',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The photographs of a batch, small, each with how far it is. */
export class Filmstrip {
  /**
   * @param {HTMLElement} list
   * @param {(item: Item) => void} onChoose
   */
  constructor(list, onChoose) {
    this.list = list;
    this.onChoose = onChoose;
    /** @type {Map<Item, HTMLButtonElement>} */
    this.buttons = new Map();
  }

  /**
   * @param {Item[]} items
   * @param {Item | null} current The one that is looked at.
   * @param {import('./i18n.js').Translate} t
   */
  show(items, current, t) {
    for (const [item, button] of this.buttons)
      if (!items.includes(item)) {
        button.parentElement?.remove();
        this.buttons.delete(item);
      }
    for (const item of items) {
      const button = this.buttons.get(item) ?? this.add(item);
      button.dataset.state = item.state;
      button.setAttribute('aria-current', String(item === current));
      const percent = item.state === 'working' ? ` ${Math.floor(100 * item.done)}%` : '';
      const why = item.error ? `: ${describeError(item.error, t)}` : '';
      button.setAttribute('aria-label', `${item.name}, ${t(stateTexts[item.state])}${percent}${why}`);
      button.title = `${item.name}${why}`;
      button.style.setProperty('--done', String(item.state === 'done' ? 1 : item.state === 'working' ? item.done : 0));
    }
  }

  /** @param {Item} item */
  add(item) {
    const place = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.addEventListener('click', () => this.onChoose(item));
    place.append(button);
    this.list.append(place);
    this.buttons.set(item, button);
    drawThumbnail(button, item.file);
    return button;
  }
}

/** @type {Promise<unknown>} One picture is decoded at a time: fifty at once would take the memory that the work needs. */
let drawing = Promise.resolve();

/** @param {HTMLElement} place @param {Blob} file */
function drawThumbnail(place, file) {
  drawing = drawing.then(async () => {
    try {
      const bitmap = await createImageBitmap(file, { resizeHeight: THUMBNAIL_PX, resizeQuality: 'medium' });
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      bitmap.close();
      place.append(canvas);
    } catch {
      place.append('?'); // what is wrong with it is told when its turn comes
    }
  });
}
