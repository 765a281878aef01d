import { movedBlur } from './blur.js';
import { newPixels } from './decode.js';
import { tileSize } from './memory.js';
import { alignedAround, PartMask } from './part.js';
import { cut, paste, quarterSeen, rankOf, roundUp, tilesOf, withHalo } from './tiles.js';

/**
 * @typedef {import('./blur.js').BlurEstimate} BlurEstimate
 * @typedef {import('./photograph.js').Photograph} Photograph
 * @typedef {import('./strips.js').Strip} Strip
 * @typedef {import('./tiles.js').Rectangle} Rectangle
 * @typedef {Uint8ClampedArray<ArrayBuffer>} Pixels RGBA
 *
 * @typedef {object} RestoreOptions
 * @property {number} [strength] 0: as it was, 1: as restored (default).
 * @property {Rectangle} [part] Of whole pixels: only this is restored, and fades into the rest, which stays as it was. Default: all of it.
 * @property {() => Rectangle | null} [view] What is looked at, which is done first; asked whenever a worker is free. Default: nothing.
 * @property {number} [tilePx] Side of the tiles, which are squares then. The result does not depend on it. Default: tiles as wide as
 *   the picture, as far as the device's memory allows.
 * @property {(done: number) => void} [onProgress] Told the share that is done, 0..1, ever larger.
 * @property {(part: Rectangle, pixels: Uint8ClampedArray<ArrayBuffer>) => void} [onTile] Told the RGBA of each part as it is done, of a tile or
 *   some rows of one; it holds during the call.
 * @property {Uint8ClampedArray<ArrayBuffer>} [into] Where to write the result; it is as large as the picture. Default: new memory.
 * @property {AbortSignal} [signal]
 */

/** Adds up what is done of each tile. One that is done again, by another worker, begins anew; the sum does not. */
class Progress {
  /** @param {number} pixels In all. @param {(done: number) => void} tell */
  constructor(pixels, tell) {
    this.pixels = pixels;
    this.tell = tell;
    this.told = 0;
    /** @type {Map<Rectangle, number>} */
    this.done = new Map();
  }

  /** @param {Rectangle} tile @param {number} pixels How many of its are done. */
  set(tile, pixels) {
    this.done.set(tile, pixels);
    const share = [...this.done.values()].reduce((a, b) => a + b, 0) / this.pixels;
    if (share > this.told) this.tell(share);
    this.told = Math.max(this.told, share);
  }
}

/**
 * Restores a picture tile by tile, on all workers of a pool.
 * @param {{ pool: import('./pool.js').WorkerPool, geometry: import('./tiles.js').Geometry, plan: import('./memory.js').MemoryPlan }} means
 * @param {Photograph} photograph
 * @param {BlurEstimate} blur
 * @param {RestoreOptions} options
 * @returns {Promise<Uint8ClampedArray<ArrayBuffer>>} RGBA. Rejects with a DeblurError, or the signal's reason.
 */
export async function restore({ pool, geometry, plan }, photograph, blur, options) {
  const { pixels, width, height } = photograph;
  const { strength = 1, part, signal, view = () => null, onTile = () => {}, onProgress = () => {} } = options;
  const result = options.into ?? newPixels(width, height);
  if (part) result.set(pixels);
  const mask = part && new PartMask(part, width, height);
  const box = alignedAround(part ?? { x: 0, y: 0, width, height }, geometry.alignment, width, height);
  const { tilePx } = options;
  const wanted = tilePx ? { width: tilePx, height: tilePx } : tileSize(box.width, box.height, blur.map, plan);
  const size = { width: roundUp(wanted.width, geometry.alignment), height: roundUp(wanted.height, geometry.alignment) };
  const progress = new Progress(box.width * box.height, onProgress);
  const failed = new AbortController(); // one tile is enough to end the others
  const abort = () => failed.abort(signal?.reason);
  signal?.addEventListener('abort', abort);

  /** @param {Rectangle} tile */
  const restoreTile = async (tile) => {
    const outer = withHalo(tile, width, height, geometry);
    const inner = { ...tile, x: tile.x - outer.x, y: tile.y - outer.y };
    const seen = movedBlur(blur, -outer.x, -outer.y);
    const message = { type: 'tile', width: outer.width, height: outer.height, inner, blur: seen, strength };
    const ways = {
      rows: (/** @type {Strip} */ { y, rows }, /** @type {Pixels} */ rgba) =>
        cut(pixels, width, { ...outer, y: outer.y + y, height: rows }, rgba),
      restored: (/** @type {Strip} */ { y, rows }, /** @type {Pixels} */ rgba) => {
        const where = { ...tile, y: tile.y + y, height: rows };
        mask?.fade(where, rgba, pixels);
        paste(result, width, where, rgba);
        onTile(where, rgba);
      },
    };
    await pool.run({
      make: () => ({ message }),
      onMessage: (said, reply) => {
        if (said.type === 'progress') return progress.set(tile, said.done);
        ways[/** @type {keyof typeof ways} */ (said.type)](said, said.rgba);
        reply({ type: 'rows', rgba: said.rgba }, [said.rgba.buffer]);
      },
      rank: () => rankOf(tile, view()),
      signal: failed.signal,
    });
    progress.set(tile, tile.width * tile.height);
  };

  const tiles = quarterSeen(tilesOf(box, size), view(), geometry);
  tiles.sort((a, b) => rankOf(a, view()) - rankOf(b, view())); // the first ones are given out at once
  try {
    await Promise.all(tiles.map(restoreTile));
    return result;
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
