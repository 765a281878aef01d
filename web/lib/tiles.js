/**
 * How a picture is cut for the workers. Each restores a tile with a halo around it, as far as its pixels look, so that the tiles
 * together are the whole, bit for bit, however it was cut: native/core/tile.h, for those who do not hold the whole picture.
 * @module
 */

/**
 * @typedef {{ x: number, y: number, width: number, height: number }} Rectangle In pixels of the picture.
 * @typedef {object} Geometry
 * @property {number} alignment What a tile's corner has to be a multiple of, in pixels.
 * @property {number} halo How far a restored pixel looks up and down.
 * @property {number} haloX How far to the sides, rounding included: native/core/graph.h says why that is further.
 */

/** @param {number} value @param {number} step */
export const roundUp = (value, step) => Math.ceil(value / step) * step;

/**
 * @param {Rectangle} box
 * @param {{ width: number, height: number }} size Of the tiles, multiples of the alignment.
 * @returns {Rectangle[]} Row by row; they cover the box and do not overlap.
 */
export function tilesOf(box, size) {
  const tiles = [];
  for (let y = 0; y < box.height; y += size.height)
    for (let x = 0; x < box.width; x += size.width) {
      const [width, height] = [Math.min(size.width, box.width - x), Math.min(size.height, box.height - y)];
      tiles.push({ x: box.x + x, y: box.y + y, width, height });
    }
  return tiles;
}

/** @param {Rectangle} a @param {Rectangle} b */
export const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** @param {Rectangle} a @param {Rectangle} b @returns {Rectangle | null} What they share. */
export function shared(a, b) {
  if (!meet(a, b)) return null;
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  return { x, y, width: Math.min(a.x + a.width, b.x + b.width) - x, height: Math.min(a.y + a.height, b.y + b.height) - y };
}

/**
 * Tiles that are looked at are quartered: what is seen comes sooner, and the rest spends less on halos.
 * @param {Rectangle[]} tiles
 * @param {Rectangle | null} view What is looked at.
 * @param {Geometry} geometry
 * @returns {Rectangle[]}
 */
export function quarterSeen(tiles, view, { alignment }) {
  if (!view || tiles.every((tile) => meet(tile, view))) return tiles;
  return tiles.flatMap((tile) => {
    if (!meet(tile, view)) return [tile];
    const half = { width: roundUp(tile.width / 2, alignment), height: roundUp(tile.height / 2, alignment) };
    return tilesOf(tile, half);
  });
}

/**
 * @param {Rectangle} tile
 * @param {number} width Of the picture.
 * @param {number} height
 * @param {Geometry} geometry
 * @returns {Rectangle} The tile and all that its pixels look at.
 */
export function withHalo(tile, width, height, { alignment, halo, haloX }) {
  const [x, y] = [Math.max(0, tile.x - haloX), Math.max(0, tile.y - halo)];
  const right = Math.min(width, roundUp(tile.x + tile.width, alignment) + haloX);
  const bottom = Math.min(height, roundUp(tile.y + tile.height, alignment) + halo);
  return { x, y, width: right - x, height: bottom - y };
}

/**
 * How soon a tile's turn comes, least first: what is looked at from its middle outwards, then the rest as it lies around it.
 * @param {Rectangle} tile
 * @param {Rectangle | null} view
 */
export function rankOf(tile, view) {
  if (!view) return tile.y * 1e6 + tile.x;
  const across = tile.x + tile.width / 2 - (view.x + view.width / 2);
  const down = tile.y + tile.height / 2 - (view.y + view.height / 2);
  return Math.hypot(across, down) + (meet(tile, view) ? 0 : 1e9);
}

/**
 * @param {Uint8Array | Uint8ClampedArray} rgba
 * @param {number} width Of the picture that `rgba` is.
 * @param {Rectangle} part Inside it.
 * @param {Uint8ClampedArray<ArrayBuffer>} [out] Where to put it. Default: new memory.
 * @returns {Uint8ClampedArray<ArrayBuffer>} `out`, a copy of the part.
 */
export function cut(rgba, width, part, out = new Uint8ClampedArray(part.width * part.height * 4)) {
  const row = part.width * 4;
  for (let y = 0; y < part.height; y++) {
    const from = ((part.y + y) * width + part.x) * 4;
    out.set(rgba.subarray(from, from + row), y * row);
  }
  return out;
}

/**
 * Puts a part where `cut` took it from.
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {Rectangle} part
 * @param {Uint8ClampedArray} pixels Of the part.
 */
export function paste(rgba, width, part, pixels) {
  const row = part.width * 4;
  for (let y = 0; y < part.height; y++) rgba.set(pixels.subarray(y * row, (y + 1) * row), ((part.y + y) * width + part.x) * 4);
}
