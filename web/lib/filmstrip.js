import { describeError } from './errors.js';

/** @typedef {import('./batch.js').Item} Item */
/** @typedef {{ look: (item: Item) => void, remove: (item: Item) => void }} Acts What a person wants of one. */

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
   * @param {Acts} acts
   */
  constructor(list, acts) {
    this.list = list;
    this.acts = acts;
    /** @type {Map<Item, { place: HTMLElement, thumb: HTMLElement, remove: HTMLElement }>} */
    this.parts = new Map();
  }

  /**
   * @param {Item[]} items
   * @param {Item | null} current The one that is looked at.
   * @param {import('./i18n.js').Translate} t
   */
  show(items, current, t) {
    for (const [item, { place }] of this.parts)
      if (!items.includes(item)) {
        place.remove();
        this.parts.delete(item);
      }
    for (const item of items) {
      const { thumb, remove } = this.parts.get(item) ?? this.add(item);
      thumb.dataset.state = item.state;
      thumb.setAttribute('aria-current', String(item === current));
      const percent = item.state === 'working' ? ` ${Math.floor(100 * item.done)}%` : '';
      const why = item.error ? `: ${describeError(item.error, t)}` : '';
      thumb.setAttribute('aria-label', `${item.name}, ${t(stateTexts[item.state])}${percent}${why}`);
      thumb.title = `${item.name}${why}`;
      remove.title = t('Take {name} out', { name: item.name });
      remove.setAttribute('aria-label', remove.title);
      thumb.style.setProperty('--done', String(item.state === 'done' ? 1 : item.state === 'working' ? item.done : 0));
    }
  }

  /** @param {Item} item */
  add(item) {
    const place = document.createElement('li');
    const [thumb, remove] = ['thumb', 'remove'].map((className) =>
      Object.assign(document.createElement('button'), { type: 'button', className }),
    );
    remove.textContent = '×';
    thumb.addEventListener('click', () => this.acts.look(item));
    remove.addEventListener('click', () => {
      const beside = place.nextElementSibling ?? place.previousElementSibling;
      this.acts.remove(item);
      /** @type {HTMLElement | null | undefined} */ (beside?.querySelector('.remove'))?.focus();
    });
    place.append(thumb, remove);
    this.list.append(place);
    const parts = { place, thumb, remove };
    this.parts.set(item, parts);
    drawThumbnail(thumb, item.file);
    return parts;
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
