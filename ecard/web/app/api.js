// @ts-check
/**
 * The API as a page uses it: one request, its answer, or a sentence that says why not.
 *
 * A refusal comes as problem details: its sentence is shown as the service wrote it, its `next`
 * says the way on. What never arrived is `Unreached`, and may be sent again with the same key.
 */

import { spoken } from "./i18n.js";
import { captureToken, fresh, signedOut, token } from "./session.js";

const PREFIX = "/api/v1";
const SECONDS = 90;
const AWAKE_MS = 5 * 60 * 1000;
const COMES_AGAIN = ["busy", "unavailable", "idempotency_in_progress"];
const PAUSE_MOST = 15;
const TURNS_MOST = 5;
let lastAsked = 0;

/** A refusal of the service. */
export class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body.detail);
    this.status = status;
    /** @type {string} */ this.code = body.code;
    /** @type {string} */ this.detail = body.detail;
    /** @type {string | undefined} */ this.next = body.next;
    /** @type {Record<string, string[]>} */ this.fields = body.fields ?? {};
    /** @type {Record<string, any>} */ this.params = body.params ?? {};
    /** @type {number | undefined} */ this.wait = body.retry_after;
    /** @type {string} */ this.instance = body.instance ?? "";
  }
}

/** The service did not answer: no network, or it broke off. */
export class Unreached extends Error {}

/**
 * A thing that the person wants done once, however often it is sent: the key of its request. A new
 * one is drawn as soon as there was an answer, since the next wish is another one.
 */
export class Wish {
  key = "";

  /** @param {(key: string) => Promise<any>} send */
  async sent(send) {
    this.key ||= newKey();
    const key = this.key;
    try {
      const answer = await patiently(() => send(key));
      this.key = "";
      return answer;
    } catch (trouble) {
      if (trouble instanceof Problem && trouble.code !== "idempotency_in_progress") this.key = "";
      throw trouble;
    }
  }
}

/**
 * While the service is busy it says when to come again: then nothing was done yet, and the same is
 * sent once more. @template T @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function patiently(work) {
  for (let turn = 1; ; turn += 1) {
    try {
      return await work();
    } catch (trouble) {
      const pause = trouble instanceof Problem && COMES_AGAIN.includes(trouble.code) ? trouble.wait ?? 1 : 0;
      if (!pause || pause > PAUSE_MOST || turn === TURNS_MOST) throw trouble;
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
  }
}

/** @returns {string} */
export const newKey = () => crypto.randomUUID();

/**
 * @typedef {object} Asked
 * @property {any} [json]
 * @property {FormData | Blob} [body]
 * @property {Record<string, string>} [headers]
 * @property {string} [key]  Idempotency-Key
 * @property {number} [version]  If-Match
 * @property {"holder" | "capture" | "nobody"} [as]
 * @property {boolean} [file]  the answer is a file to keep
 * @property {number} [seconds]  how long to wait for the answer
 */
/** @typedef {{content: Blob, name: string}} Given  a file that was handed out */

/**
 * One request. Raises Problem or Unreached.
 * @param {string} method
 * @param {string} path
 * @param {Asked} [asked]
 * @returns {Promise<any>}
 */
export async function ask(method, path, asked = {}) {
  const as = asked.as ?? "holder";
  const used = as === "holder" ? token() : as === "capture" ? captureToken() : "";
  try {
    return await once(method, path, asked, used);
  } catch (trouble) {
    const refused = trouble instanceof Problem && trouble.code === "not_signed_in";
    if (!refused || as !== "holder" || !used) throw trouble;
    const renewed = await fresh(used, exchange);
    if (!renewed) {
      signedOut();
      throw trouble;
    }
    return once(method, path, asked, renewed);
  }
}

/** The next pair of tokens for this one. @param {string} spent */
const exchange = (spent) => once("POST", "/tokens", { json: { refresh_token: spent } }, "");

/** Whoever reads or types for long is still there: the session goes on as long as they are. */
export function stayAwake() {
  if (!token() || performance.now() - lastAsked < AWAKE_MS) return;
  lastAsked = performance.now();
  fresh(token(), exchange).catch(() => null); // out of reach: the next request tells
}

/** @param {string} path */
export const read = (path) => ask("GET", path);

/** All pages of a list. @param {string} path @param {Asked} [asked] */
export async function every(path, asked = {}) {
  /** @type {any[]} */
  const found = [];
  let cursor = "";
  do {
    const some = await ask("GET", `${path}?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, asked);
    found.push(...some.items);
    cursor = some.next_cursor;
  } while (cursor);
  return found;
}

/** @param {string} path @param {any} json @param {Wish} wish @param {Asked} [more] */
export const post = (path, json, wish, more = {}) =>
  wish.sent((key) => ask("POST", path, { json, key, ...more }));

/**
 * @param {string} method @param {string} path @param {Asked} asked @param {string} bearer
 * @returns {Promise<any>}
 */
async function once(method, path, asked, bearer) {
  if (bearer === token()) lastAsked = performance.now();
  const answer = await reach(PREFIX + path, {
    method,
    headers: headersOf(asked, bearer),
    body: asked.body ?? (asked.json === undefined ? undefined : JSON.stringify(asked.json)),
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout((asked.seconds ?? SECONDS) * 1000),
  });
  if (answer.status === 204) return null;
  if (answer.ok && asked.file) return { content: await answer.blob(), name: nameOf(answer) };
  const body = await answer.json().catch(() => null);
  if (answer.ok && body !== null) return body;
  if (body?.code) throw new Problem(answer.status, body);
  throw new Unreached(`status ${answer.status}`);
}

/** What the service calls a file. @param {Response} answer */
const nameOf = (answer) => /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "e-card";

/** @param {string} address @param {RequestInit} request */
async function reach(address, request) {
  try {
    return await fetch(address, request);
  } catch (trouble) {
    throw new Unreached(String(trouble));
  }
}

/** @param {Asked} asked @param {string} bearer */
function headersOf(asked, bearer) {
  /** @type {Record<string, string>} */
  const headers = { "Accept-Language": spoken(), ...asked.headers };
  if (bearer) headers["Authorization"] = `Bearer ${bearer}`;
  if (asked.json !== undefined) headers["Content-Type"] = "application/json";
  if (asked.key) headers["Idempotency-Key"] = asked.key;
  if (asked.version !== undefined) headers["If-Match"] = `"${asked.version}"`;
  return headers;
}
