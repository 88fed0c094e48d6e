// @ts-check
/** An e-card applied for: with a photo, then how far it is, until it is collected. */

import { post, read, Wish } from "../api.js";
import { h, show } from "../dom.js";
import { day, moment, t } from "../i18n.js";
import { badge, button, door, facts, inset, lead, page, panel, soft, stages } from "../parts.js";
import { go } from "../router.js";
import { whose } from "../whose.js";
import { paperEntry, send } from "./papers.js";

/** @typedef {import("../whose.js").Whose} Whose */

const STAGES = ["entered", "in_production", "at_bank", "ready", "collected"];
const TONES = /** @type {Record<string, string>} */ ({ ready: "good", collected: "good", failed: "bad", unclaimed: "bad" });

/** @param {string} [link] */
export async function cardsPage(link) {
  const of = await whose(link);
  const { items } = await read(`${of.api}/card-applications?limit=50`);
  const open = items.some((/** @type {any} */ one) => !one.ended_at);
  return page({ title: t(of.link ? "cards.of" : "cards.own", { name: of.name }), back: of.link ? of.back : "/card" },
    lead(t(items.length ? "cards.lead" : "cards.none")), items.map(application),
    !open && of.acts && door(t("cards.begin"), `${of.page}/cards/new`, { icon: "card" }),
    !of.acts && inset("warm", h("p", {}, t("link.reads_only"))));
}

/** @param {any} one */
const application = (one) => panel(h("h2", {}, t("cards.asked", { day: day(one.opened_at) })), badge(t(`cards.state.${one.state}`), TONES[one.state]),
  one.state === "ready" && inset("good", h("p", {}, t("cards.collect")), one.collect_by && h("p", {}, t("cards.collect_by", { day: day(one.collect_by) }))),
  stages(one, STAGES, (state) => t(`cards.state.${state}`), (state, at, reached) => at !== "later" && moment(reached[state])),
  facts([[t("cards.why"), one.state === "failed" && one.reason && t(`why.${one.reason}`)], [t("cards.ended"), one.ended_at && day(one.ended_at)]]));

/** The photo for it; then it is on its way. @param {string} [link] */
export async function newCardPage(link) {
  const of = await whose(link);
  const wish = new Wish();
  const place = h("div", { class: "stack" });
  const took = (/** @type {Blob} */ file, /** @type {string} */ kind) => send(place, file, kind, (photo_id) => confirm(photo_id));
  const confirm = (/** @type {string} */ photo_id) => {
    const yes = button(t("cards.ask"), async () => {
      await post(`${of.api}/card-applications`, { photo_id }, wish);
      go(`${of.page}/cards`);
    }, { link: of.link });
    show(place, inset("good", h("p", {}, t("cards.photo_there"))), yes, button(t("papers.again"), () => show(place, entry()), { second: true, icon: "again" }));
    yes.focus();
  };
  const entry = () => paperEntry("face_photo", of.name, place, took);
  show(place, entry());
  return page({ title: t("cards.begin"), back: `${of.page}/cards`, leave: () => place.dispatchEvent(new Event("leave")) },
    lead(t("cards.photo_lead")), soft(t("papers.face_hint")), place);
}
