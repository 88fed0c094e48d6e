// @ts-check
/** Messages that were sent to the signed-in person: the newest, as they were written. */

import { read } from "../api.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { lead, page, panel, soft } from "../parts.js";

const MOST = 50;

export async function messagesPage() {
  const kept = await read(`/my-data?most=${MOST}`);
  const { items, total } = kept.categories.find((/** @type {any} */ one) => one.name === "messages");
  return page({ title: t("messages.title"), back: "/my" }, lead(t(items.length ? "messages.lead" : "messages.none")), items.map(message),
    total > items.length && soft(t("messages.more", { most: MOST }), " ", h("a", { href: "#/data/take" }, t("data.take"))));
}

/** @param {any} one */
const message = (one) => panel(h("p", { class: "hint" }, moment(one.at)), h("p", { lang: one.facts.language }, one.facts.text ?? t("messages.gone")));
