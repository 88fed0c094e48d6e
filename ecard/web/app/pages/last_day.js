// @ts-check
/** Until when somebody's link on me holds: a last day is set, put off, or taken away. */

import { ask } from "../api.js";
import { day, t } from "../i18n.js";
import { button, form, inset, lead, line, page, soft } from "../parts.js";
import { go } from "../router.js";
import { h } from "../dom.js";
import { onMePage, standing } from "./on_me.js";

/** @param {string} id */
export async function lastDayPage(id) {
  const link = (await standing()).find((one) => one.id === id);
  if (!link) return onMePage();
  const say = async (/** @type {string | null} */ ends_on) => {
    await ask("PUT", `/links-on-me/${id}/end-date`, { json: { ends_on }, version: link.version });
    go("/on-me");
  };
  const last = line({ name: "ends_on", label: t("link.ends_on"), hint: t("last_day.hint"), kind: "date" });
  if (link.ends_on) last.fill(link.ends_on);
  const entry = form({ name: `last_day.${id}`, fields: [last], submit: t("save"), send: ({ ends_on }) => say(ends_on) });
  return page({ title: t("last_day.title", { name: link.name }), back: "/on-me" }, lead(t("last_day.lead")),
    link.ends_on && inset("", h("p", {}, t("last_day.now", { day: day(link.ends_on) }))), entry,
    link.ends_on && button(t("last_day.none"), () => say(null), { second: true }), soft(t("last_day.told")));
}
