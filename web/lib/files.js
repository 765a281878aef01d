/**
 * Files that come in: dropped, with whole folders, pasted or chosen.
 * @module
 */

const PICTURE_NAME = /\.(jpe?g|png|webp|avif|gif|bmp|heic|heif)$/i;

/** @param {File} file */
export const isPicture = (file) => file.type.startsWith('image/') || PICTURE_NAME.test(file.name);

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesOf(entry) {
  if (entry.isFile)
    return [await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject))];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {File[]} */
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) return files;
    for (const inside of some) files.push(...(await filesOf(inside)));
  }
}

/**
 * @param {DataTransfer} transfer Of a drop; read before the first await, after which it is empty.
 * @returns {Promise<File[]>} One file whatever it is, so that someone can say what is wrong with it; of several, the pictures.
 */
export async function droppedFiles(transfer) {
  const plain = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory);
  if (!entries.length) return plain.length > 1 ? plain.filter(isPicture) : plain;
  const inside = await Promise.all(entries.map((entry) => filesOf(/** @type {FileSystemEntry} */ (entry))));
  return [...plain, ...inside.flat()].filter(isPicture);
}

/**
 * @param {DataTransfer} transfer Of a drop; read before the first await, after which it is empty.
 * @returns {string} Where a picture lies that was dragged from a page: the first in what was dragged, or else what that leads to, since a
 *   picture may be a link to something else. Empty: nowhere.
 */
export function draggedAddress(transfer) {
  const markup = new DOMParser().parseFromString(transfer.getData('text/html'), 'text/html');
  const lines = transfer.getData('text/uri-list').split(/\r?\n/);
  const link = lines.find((line) => line && !line.startsWith('#')); // a comment (RFC 2483)
  return markup.querySelector('img')?.getAttribute('src') || link || '';
}
