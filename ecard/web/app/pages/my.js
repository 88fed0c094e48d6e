// @ts-check
/** "My": the card, and the doors that there are; and where people are served in person. */

import { ask, read } from "../api.js";
import { isDemo } from "../demo.js";
import { h, icons } from "../dom.js";
import { day, t } from "../i18n.js";
import { button, facts, lead, page, panel, row } from "../parts.js";
import { go } from "../router.js";
import { left } from "../session.js";

export async function myPage() {
  const card = await read("/card");
  return page({ title: t("my.title") },
    panel(h("h2", {}, t("my.card")), facts([
      [t("my.number"), card.number_masked],
      [t("my.state"), t(`card.${card.state}`)],
      [t("my.expires"), card.expires_on && day(card.expires_on)],
    ])),
    h("ul", { class: "doors" },
      row({ icon: icons.family(), what: t("family.title"), about: t("my.family"), path: "/family" }),
      card.usable && row({ icon: icons.code(), what: t("qr.own"), about: t("qr.about"), path: "/qr" }),
      row({ icon: icons.file(), what: t("rights.own"), about: t("rights.about"), path: "/rights" }),
      row({ icon: icons.card(), what: t("on_me.title"), about: t("on_me.about"), path: "/on-me" }),
      isDemo && row({ icon: icons.letter(), what: t("mailbox.title"), about: t("mailbox.about"), path: "/mailbox" }),
      row({ icon: icons.person(), what: t("counters.title"), about: t("my.counters"), path: "/counters" })),
    button(t("my.sign_out"), signOut, { second: true }));
}

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
  const found = await ask("GET", "/counters?limit=50", { as: "nobody" });
  return page({ title: t("counters.title"), back: "/my" }, lead(t("counters.lead")), places(found.items));
}

/** @param {any[]} counters */
export const places = (counters) =>
  h("ul", { class: "doors" }, counters.map((one) => h("li", {}, panel(h("h2", {}, one.name), h("p", {}, one.agency), h("p", {}, one.address)))));
