// @ts-check
/** What pages of the console are put together from, beside what the app has: tables, tabs, pictures. */

import { ask, read } from "../app/api.js";
import { h, show } from "../app/dom.js";
import { has, t } from "../app/i18n.js";
import { busy, button, clearTroubles, quiet, troubled } from "../app/parts.js";

/** @typedef {import("../app/dom.js").Child} Child */

/** The words for a code; one without words stands as it is. @param {string} key @param {string} code */
export const coded = (key, code) => (has(key) ? t(key) : h("code", {}, code));

/** @param {"" | "good" | "warm" | "bad"} tone @param {Child} words */
export const badge = (tone, words) => h("span", { class: `badge ${tone}` }, words);

/** What a person at this desk calls it; the marks on its pictures say the same. @param {string} id */
export const short = (id) => id.slice(0, 8);

/**
 * A table; on a narrow screen each row is a card. The first cell names its row.
 * @param {string} name @param {string[]} columns @param {Child[][]} rows
 */
export const table = (name, columns, rows) =>
  h("table", { class: "list-table" }, h("caption", { class: "unseen" }, name),
    h("thead", {}, h("tr", {}, columns.map((one) => h("th", { scope: "col" }, one)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, place) =>
      h(place ? "td" : "th", place ? { "data-label": columns[place] } : { scope: "row" }, cell))))));

/** Views of one list. @param {string} name @param {[string, string][]} doors @param {string} present */
export const tabs = (name, doors, present) =>
  h("nav", { class: "tabs", "aria-label": name }, h("ul", {}, doors.map(([path, words]) =>
    h("li", {}, h("a", { href: `#${path}`, "aria-current": path === present ? "page" : null }, words)))));

/**
 * A list by pages: what follows is fetched when it is asked for.
 * @param {string} path @param {(items: any[]) => Node} drawn @param {string} none
 */
export async function paged(path, drawn, none) {
  const limit = `limit=${PAGE}`;
  const place = h("div", { class: "stack" });
  /** @param {string} cursor */
  const more = async (cursor) => {
    const marked = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const found = await read(`${path}${path.includes("?") ? "&" : "?"}${limit}${marked}`);
    items.push(...found.items);
    show(place, items.length ? drawn(items) : h("p", { class: "empty" }, none),
      found.next_cursor && button(t("list.more"), () => more(found.next_cursor), { second: true }));
  };
  /** @type {any[]} */
  const items = [];
  await more("");
  return place;
}

const PAGE = 50;

/**
 * A select among few words.
 * @param {{name: string, label: string, hint?: string, options: [string, string][], optional?: boolean}} about
 * @returns {import("../app/parts.js").Field & {offer: (options: [string, string][]) => void}}
 */
export function select({ name, label, hint, options, optional }) {
  const input = h("select", { id: `field-${name}`, name, "aria-describedby": `field-${name}-wrong` });
  const wrong = h("p", { id: `field-${name}-wrong`, class: "wrong" });
  const offer = (/** @type {[string, string][]} */ known) =>
    show(input, h("option", { value: "" }, t("list.choose")), known.map(([value, words]) => h("option", { value }, words)));
  offer(options);
  return { ...field(name, label, hint, input, wrong, () => (optional || input.value ? "" : t("check.choose"))), offer };
}

/**
 * Several lines of words.
 * @param {{name: string, label: string, hint?: string, least: number, most: number}} about
 * @returns {import("../app/parts.js").Field}
 */
export function longText({ name, label, hint, least, most }) {
  const input = h("textarea", { id: `field-${name}`, name, maxlength: most, rows: 5, "aria-describedby": `field-${name}-wrong` });
  const wrong = h("p", { id: `field-${name}-wrong`, class: "wrong" });
  return field(name, label, hint, input, wrong, () => (input.value.trim().length < least ? t("check.write_more", { least }) : ""));
}

/**
 * @param {string} name @param {string} label @param {string | undefined} hint @param {any} input @param {HTMLElement} place
 * @param {() => string} wrong
 */
function field(name, label, hint, input, place, wrong) {
  const element = h("div", { class: "field" }, h("label", { for: input.id }, label), hint && h("p", { class: "hint" }, hint), place, input);
  return {
    name, element, wrong, value: () => input.value, focus: () => input.focus(),
    fill: (/** @type {string} */ value) => { input.value = value; },
    mark: (/** @type {string} */ words) => {
      place.textContent = words;
      element.classList.toggle("bad", words !== "");
      input.setAttribute("aria-invalid", String(words !== ""));
    },
  };
}

/**
 * Pictures of a case, fetched with the token of whoever looks; they leave the memory with the page.
 * @param {string} path  the case
 */
export function gallery(path) {
  /** @type {string[]} */
  const made = [];
  /** @param {any} file @param {string} words */
  const picture = (file, words) => {
    const place = h("div", { class: "picture" }, h("p", { class: "soft" }, t("working")));
    load(file, words, place);
    return h("figure", {}, place, h("figcaption", {}, words));
  };
  /** @param {any} file @param {string} words @param {HTMLElement} place */
  async function load(file, words, place) {
    if (file.destroyed) return show(place, h("p", { class: "soft" }, t("case.gone")));
    try {
      const url = URL.createObjectURL((await ask("GET", `${path}/files/${file.number}`, { file: true })).content);
      made.push(url);
      show(place, file.media_type?.startsWith("video") ? h("video", { src: url, controls: true, "aria-label": words }) : enlarging(url, words));
    } catch (trouble) {
      show(place, troubled(trouble));
    }
  }
  return { picture, leave: () => made.forEach((url) => URL.revokeObjectURL(url)) };
}

/** @param {string} url @param {string} words */
function enlarging(url, words) {
  const open = h("button", { type: "button", class: "enlarge", "aria-label": t("case.enlarge", { what: words }), onclick: () => {
    const close = quiet(t("case.smaller"), () => whole.close());
    const whole = h("dialog", { class: "whole", "aria-label": words, onclose: () => whole.remove() }, close, h("img", { src: url, alt: words }));
    document.body.append(whole);
    whole.showModal();
  } }, h("img", { src: url, alt: words }));
  return open;
}

/** A button whose work replaces what stands there. @param {string} words @param {() => Promise<Child>} work @param {any} [looks] */
export function instead(words, work, looks) {
  const place = h("div", { class: "stack" });
  show(place, button(words, async () => show(place, await work()), looks));
  return place;
}

export { busy, clearTroubles };
