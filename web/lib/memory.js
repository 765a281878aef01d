/**
 * How much memory the page takes: at most a fifth of the device's, half of it for pictures and half for the workers.
 *
 * While a picture of P pixels is restored there are 8 P bytes of it, as it was and as restored, and in each worker WORKER_BYTES,
 * BYTES_PER_PIXEL for each pixel of its tile with its halo, and BYTES_PER_COLUMN for each of its columns; where blur differs from
 * place to place, 12 more for each pixel of the tile, which is half as wide then (native/core/restore_map.h). While it is read, one worker
 * has up to 10 P bytes (16 P for a progressive JPEG) and the file, and nobody has anything else. While it is written as a JPEG, one has 3 P bytes and the
 * file. A picture of up to two thirds of the largest is corrected beside its last result: 4 P bytes more. Beside that there are an overview,
 * what a screen shows, and what a browser has not collected yet: tests/web/large.test.js asserts a fifth of 4 GB while 48 megapixels are
 * restored, of 8 GB while 100 are, and three tenths while they are saved. While one of several photographs is looked at and another is worked
 * on, there are two pictures.
 * @module
 */

/** A module, its stack and a model that is open in it. */
const WORKER_BYTES = 16 << 20;
/** As it was, and as restored. */
const BYTES_PER_PIXEL = 8;
/** A restorer's activations, of some rows at a time (native/core/executor.h): 10.6 KB with weights/student.dbm. */
const BYTES_PER_COLUMN = 12 << 10;
/** Enough to read a photograph of 12 megapixels, so that usually no worker need be started anew. */
const KEPT_BYTES = 128 << 20;
/** Tiles are as wide as the picture, since halos are wider than high. */
const TILE_WIDTHS = [4096, 2048, 1024];
const TILE_PX = 1024;

/**
 * @typedef {object} MemoryPlan
 * @property {number} workers How many there shall be.
 * @property {number} mostWorkers How many there is room for.
 * @property {number} tileWidth Of the widest tiles.
 * @property {number} tilePx Height of the highest.
 * @property {number} workerBytes What a worker takes at most while it restores.
 * @property {number} keptBytes A worker that has read or written so large a picture that it takes more than this is replaced.
 */

/** @param {number} width @param {{ halo: number, haloX: number }} geometry */
const bytesOfWorker = (width, { halo, haloX }) =>
  WORKER_BYTES + (width + 2 * haloX) * (BYTES_PER_COLUMN + BYTES_PER_PIXEL * (TILE_PX + 2 * halo));

/**
 * As many workers as there are processors, with tiles as wide as fits, since halos are computed twice.
 * @param {{ cores: number, memoryGb: number }} device
 * @param {import('./tiles.js').Geometry} geometry
 * @returns {MemoryPlan}
 */
export function planMemory({ cores, memoryGb }, geometry) {
  const room = (memoryGb * 2 ** 30) / 10;
  const narrowest = TILE_WIDTHS[TILE_WIDTHS.length - 1];
  const workers = Math.max(1, Math.min(cores, 16, Math.floor(room / bytesOfWorker(narrowest, geometry))));
  const tileWidth = TILE_WIDTHS.find((width) => bytesOfWorker(width, geometry) * workers <= room) ?? narrowest;
  const workerBytes = bytesOfWorker(tileWidth, geometry);
  return { workers, mostWorkers: workers, tileWidth, tilePx: TILE_PX, workerBytes, keptBytes: Math.max(workerBytes, KEPT_BYTES) };
}

/**
 * Tiles of a picture so that every worker has some, and all as many.
 * @param {number} width
 * @param {number} height
 * @param {unknown} map There is one if its blur differs from place to place.
 * @param {MemoryPlan} plan
 */
export function tileSize(width, height, map, { workers, tileWidth, tilePx }) {
  const rounds = Math.ceil(height / (workers * tilePx));
  return { width: Math.min(width, map ? tileWidth / 2 : tileWidth), height: Math.ceil(height / (rounds * workers)) };
}

/**
 * What the browser says of the device. Those that say nothing of memory get what a phone has, or twice that if they are no phone. */
export function thisDevice() {
  const { hardwareConcurrency = 2, deviceMemory, userAgent } = /** @type {Navigator & { deviceMemory?: number }} */ (navigator);
  return { cores: hardwareConcurrency, memoryGb: deviceMemory ?? (/Mobi|Android|iPad/.test(userAgent) ? 4 : 8) };
}

/** Whether a picture is so small that a third one of its size, an earlier result, has room beside it. @param {number} pixels */
export const hasRoomForResult = (pixels) => 12 * pixels <= 8 * maxPixels();

/** The largest picture that is taken: its 8 bytes per pixel are a tenth of the device's memory. */
export const maxPixels = () => Math.floor((thisDevice().memoryGb * 2 ** 30) / 10 / 8);
