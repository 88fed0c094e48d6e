// @ts-check
/** The own e-card: its password, its state, the phone that shows it, and a longer life for it. */

import { ask, post, read, Wish } from "../api.js";
import { cardPassword, granted } from "../grants.js";
import { h, icons } from "../dom.js";
import { day, t } from "../i18n.js";
import { badge, facts, form, inset, lead, page, panel, row, sure } from "../parts.js";
import { go } from "../router.js";

const DAY_MS = 86_400_000;
const TONES = /** @type {Record<string, string>} */ ({ normal: "good", suspended: "warm", lost: "bad", cancelled: "bad" });
/** What a holder may do with the card's state, and whether it needs its password. */
const MOVES = /** @type {Record<string, string[]>} */ ({ normal: ["suspended", "lost"], suspended: ["normal", "lost"] });
/** Purpose of the proof, and where it goes. */
const WITH_PASSWORD = /** @type {Record<string, {purpose: string, path: string, body?: any}>} */ ({
  renew: { purpose: "renew_card", path: "/card/renewal" },
  phone: { purpose: "bind_card", path: "/card/phone" },
  normal: { purpose: "change_card_state", path: "/card/state", body: { state: "normal" } },
});

export async function cardPage() {
  const [card, { rules, in_force_at }] = await Promise.all([read("/card"), read("/policy")]);
  const renewable = card.usable && card.expires_on && (Date.parse(card.expires_on) - Date.parse(in_force_at)) / DAY_MS <= rules.card_renewal_days;
  return page({ title: t("card.title"), back: "/my" },
    panel(h("h2", {}, t("my.card")), badge(t(`card.${card.state}`), TONES[card.state] ?? ""), facts([
      [t("my.number"), card.number_masked],
      [t("my.expires"), card.expires_on && day(card.expires_on)],
      [t("card.password"), card.state !== "none" && t(`card.password.${card.password}`)],
    ])),
    card.usable && !card.on_this_phone && inset("warm", h("p", {}, t("card.elsewhere"))),
    h("ul", { class: "doors" }, doorsOf(card, renewable).filter(Boolean)));
}

/** @param {any} card @param {boolean} renewable */
const doorsOf = (card, renewable) => [
  card.usable && !card.on_this_phone && to("phone", "phone", "/card/phone"),
  card.usable && card.password === "not_set" && to("set", "key", "/password"),
  card.usable && card.password === "set" && to("change", "key", "/password/change"),
  card.usable && card.password !== "not_set" && to("reset", "again", "/reset"),
  renewable && to("renew", "again", "/card/renew"),
  ...(MOVES[card.state] ?? []).map((state) => to(state, state === "normal" ? "done" : "stop", `/card/${state}`)),
  to("apply", "card", "/cards"),
];

/** @param {string} what @param {keyof typeof icons} icon @param {string} path */
const to = (what, icon, path) => row({ icon: icons[icon](), what: t(`card.to.${what}`), about: t(`card.about.${what}`), path });

/** What needs the card's password. @param {string} what  renew, phone or normal */
export function withPasswordPage(what) {
  const [proving, doing] = [new Wish(), new Wish()];
  const { purpose, path, body } = WITH_PASSWORD[what];
  const entry = form({ name: `card.${what}`, fields: [cardPassword()], submit: t(`card.to.${what}`),
    send: async ({ password }) => {
      const step_up_id = await granted(purpose, password, proving);
      await post(path, { ...body, step_up_id }, doing);
      go("/card");
    } });
  return page({ title: t(`card.to.${what}`), back: "/card" }, lead(t(`card.about.${what}`)), entry);
}

/** What stops the card is always possible, without its password. @param {string} state  suspended or lost */
export const stopCardPage = (state) => sure({ title: t(`card.sure.${state}`), lead: t(`card.about.${state}`), yes: t(`card.to.${state}`), no: t("card.sure_no"), stay: "/card",
  work: () => ask("POST", "/card/state", { json: { state } }) });
