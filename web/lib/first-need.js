/** After so long without any sign the page has long been seen, and may be left without a network next. */
const MOST_MS = 3000;
const SIGNS = ['pointerover', 'pointerdown', 'focusin'];

/**
 * Until somebody seems about to use an element, or the page has been there for a while: what is large is fetched then, so that it neither
 * delays what is to be seen nor comes to those who only pass by.
 * @param {HTMLElement} element
 * @returns {Promise<void>}
 */
export async function firstNeed(element) {
  const signs = new AbortController();
  const once = { once: true, passive: true, signal: signs.signal };
  await new Promise((resolve) => {
    for (const sign of SIGNS) element.addEventListener(sign, resolve, once);
    addEventListener('dragenter', resolve, once);
    const wait = () => setTimeout(resolve, MOST_MS);
    if (document.readyState === 'complete') wait();
    else addEventListener('load', wait, once);
  });
  signs.abort();
}
