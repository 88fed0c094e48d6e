// @ts-check
/** "My": the card, and the doors that there are; and where people are served in person. */

import { ask, every, read } from "../api.js";
import { isDemo } from "../demo.js";
import { h, icons } from "../dom.js";
import { day, t } from "../i18n.js";
import { button, facts, lead, page, panel, row } from "../parts.js";
import { go } from "../router.js";
import { left } from "../session.js";

export async function myPage() {
  const card = await read("/card");
  return page({ title: t("my.title") },
    h("section", { class: "panel e-card" }, h("h2", {}, t("my.card")), facts([
      [t("my.number"), card.number_masked],
      [t("my.state"), t(`card.${card.state}`)],
      [t("my.expires"), card.expires_on && day(card.expires_on)],
    ])),
    h("ul", { class: "doors" },
      row({ icon: icons.family(), what: t("family.title"), about: t("my.family"), path: "/family", first: true }),
      card.usable && row({ icon: icons.code(), what: t("qr.own"), about: t("qr.about"), path: "/qr" })),
    part("my.for_me", [["file", "rights.own", "rights.about", "/rights"], ["person", "proof.own", "proof.about", "/proof"], ["move", "transfers.own", "transfers.about", "/transfers"], ["card", "card.title", "card.about", "/card"]]),
    part("my.mine", [["family", "on_me.title", "on_me.about", "/on-me"], ["letter", "messages.title", "messages.about", "/messages"], ["file", "data.own", "data.about", "/data"], ["phone", "devices.title", "devices.about", "/devices"]]),
    part("my.help", [["person", "counters.title", "my.counters", "/counters"], ["gear", "settings.title", "settings.about", "/settings"], ...(isDemo ? MAILBOX : [])]),
    button(t("my.sign_out"), signOut, { second: true }));
}

/** @typedef {[keyof typeof icons, string, string, string]} Door  picture, what, about, where */

/** @type {Door[]} */
const MAILBOX = [["letter", "mailbox.title", "mailbox.about", "/mailbox"]];

/** Doors that belong together. @param {string} title @param {Door[]} doors */
const part = (title, doors) => h("section", { class: "stack" }, h("h2", {}, t(title)),
  h("ul", { class: "doors" }, doors.map(([icon, what, about, path]) => row({ icon: icons[icon](), what: t(what), about: t(about), path }))));

/** A session that cannot be ended there is still forgotten here. */
async function signOut() {
  try {
    await ask("DELETE", "/session");
  } finally {
    left();
    go("/sign-in");
  }
}

export async function countersPage() {
  return page({ title: t("counters.title"), back: "/my" }, lead(t("counters.lead")), places(await everyCounter()));
}

/** All counters that there are. @returns {Promise<any[]>} */
export const everyCounter = () => every("/counters", { as: "nobody" });

/** @param {any[]} counters */
export const places = (counters) =>
  h("ul", { class: "doors" }, counters.map((one) => h("li", {}, panel(h("h2", {}, one.name), one.agency && h("p", {}, one.agency), h("p", {}, one.address)))));
