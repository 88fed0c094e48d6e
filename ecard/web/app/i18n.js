// @ts-check
/** Words in three languages; days, times and numbers as the language writes them. */

import { browser } from "./kept.js";

export const LANGUAGES = { en: "English", es: "Español", "zh-Hans": "简体中文" };
const WRITES = { en: "en-GB", es: "es", "zh-Hans": "zh-Hans-CN" };

/** @typedef {keyof typeof LANGUAGES} Language */

/** @type {Record<string, string>} */
let words = {};
/** @type {Language} */
let language = "en";

/** The language of the app. @returns {Language} */
export const spoken = () => language;

/** The language that the phone asks for, or that was chosen here before. @returns {Language} */
export function wished() {
  const before = browser.read("language");
  if (before in LANGUAGES) return before;
  for (const tag of navigator.languages) {
    const found = supported(tag);
    if (found) return found;
  }
  return "en";
}

/** @param {string} tag @returns {Language | null} */
function supported(tag) {
  const place = new Intl.Locale(tag).maximize();
  if (place.language === "zh") return place.script === "Hans" ? "zh-Hans" : null;
  return place.language === "es" || place.language === "en" ? place.language : null;
}

/**
 * Speak this language from now on.
 * @param {Language} chosen @param {string[]} [beside]  modules that have words of their own
 */
export async function speak(chosen, beside = []) {
  const found = await Promise.all([import.meta.url, ...beside].map((module) => wordsOf(module, chosen)));
  words = Object.assign({}, ...found);
  language = chosen;
  document.documentElement.lang = chosen;
}

/** @param {string} module @param {Language} chosen @returns {Promise<Record<string, string>>} */
async function wordsOf(module, chosen) {
  const answer = await fetch(new URL(`strings/${chosen}.json`, module));
  if (!answer.ok) throw new Error(`no words in ${chosen}`);
  return answer.json();
}

/** Whether there are words for a key. @param {string} key */
export const has = (key) => key in words;

/**
 * The words for a key; `{name}` is filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [given]
 */
export function t(key, given = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(given[name] ?? whole));
}

/** Where the card of whoever is signed in is at home: its days are those of our messages. @type {string | undefined} */
let home;
/** Write days and times as they are there. @param {string} zone */
export const liveIn = (zone) => { home = zone; };

/** A day without a time is that day everywhere. @param {string} at @param {Intl.DateTimeFormatOptions} looks */
const dated = (at, looks) =>
  new Intl.DateTimeFormat(WRITES[language], { ...looks, timeZone: at.length === "2026-11-18".length ? "UTC" : home }).format(new Date(at));

/** @param {string} at */
export const day = (at) => dated(at, { dateStyle: "long" });

/** The last whole day before a moment: what ends at midnight ends with the day before. @param {string} at */
export const lastDayBefore = (at) => new Date(Date.parse(at) - 1).toISOString();

/** @param {string} at */
export const moment = (at) => dated(at, { dateStyle: "long", timeStyle: "short" });

/** For lists. @param {string} at */
export const brief = (at) => dated(at, { dateStyle: "medium", timeStyle: "short" });

/** A month of a year. @param {string} at */
export const month = (at) => dated(at, { month: "long", year: "numeric" });

/** A number as the language writes it. @param {number} value @param {number} [places]  after the point, at most */
export const figure = (value, places = 1) => new Intl.NumberFormat(WRITES[language], { maximumFractionDigits: places }).format(value);

/** Money; the registry names no currency. @param {number} cents */
export const amount = (cents) =>
  new Intl.NumberFormat(WRITES[language], { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(cents / 100);

/** A length of time in words, in the largest unit that fits. @param {number} seconds */
export function lasting(seconds) {
  const [amount, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5400 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  const looks = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(WRITES[language], /** @type {any} */ (looks)).format(Math.ceil(amount));
}
