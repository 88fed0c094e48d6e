// @ts-check
/** Links that others hold on the signed-in person: each can be changed or ended, at once and without a reason. */

import { ask, every, post, Wish } from "../api.js";
import { h } from "../dom.js";
import { day, t } from "../i18n.js";
import { door, facts, form, lead, page, panel, several, sure } from "../parts.js";
import { go } from "../router.js";
import { OVER, stateOf } from "./family.js";
import { OFFERED } from "./scopes.js";

export const standing = async () => (await every("/links-on-me")).filter((link) => !OVER.includes(link.state));

export async function onMePage() {
  const now = await standing();
  return page({ title: t("on_me.title"), back: "/my" }, lead(t(now.length ? "on_me.lead" : "on_me.none")), now.map(onePanel),
    door(t("history.on_me"), "/history", { second: true, icon: "wait" }),
    now.length > 1 && h("a", { class: "button stop", href: "#/on-me/end" }, t("on_me.end_all")));
}

/** @param {any} link */
const onePanel = (link) => panel(h("h2", {}, link.name), stateOf(link.state), facts([
  [t("on_me.since"), link.activated_at && day(link.activated_at)],
  [t("link.confirmed"), link.confirmed_at && day(link.confirmed_at)],
  [t("link.ends_on"), link.ends_on && day(link.ends_on)],
  [t("on_me.scopes"), link.scopes.map((/** @type {string} */ scope) => t(`scope.${scope}`)).join(" · ")],
]), link.state === "active" && door(t("on_me.change"), `/on-me/${link.id}/scopes`, { second: true }),
link.acts_until && door(t(link.next === "confirm_link" ? "of_age.door_now" : "of_age.door"), `/on-me/${link.id}/of-age`, { second: link.next !== "confirm_link" }),
decides(link) && door(t(link.ends_on ? "last_day.change" : "last_day.set"), `/on-me/${link.id}/last-day`, { second: true }),
door(t("changes.title"), `/on-me/${link.id}/changes`, { second: true }),
h("a", { class: "button stop", href: `#/on-me/${link.id}/end` }, t("on_me.end")));

/** Whether I say myself until when it holds: not as a child, nor under guardianship. @param {any} link */
const decides = (link) => link.state === "active" && !link.acts_until && link.relation !== "ward";

/** What somebody may do for me. @param {string} id */
export async function scopesOnMePage(id) {
  const link = (await standing()).find((one) => one.id === id);
  if (!link) return onMePage();
  const scopes = several({ name: "scopes", label: t("on_me.scopes"), needed: true, options: OFFERED.map((one) => [one, t(`scope.${one}`)]) });
  scopes.fill(link.scopes);
  const entry = form({ name: `on_me.${id}`, fields: [scopes], submit: t("save"), send: async (values) => {
    const hidden = link.scopes.filter((/** @type {string} */ one) => !OFFERED.includes(one));
    await ask("PUT", `/links-on-me/${id}/scopes`, { json: { scopes: [...values.scopes, ...hidden] }, version: link.version });
    go("/on-me");
  } });
  return page({ title: t("on_me.change_title", { name: link.name }), back: "/on-me" }, lead(t("on_me.change_lead")), entry);
}

/** @param {string} id */
export async function endOnMePage(id) {
  const link = (await standing()).find((one) => one.id === id);
  return link ? ending(t("sure.on_me.title", { name: link.name }), `/links-on-me/${id}/end`) : onMePage();
}

export const endAllOnMePage = () => ending(t("on_me.end_all_title"), "/links-on-me/end");

/** @param {string} title @param {string} path */
function ending(title, path) {
  const wish = new Wish();
  return sure({ title, lead: t("sure.on_me.lead"), yes: t("sure.on_me.yes"), no: t("sure.on_me.no"), stay: "/on-me", work: () => post(path, undefined, wish) });
}
