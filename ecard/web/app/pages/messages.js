// @ts-check
/** Messages that were sent to the signed-in person: the newest, as they were written. */

import { read } from "../api.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { door, lead, page, panel, soft } from "../parts.js";

const MOST = 50;
/** Where what a message says is seen or done: the words for it and the page. @type {Record<string, [string, string]>} */
const LEADS = {
  coming_of_age: ["family.title", "/family"],
  coming_of_age_relative: ["of_age.door", "/of-age"],
  other_guardian: ["guarded.title", "/guarded"],
  link_disputed: ["family.title", "/family"],
  link_last_day: ["family.title", "/family"],
  link_last_day_relative: ["on_me.title", "/on-me"],
  link_no_last_day_relative: ["on_me.title", "/on-me"],
};

export async function messagesPage() {
  const kept = await read(`/my-data?most=${MOST}`);
  const { items, total } = kept.categories.find((/** @type {any} */ one) => one.name === "messages");
  return page({ title: t("messages.title"), back: "/my" }, lead(t(items.length ? "messages.lead" : "messages.none")), items.map(message),
    total > items.length && soft(t("messages.more", { most: MOST }), " ", h("a", { href: "#/data/take" }, t("data.take"))));
}

/** @param {any} one */
function message(one) {
  const leads = LEADS[one.facts.kind];
  return panel(h("p", { class: "hint" }, moment(one.at)), h("p", { lang: one.facts.language }, one.facts.text ?? t("messages.gone")),
    leads && door(t(leads[0]), leads[1], { second: true }));
}
