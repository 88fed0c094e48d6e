// @ts-check
/** Who did what for whom: ten to a page, and all of it as a file. */

import { ask, every, read } from "../api.js";
import { h } from "../dom.js";
import { day, moment, t } from "../i18n.js";
import { button, door, keepFile, lead, page, panel } from "../parts.js";
import { whose } from "../whose.js";

/** @param {string} [link] @param {string} [cursor] */
export async function historyPage(link, cursor) {
  const of = await whose(link);
  const place = of.link ? `${of.api}/acts` : "/acts-on-me";
  const path = `${of.page}/history`;
  const { items, next_cursor } = await read(`${place}?limit=10${cursor ? `&cursor=${encodeURIComponent(decodeURIComponent(cursor))}` : ""}`);
  return page({ title: t(of.link ? "history.of" : "history.on_me", { name: of.name }), back: of.link ? of.back : "/on-me" },
    lead(t(items.length ? "history.lead" : "history.none")),
    items.length > 0 && panel(h("ul", { class: "acts" }, items.map(act))),
    next_cursor && door(t("history.older"), `${path}/${encodeURIComponent(next_cursor)}`, { second: true }),
    cursor && door(t("history.newest"), path, { second: true }),
    items.length > 0 && panel(h("h2", {}, t("history.whole")), h("div", { class: "or" }, ["pdf", "csv"].map((form) =>
      button(t(`history.as_${form}`), async () => keepFile(await ask("GET", `${place}/file?format=${form}`, { file: true })), { second: true, icon: "file" })))));
}

/** @param {any} one */
const act = (one) => h("li", {}, h("span", { class: "hint" }, moment(one.at)), h("span", {}, h("strong", {}, one.actor ?? t(`by.${one.actor_kind}`)), ` ${one.said}`));

// --- the link itself ---------------------------------------------------------------------------

/** How a link came to be as it is: both sides read the same. @param {"link" | "on-me"} side @param {string} id */
export async function changesPage(side, id) {
  const changes = await every(`/links/${id}/changes`);
  return page({ title: t("changes.title"), back: side === "link" ? `/link/${id}` : "/on-me" },
    lead(t("history.lead")), panel(h("ul", { class: "acts" }, changes.map(change))));
}

/** A move says where to; what happened without one says what. @param {any} one */
const change = (one) => h("li", {}, h("span", { class: "hint" }, moment(one.at)),
  h("span", {}, h("strong", {}, one.from_state === one.to_state ? t(`changes.${one.reason}`) : t(`state.${one.to_state}`)), one.ends_on && ` ${t("changes.last_day", { day: day(one.ends_on) })}`),
  one.actor_kind !== "holder" && h("span", { class: "hint" }, t(`by.${one.actor_kind === "staff" ? "staff" : "system"}`)));
