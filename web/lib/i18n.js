/**
 * The languages of the element and the page. The catalogue's keys are the English texts themselves, which stand where they are used;
 * messages/XX.js has what they are in another language.
 * @module
 */
import { fill } from './errors.js';

/** @typedef {(text: string, values?: import('./errors.js').Values) => string} Translate */

/** As they call themselves. */
export const languages = /** @type {Record<string, string>} */ ({
  en: 'English',
  ar: 'العربية',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
});

/** @param {string} language @returns {'ltr' | 'rtl'} */
export const directionOf = (language) => (language === 'ar' ? 'rtl' : 'ltr');

/**
 * The first that there is.
 * @param {readonly string[]} wanted BCP 47 tags
 * @returns {string} One of `languages`.
 */
export const chooseLanguage = (wanted) =>
  wanted.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => tag in languages) ?? 'en';

/**
 * @param {string} language One of `languages`.
 * @returns {Promise<Translate>} English where the catalogue cannot be had.
 */
export async function loadTranslation(language) {
  if (language === 'en' || !(language in languages)) return fill;
  try {
    const { default: messages } = await import(`./messages/${language}.js`);
    return (text, values) => fill(messages[text] ?? text, values);
  } catch {
    return fill;
  }
}

const ATTRIBUTES = ['aria-label', 'title', 'placeholder'];
/** @type {WeakMap<Element, Record<string, { english: string, shown: string }>>} By attribute, and under `text`. */
const seen = new WeakMap();

/**
 * Translates markup in place: the text of elements with `data-t`, and the attributes that are read out. What stands there already is left
 * alone: a page that is English anyway is not laid out twice.
 * @param {ParentNode} root
 * @param {Translate} t
 */
export function localize(root, t) {
  for (const element of root.querySelectorAll(`[data-t], ${ATTRIBUTES.map((name) => `[${name}]`).join(', ')}`)) {
    const texts = seen.get(element) ?? {};
    seen.set(element, texts);
    const say = (/** @type {string} */ name, /** @type {string} */ now, /** @type {(text: string) => void} */ write) => {
      texts[name] ??= { english: now, shown: now };
      const text = t(texts[name].english);
      if (text !== texts[name].shown) write(text);
      texts[name].shown = text;
    };
    if (element.hasAttribute('data-t'))
      say('text', (element.textContent ?? '').trim().replace(/\s+/g, ' '), (text) => {
        element.textContent = text;
      });
    for (const name of ATTRIBUTES)
      if (element.hasAttribute(name)) say(name, element.getAttribute(name) ?? '', (text) => element.setAttribute(name, text));
  }
}
