// @ts-check
/** Links that others hold on the signed-in person: each can be ended, at once and without a reason. */

import { post, read, Wish } from "../api.js";
import { h } from "../dom.js";
import { day, t } from "../i18n.js";
import { facts, lead, page, panel } from "../parts.js";
import { badge, OVER, sure } from "./family.js";

export async function onMePage() {
  const { items } = await read("/links-on-me?limit=50");
  const now = items.filter((/** @type {any} */ link) => !OVER.includes(link.state));
  return page({ title: t("on_me.title"), back: "/my" }, lead(t(now.length ? "on_me.lead" : "on_me.none")), now.map(onePanel));
}

/** @param {any} link */
const onePanel = (link) => panel(h("h2", {}, link.name), badge(link.state), facts([
  [t("on_me.since"), link.activated_at && day(link.activated_at)],
  [t("link.ends_on"), link.ends_on && day(link.ends_on)],
  [t("on_me.scopes"), link.scopes.map((/** @type {string} */ scope) => t(`scope.${scope}`)).join(" · ")],
]), h("a", { class: "button stop", href: `#/on-me/${link.id}/end` }, t("on_me.end")));

/** @param {string} id */
export async function endOnMePage(id) {
  const { items } = await read("/links-on-me?limit=50");
  const link = items.find((/** @type {any} */ one) => one.id === id);
  const wish = new Wish();
  if (!link) return onMePage();
  return sure("on_me", link, "/on-me", () => post(`/links-on-me/${id}/end`, undefined, wish));
}
