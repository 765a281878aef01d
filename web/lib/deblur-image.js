/** Importing this file makes `<deblur-image>` known; a page that wants another name imports the class instead. */
import { DeblurImageElement } from './deblur-image-element.js';

if (globalThis.customElements && !customElements.get('deblur-image')) customElements.define('deblur-image', DeblurImageElement);

export { DeblurImageElement };
