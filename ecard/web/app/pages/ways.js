// @ts-check
/** The ways without a face: they give the same rights, and are in sight on every page before one. */

import { post, read, Wish } from "../api.js";
import { h, show } from "../dom.js";
import { day, t } from "../i18n.js";
import { announce, button, inset, lead, page, panel } from "../parts.js";
import { places } from "./my.js";

/** @param {string} id */
export async function waysPage(id) {
  const stands = await read(`/links/${id}/activation`);
  const [counter] = stands.routes.filter((/** @type {any} */ one) => one.route === "counter");
  const wish = new Wish();
  const code = h("div", { role: "status" });
  return page({ title: t("ways.title"), back: `/link/${id}` },
    lead(t("ways.lead")),
    panel(h("h2", {}, t("ways.counter")), h("p", {}, counter.sentence),
      counter.code_until && h("p", { class: "hint" }, t("ways.code_waits", { day: day(counter.code_until) })),
      button(t("ways.get_code"), async () => {
        const issued = await post(`/links/${id}/counter-code`, undefined, wish);
        show(code, inset("good", h("p", {}, t("ways.code")), h("p", { class: "big" }, h("strong", {}, issued.code)), h("p", {}, t("ways.code_until", { day: day(issued.expires_at) }))));
        announce(`${t("ways.code")} ${issued.code}`);
      }, { link: id }), code, h("h2", {}, t("counters.title")), places(counter.counters)),
    stands.routes.filter((/** @type {any} */ one) => one.route === "home_visit").map((/** @type {any} */ one) =>
      panel(h("h2", {}, t("ways.home_visit")), h("p", {}, one.sentence))));
}
