/**
 * How many workers, and how large their tiles, so that memory is bounded.
 *
 * While a picture of P pixels is restored, the page holds 8 P bytes (as it was, and as restored), and each worker WORKER_BYTES and
 * bytesPerPixel for each pixel of its tile with its halo. While it is read, one worker holds it instead of a tile.
 * @module
 */

/** A module, its stack and a model that is open in it. */
const WORKER_BYTES = 16 << 20;
/** A restorer's activations for each pixel that it is run on, and the pixels themselves: 91 with weights/student.dbm. */
const BYTES_PER_PIXEL = 96;
const TILE_SIDES = [1024, 768, 512];
const SMALL_SIDES = [256, 384];

/**
 * @typedef {object} MemoryPlan
 * @property {number} workers
 * @property {number} tilePx Side of the tiles.
 * @property {number} workerBytes What a worker takes at most.
 */

/** @param {number} tilePx @param {number} halo */
const bytesOfWorker = (tilePx, halo) => WORKER_BYTES + BYTES_PER_PIXEL * (tilePx + 2 * halo) ** 2;

/**
 * A sixth of the device's memory is for the workers: as many as there are processors, with tiles as large as fits, since halos are
 * computed twice.
 * @param {{ cores: number, memoryGb: number, halo: number }} device
 * @returns {MemoryPlan}
 */
export function planMemory({ cores, memoryGb, halo }) {
  const room = (memoryGb * 2 ** 30) / 6;
  const smallest = bytesOfWorker(TILE_SIDES[TILE_SIDES.length - 1], halo);
  const workers = Math.max(1, Math.min(cores, 16, Math.floor(room / smallest)));
  const tilePx = TILE_SIDES.find((side) => bytesOfWorker(side, halo) * workers <= room) ?? TILE_SIDES[TILE_SIDES.length - 1];
  return { workers, tilePx, workerBytes: bytesOfWorker(tilePx, halo) };
}

/**
 * Tiles of a picture so small that every worker has some, and one sees it come.
 * @param {number} pixels
 * @param {MemoryPlan} plan
 */
export function tileSide(pixels, { workers, tilePx }) {
  const wanted = Math.sqrt(pixels / (2 * workers));
  return [...SMALL_SIDES, ...TILE_SIDES.toReversed()].find((side) => side >= Math.min(wanted, tilePx)) ?? tilePx;
}

/**
 * What the browser says of the device. Those that say nothing of memory get what a phone has, or twice that if they are no phone. */
export function thisDevice() {
  const { hardwareConcurrency = 2, deviceMemory, userAgent } = /** @type {Navigator & { deviceMemory?: number }} */ (navigator);
  return { cores: hardwareConcurrency, memoryGb: deviceMemory ?? (/Mobi|Android|iPad/.test(userAgent) ? 4 : 8) };
}

/** The largest picture that is taken: its 8 bytes per pixel may be a tenth of the device's memory. */
export const maxPixels = () => Math.floor((thisDevice().memoryGb * 2 ** 30) / 10 / 8);
