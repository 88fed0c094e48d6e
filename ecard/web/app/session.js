// @ts-check
/**
 * Who is signed in here, and on which phone. Tokens live in memory and in this tab's store; tabs of
 * the same app share them, since a refresh token that two of them spent would end the session. The
 * phone's own secret stays for good: without it the next sign-in is a recovery of a day.
 */

import { browser, forgetTab, ours, tab } from "./kept.js";

/** @typedef {{access: string, refresh: string, card: string}} Tokens */
/** @typedef {{link: string, id: string, token: string, via: string}} Capture */

/** @type {Tokens | null} */
let tokens = tab.read("tokens");
const others = "BroadcastChannel" in window ? new BroadcastChannel(ours) : null;
/** @type {Set<() => void>} */
const waiting = new Set();
const ANSWER_MS = 120;

others?.addEventListener("message", ({ data }) => {
  if (data.asks && tokens) others.postMessage({ tokens });
  if (data.gone) drop();
  if (data.tokens) keep(data.tokens);
  for (const one of waiting) one();
});

/** Tokens of another tab of this app, where one is signed in. */
export function joinOthers() {
  if (tokens || !others) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => { waiting.delete(done); resolve(null); };
    waiting.add(done);
    others.postMessage({ asks: true });
    setTimeout(done, ANSWER_MS);
  });
}

export const token = () => tokens?.access ?? "";
/** The name of the card that is signed in. */
export const card = () => tokens?.card ?? "";
export const isSignedIn = () => tokens !== null;

/** @param {Tokens} fresh */
function keep(fresh) {
  tokens = fresh;
  tab.write("tokens", fresh);
}

function drop() {
  tokens = null;
  tab.forget("tokens");
}

/** Signed in: the answer of the service, and whose card it is. @param {any} answer @param {string} card */
export function signedIn(answer, card) {
  if (answer.device_token) browser.write("phones", { ...browser.read("phones"), [card]: answer.device_token });
  keep({ access: answer.access_token, refresh: answer.refresh_token, card });
  others?.postMessage({ tokens });
}

/** The session is over: it ended there. What was typed stays. */
export function signedOut() {
  drop();
}

/** The person leaves: nothing of them stays in this tab, nor in another. */
export function left() {
  others?.postMessage({ gone: true });
  drop();
  forgetTab();
}

/**
 * An access token that is not this one: another tab's, or a fresh pair. Empty: the session is over.
 * @param {string} used
 * @param {(refresh: string) => Promise<any>} exchange
 * @returns {Promise<string>}
 */
export async function fresh(used, exchange) {
  return alone(async () => {
    if (!tokens || tokens.access !== used) return token();
    if (!tokens.refresh) return "";
    try {
      const answer = await exchange(tokens.refresh);
      keep({ ...tokens, access: answer.access_token, refresh: answer.refresh_token });
      others?.postMessage({ tokens });
      return token();
    } catch (trouble) {
      if (/** @type {any} */ (trouble).code) return "";
      throw trouble;
    }
  });
}

/** One tab after the other. @param {() => Promise<string>} work @returns {Promise<string>} */
const alone = async (work) => (navigator.locks ? navigator.locks.request(`${ours}-tokens`, work) : work());

/** The name under which this browser keeps a card's secret: not the number itself. @param {string} number */
export async function nameOf(number) {
  const plain = new TextEncoder().encode(number.replace(/[\s-]/g, "").toUpperCase());
  const digest = await crypto.subtle.digest("SHA-256", plain);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** This phone's secret for a card. @param {string} card @returns {string | undefined} */
export const phoneOf = (card) => browser.read("phones")?.[card];

// --- the capture session, perhaps another person's ---------------------------------------------

/** @returns {Capture | null} */
export const capture = () => tab.read("capture");
export const captureToken = () => capture()?.token ?? "";
/** @param {Capture} opened */
export const openedCapture = (opened) => tab.write("capture", opened);
export const closedCapture = () => tab.forget("capture");
