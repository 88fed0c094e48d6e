// @ts-check
/** Who did what for whom: ten to a page, and all of it as a file. */

import { ask, read } from "../api.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
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
