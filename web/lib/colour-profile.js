/**
 * What an ICC profile (ICC.1:2022) says of a picture's colours, as far as a canvas can show them; and one for files that say it otherwise.
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

/** D50, to which colours are adapted, and the matrix by which they were from D65 (Bradford's, as in ICC.1:2022, annex E). */
const WHITE = [0.9642, 1, 0.8249];
const FROM_D65 = [1.04788, 0.02292, -0.05022, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168];
/** y = ((x + 0.055) / 1.055)^2.4, and x / 12.92 below 0.04045: sRGB's curve, as the parameters of a parametricCurveType 3. */
const SRGB_CURVE = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

/** @param {string} type @param {number[]} head 16-bit numbers. @param {number[]} values Written as s15Fixed16. */
function element(type, head, values) {
  const out = new DataView(new ArrayBuffer(8 + 2 * head.length + 4 * values.length));
  [...type].forEach((c, i) => {
    out.setUint8(i, c.charCodeAt(0));
  });
  head.forEach((value, i) => {
    out.setUint16(8 + 2 * i, value);
  });
  values.forEach((value, i) => {
    out.setInt32(8 + 2 * head.length + 4 * i, Math.round(value * 65536));
  });
  return new Uint8Array(out.buffer);
}

/** A multiLocalizedUnicodeType of one text, whose length is even. @param {string} text */
function localized(text) {
  const place = [0, 1, 0, 12, 0x656e, 0x5553, 0, 2 * text.length, 0, 28]; // one record of 12 bytes: en, US, its bytes, where
  return element('mluc', [...place, ...[...text].map((c) => c.charCodeAt(0))], []);
}

/** @returns {Uint8Array} A profile of Display P3, whose curve is sRGB's: what a file without one means that says so in another way. */
export function displayP3Profile() {
  const tags = /** @type {[string, Uint8Array][]} */ ([
    ['desc', localized('Display P3')],
    ['cprt', localized('No copyright')],
    ['wtpt', element('XYZ ', [], WHITE)],
    ['chad', element('sf32', [], FROM_D65)],
    ...Object.entries(DISPLAY_P3).map(([name, value]) => [name, element('XYZ ', [], value)]),
    ...['rTRC', 'gTRC', 'bTRC'].map((name) => [name, element('para', [3, 0], SRGB_CURVE)]),
  ]);
  const table = HEADER_BYTES + 4 + 12 * tags.length;
  const out = new Uint8Array(tags.reduce((sum, [, value]) => sum + value.length, table));
  const view = new DataView(out.buffer);
  const text = (/** @type {number} */ at, /** @type {string} */ value) => out.set(new TextEncoder().encode(value), at);
  view.setUint32(0, out.length);
  view.setUint32(8, 0x04300000); // version 4.3
  text(12, 'mntrRGB XYZ ');
  text(36, 'acsp');
  out.set(element('', [], WHITE).subarray(8), 68);
  view.setUint32(HEADER_BYTES, tags.length);
  let at = table;
  tags.forEach(([name, value], i) => {
    const entry = HEADER_BYTES + 4 + 12 * i;
    text(entry, name);
    view.setUint32(entry + 4, at);
    view.setUint32(entry + 8, value.length);
    out.set(value, at);
    at += value.length;
  });
  return out;
}
