// @ts-check
/**
 * The device's own key of one capture session: made here, never readable, not even by this page. It
 * lies in the browser's database, so that a page loaded anew can go on with the session.
 */

const DATABASE = "ecard";
const STORE = "keys";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** @type {Map<string, CryptoKeyPair>} */
const memory = new Map();

/** The key of a session, made with its first use. @param {string} session @returns {Promise<CryptoKeyPair>} */
export async function keyOf(session) {
  const known = memory.get(session) ?? await inStore("readonly", (store) => store.get(session));
  if (known) return known;
  const made = await crypto.subtle.generateKey(ALGORITHM, false, ["sign"]);
  memory.set(session, made);
  await inStore("readwrite", (store) => { store.clear(); return store.put(made, session); });
  return made;
}

/** What is sent when a challenge is drawn. @param {CryptoKeyPair} pair */
export async function publicOf(pair) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { kty, crv, x, y };
}

/** ES256: r and s, base64url without padding. @param {CryptoKeyPair} pair @param {Uint8Array<ArrayBuffer>} content */
export async function signature(pair, content) {
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, content);
  return btoa(String.fromCharCode(...new Uint8Array(raw))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * One use of the store; null where the browser lends us none (a private window, a full disk).
 * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} use @returns {Promise<any>}
 */
function inStore(mode, use) {
  return new Promise((resolve) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => resolve(null);
    opening.onsuccess = () => {
      const asked = use(opening.result.transaction(STORE, mode).objectStore(STORE));
      asked.onsuccess = () => { resolve(asked.result); opening.result.close(); };
      asked.onerror = () => { resolve(null); opening.result.close(); };
    };
  });
}
