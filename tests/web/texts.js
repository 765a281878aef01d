// All texts that a person may read, as they stand in the sources: the keys of the catalogues in web/lib/messages.
import { readdirSync, readFileSync } from 'node:fs';

/** Markup's texts and attributes. @param {string} html */
function textsOfMarkup(html) {
  const clean = (/** @type {string} */ text) => text.trim().replace(/\s+/g, ' ').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
  const texts = [...html.matchAll(/\bdata-t(?: [^>]*)?>([^<]+)</g)].map(([, text]) => clean(text));
  const attributes = [...html.matchAll(/\b(?:aria-label|title|placeholder)="([^"]+)"/g)].map(([, text]) => clean(text));
  return [...texts, ...attributes];
}

/** Literals where programs say something to a person; a `bad-argument` is for who writes programs. @param {string} code */
function textsOfCode(code) {
  const literal = `'((?:[^'\\\\]|\\\\.)+)'`;
  const found = [];
  for (const pattern of [`\\bt\\(\\s*${literal}`, `new DeblurError\\(\\s*'(?!bad-argument)[\\w-]+',\\s*${literal}`])
    found.push(...[...code.matchAll(new RegExp(pattern, 'g'))].map(([, text]) => text.replaceAll("\\'", "'")));
  // Those that are chosen between stand together.
  for (const [, block] of code.matchAll(/const \w+Texts = \{([\s\S]*?)\n\}/g))
    found.push(...[...block.matchAll(new RegExp(literal, 'g'))].map(([, text]) => text));
  return found;
}

/** @returns {string[]} Sorted, each once. */
export function catalogueKeys() {
  const found = textsOfMarkup(readFileSync('web/index.html', 'utf8'));
  for (const name of readdirSync('web/lib').filter((name) => name.endsWith('.js'))) {
    const code = readFileSync(`web/lib/${name}`, 'utf8');
    found.push(...(name === 'deblur-image-template.js' ? textsOfMarkup(code) : textsOfCode(code)));
  }
  // The core's own messages, but for "no error" and what only a programmer can cause.
  const status = readFileSync('native/core/status.c', 'utf8');
  found.push(...[...status.matchAll(/^\t\t"(.+)",$/gm)].map(([, text]) => text).slice(2));
  return [...new Set(found)].filter((text) => /[a-z]/i.test(text) && !/\$\{/.test(text)).sort();
}
