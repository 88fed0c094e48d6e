// @ts-check
/** The phones of the e-card, and a new one that asks to be let in; what to do about a lost one. */

import { ask, read, Wish } from "../api.js";
import { cardPassword, granted } from "../grants.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { badge, door, facts, form, inset, lead, line, page, panel, soft, sure } from "../parts.js";
import { go } from "../router.js";

export async function devicesPage() {
  const [{ items }, waiting] = await Promise.all([read("/devices"), read("/recoveries")]);
  return page({ title: t("devices.title"), back: "/my" }, lead(t("devices.lead")),
    waiting.items.map(recovery), items.map(device),
    panel(h("h2", {}, t("devices.lost")), h("p", {}, t("devices.lost_how")), door(t("card.title"), "/card", { second: true })));
}

/** @param {any} one */
const device = (one) => panel(h("h2", {}, one.name), (one.current || one.shows_card) && h("div", { class: "marks" }, one.current && badge(t("devices.this"), "good"), one.shows_card && badge(t("devices.shows_card"), "")),
  facts([[t("devices.signed_in"), moment(one.last_sign_in_at)]]),
  h("a", { class: "quiet", href: `#/devices/${one.id}/name` }, t("devices.rename")),
  !one.current && h("a", { class: "button stop", href: `#/devices/${one.id}/remove` }, t("devices.remove")));

/** @param {any} one */
const recovery = (one) => inset("warm", h("h2", {}, t("devices.asks", { name: one.device_name ?? t("devices.at_counter") })),
  h("p", {}, t("devices.ready", { time: moment(one.ready_at) })),
  !one.approved && door(t("devices.let_in"), `/devices/recovery/${one.id}/approve`, { second: true }),
  h("a", { class: "button stop", href: `#/devices/recovery/${one.id}/stop` }, t("devices.stop")));

/** @param {string} id */
export async function renamePage(id) {
  const known = await read(`/devices/${id}`);
  const name = line({ name: "name", label: t("devices.name"), attributes: { maxlength: "60", autocomplete: "off", dir: "auto" } });
  name.fill(known.name);
  const entry = form({ name: `device.${id}`, fields: [name], submit: t("save"),
    send: async (values) => { await ask("PATCH", `/devices/${id}`, { json: { name: values.name.trim() }, version: known.version }); go("/devices"); } });
  return page({ title: t("devices.rename"), back: "/devices" }, entry);
}

/** @param {string} id */
export async function removePage(id) {
  const { name } = await read(`/devices/${id}`);
  return sure({ title: t("devices.sure", { name }), lead: t("devices.sure_lead"), yes: t("devices.remove"), no: t("devices.sure_no"), stay: "/devices",
    work: () => ask("DELETE", `/devices/${id}`) });
}

/** A new phone is let in or stopped, with the card's password. @param {string} id @param {"approve" | "stop"} what */
export async function recoveryPage(id, what) {
  const one = (await read("/recoveries")).items.find((/** @type {any} */ other) => other.id === id);
  if (!one) return devicesPage();
  const wish = new Wish();
  const needed = what === "approve" || one.channel === "counter";
  const entry = form({ name: `recovery.${id}`, fields: needed ? [cardPassword()] : [], submit: t(what === "approve" ? "devices.let_in" : "devices.stop"),
    send: async ({ password }) => {
      const grant = needed ? await granted("decide_recovery", password, wish) : null;
      if (what === "approve") await ask("POST", `/recoveries/${id}/approve`, { json: { step_up_id: grant } });
      else await ask("DELETE", `/recoveries/${id}${grant ? `?step_up_id=${grant}` : ""}`);
      go("/devices");
    } });
  return page({ title: t("devices.asks", { name: one.device_name ?? t("devices.at_counter") }), back: "/devices" },
    lead(t(what === "approve" ? "devices.approve_lead" : "devices.stop_lead")), entry, soft(t("devices.not_sure")));
}
