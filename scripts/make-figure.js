// Makes the picture in the README: the sample as it is and as the student restores it, side by side along one edge.
//
//     node scripts/make-figure.js OUT.png        (after `make web native`)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPng, writePng } from './png.js';

const TOP = 60; // what is shown of the sample's height
const HEIGHT = 420;

const [out] = process.argv.slice(2);
const restored = join(mkdtempSync(join(tmpdir(), 'deblur-figure-')), 'restored.png');
execFileSync('build/deblur', ['run', '--quiet', 'build/web/sample.png', '-o', restored]);
const before = readPng(readFileSync('build/web/sample.png'));
const after = readPng(readFileSync(restored));
const { width } = before;
const pixels = new Uint8Array(width * HEIGHT * 3);
for (let y = 0; y < HEIGHT; y++)
  for (let x = 0; x < width; x++)
    for (let c = 0; c < 3; c++) {
      const from = ((y + TOP) * width + x) * 3 + c;
      const edge = Math.abs(x - width / 2) < 1;
      pixels[(y * width + x) * 3 + c] = edge ? 255 : (x < width / 2 ? before : after).pixels[from];
    }
writeFileSync(out, writePng(pixels, width, HEIGHT, 3));
