// @ts-check
/**
 * A file on its way, piece by piece: what broke off goes on where it stopped, by itself as soon as
 * the network is back. Large photos are made smaller first.
 */

import { ask, newKey, Problem, Unreached } from "./api.js";
import { jpeg } from "./camera.js";

const PIECE_BYTES = 256 * 1024;
const AS_IT_IS_BYTES = 4 * 2 ** 20;
const LONGEST_SIDE = 3000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000];

/** @typedef {{sent: (share: number) => void, waits: (waiting: boolean) => void}} Told */

/**
 * Send a file; resolves to the document. Raises Problem. Between two tries it waits for the network.
 * @param {Blob} file @param {string} kind @param {Told} told
 */
export async function upload(file, kind, told) {
  const key = newKey();
  const begun = await untilReached(told, () => ask("POST", "/documents/uploads", { json: { kind, size: file.size }, key }));
  let received = begun.received;
  while (received < file.size) {
    const from = received;
    ({ received } = await untilReached(told, () => piece(begun, file, from)));
    told.sent(received / file.size);
  }
  const last = newKey();
  return untilReached(told, () => ask("POST", `/documents/uploads/${begun.id}/document`, { key: last }));
}

/** @param {any} begun @param {Blob} file @param {number} from */
async function piece(begun, file, from) {
  const content = file.slice(from, from + Math.min(PIECE_BYTES, begun.piece_bytes));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await content.arrayBuffer()));
  const headers = { "Content-Type": "application/octet-stream", "Content-Digest": `sha-256=:${btoa(String.fromCharCode(...digest))}:` };
  try {
    return await ask("PUT", `/documents/uploads/${begun.id}?offset=${from}`, { body: content, headers });
  } catch (trouble) {
    if (trouble instanceof Problem && trouble.code === "upload_offset") return ask("GET", `/documents/uploads/${begun.id}`);
    throw trouble;
  }
}

/** Sent again until there was an answer. @template T @param {Told} told @param {() => Promise<T>} work @returns {Promise<T>} */
export async function untilReached(told, work) {
  for (let turn = 0; ; turn += 1) {
    try {
      const done = await work();
      told.waits(false);
      return done;
    } catch (trouble) {
      const pause = trouble instanceof Problem && trouble.wait && trouble.status === 503 ? trouble.wait * 1000 : 0;
      if (!(trouble instanceof Unreached) && !pause) throw trouble;
      told.waits(true);
      await pauseOrOnline(pause || (WAITS_MS[turn] ?? WAITS_MS[WAITS_MS.length - 1]));
    }
  }
}

/** @param {number} ms */
const pauseOrOnline = (ms) => new Promise((resolve) => {
  const done = () => { removeEventListener("online", done); resolve(null); };
  addEventListener("online", done);
  setTimeout(done, ms);
});

/** A photo of a size that the service takes; what this browser cannot open goes as it is. @param {Blob} file */
export async function fitting(file) {
  if (file.size <= AS_IT_IS_BYTES || !file.type.startsWith("image/")) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!picture) return file;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return jpeg(canvas, 0.9);
}
