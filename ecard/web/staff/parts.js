// @ts-check
/** What pages of the console are put together from, beside what the app has: tables, tabs, pictures. */

import { ask, read } from "../app/api.js";
import { h, show } from "../app/dom.js";
import { brief, has, lastDayBefore, t } from "../app/i18n.js";
import { banner, button, line, quiet, troubled } from "../app/parts.js";

/** @typedef {import("../app/dom.js").Child} Child */

/** The words for a code; one without words stands as it is. @param {string} key @param {string} code */
export const coded = (key, code) => (has(key) ? t(key) : h("code", {}, code));

/** @param {"" | "good" | "warm" | "bad"} tone @param {Child} words */
export const badge = (tone, words) => h("span", { class: `badge ${tone}` }, words);

/** A number of which only the end is shown. @param {string} number */
export const masked = (number) => h("span", { class: "masked" }, number.replace(/•+/, "•••• "));

/** Until when something is due: what ends at midnight ends with the day before. @param {string} at */
export const until = (at) => brief(lastDayBefore(at));

/** A code that may go on in the next line after its parts. @param {string} text */
export const parted = (text) => h("code", {}, text.split(/(?<=[._])/).flatMap((part) => [part, h("wbr")]));

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
 * A select among few words. What there is to choose from may depend on another field: then nothing is shown where that is nothing.
 * @param {{name: string, label: string, hint?: string, options: [string, string][] | (() => [string, string][])}} about
 * @returns {import("../app/parts.js").Field & {offer: () => void}}
 */
export function select({ name, label, hint, options }) {
  const input = h("select", { id: `field-${name}`, name, "aria-describedby": `field-${name}-hint field-${name}-wrong` });
  const place = h("p", { id: `field-${name}-wrong`, class: "wrong" });
  const element = h("div", { class: "field" }, h("label", { for: input.id }, label), hint && h("p", { id: `field-${name}-hint`, class: "hint" }, hint), place, input);
  const offer = () => {
    const known = typeof options === "function" ? options() : options;
    show(input, h("option", { value: "" }, t("list.choose")), known.map(([value, words]) => h("option", { value }, words)));
    element.hidden = !known.length;
  };
  offer();
  return {
    name, element, offer, value: () => input.value, focus: () => input.focus(),
    wrong: () => (element.hidden || input.value ? "" : t("check.choose")),
    fill: (value) => { offer(); input.value = value; },
    mark: (words) => {
      place.textContent = words;
      element.classList.toggle("bad", words !== "");
      input.setAttribute("aria-invalid", String(words !== ""));
    },
  };
}

/** Codes with their words, to choose from. @param {string[]} known @param {string} prefix @returns {[string, string][]} */
export const named = (known, prefix) => known.map((one) => [one, t(`${prefix}.${one}`)]);

/**
 * Why it was decided so: what may be given depends on the decision.
 * @param {import("../app/parts.js").Field} decision @param {(decided: string) => string[]} known @param {string} [name]
 */
export function reasonFor(decision, known, name = "reason") {
  const reason = select({ name, label: t("decide.reason"), options: () => named(known(decision.value()), "reason_of") });
  decision.element.addEventListener("change", reason.offer);
  return reason;
}

/** A day; left empty it is none. @param {{name: string, label: string, hint: string}} about */
export const dayField = (about) => line({ ...about, attributes: { type: "date" }, check: () => "" });

/** Whether somebody means it: asked before what cannot be undone. @param {string} question @param {string} yes @returns {Promise<boolean>} */
export function meant(question, yes) {
  return new Promise((resolve) => {
    const stay = button(t("list.stay"), () => box.close(""), { second: true });
    stay.autofocus = true;
    const box = h("dialog", { class: "whole stack", "aria-label": question, onclose: () => { box.remove(); resolve(box.returnValue === "yes"); } },
      h("p", { class: "lead" }, question),
      h("div", { class: "marks" }, button(yes, () => box.close("yes"), { stop: true }), stay));
    document.body.append(box);
    box.showModal();
  });
}

/** It is done: what came of it. @param {string} words @param {...Child} more */
export function doneWith(words, ...more) {
  const said = banner("good", "done", words);
  said.tabIndex = -1;
  queueMicrotask(() => said.focus());
  return [said, ...more];
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
