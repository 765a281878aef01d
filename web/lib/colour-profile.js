/**
 * What an ICC profile (ICC.1:2022) says of a picture's colours, as far as a canvas can show them.
 * @module
 */

/** Where red, green and blue lie in XYZ, adapted to D50 as profiles have it. */
const DISPLAY_P3 = {
  rXYZ: [0.5151, 0.2412, -0.0011],
  gXYZ: [0.292, 0.6922, 0.0419],
  bXYZ: [0.1571, 0.0666, 0.7841],
};
/** Makers round and adapt in their own ways; the nearest other space is ten times as far. */
const TOLERANCE = 0.003;

/** A profile's header, before its table of tags. */
const HEADER_BYTES = 128;

/** @param {DataView} profile @param {string} name @returns {number[]} X, Y, Z; empty: it has none. */
function colorant(profile, name) {
  const signature = [...name].reduce((bits, c) => bits * 256 + c.charCodeAt(0), 0);
  const count = profile.getUint32(HEADER_BYTES);
  for (let i = 0, at = HEADER_BYTES + 4; i < count; i++, at += 12) {
    if (profile.getUint32(at) !== signature) continue;
    const value = profile.getUint32(at + 4) + 8; // behind its type
    return [0, 4, 8].map((offset) => profile.getInt32(value + offset) / 65536);
  }
  return [];
}

/**
 * The canvas's colour space that a profile means. Its name does not matter, which makers choose; nor does its curve, which is sRGB's or near.
 * @param {Uint8Array | null} icc
 * @returns {PredefinedColorSpace} sRGB for whatever is not Display P3.
 */
export function colourSpaceOf(icc) {
  if (!icc) return 'srgb';
  const profile = new DataView(icc.buffer, icc.byteOffset, icc.length);
  try {
    const isP3 = Object.entries(DISPLAY_P3).every(([name, wanted]) => {
      const found = colorant(profile, name);
      return wanted.every((value, i) => Math.abs(found[i] - value) < TOLERANCE);
    });
    return isP3 ? 'display-p3' : 'srgb';
  } catch {
    return 'srgb'; // it points beyond its end
  }
}
