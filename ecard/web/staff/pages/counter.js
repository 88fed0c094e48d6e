// @ts-check
/** The counter: what a clerk does for a person who is there, with their document. */

import { ask, newKey, post, Wish } from "../../app/api.js";
import { h, show } from "../../app/dom.js";
import { brief, day, t } from "../../app/i18n.js";
import { banner, button, facts, form, inset, lead, line, page, row, several, soft } from "../../app/parts.js";
import { icons } from "../../app/dom.js";
import { go } from "../../app/router.js";
import { badge, coded, select, table } from "../parts.js";

const PAPERS = ["id_card", "passport", "residence_permit"];
const SCOPES = ["rights", "certification", "transfer", "card_status", "qr", "money"];
const STATES = ["normal", "suspended", "lost", "cancelled"];
const OPERATIONS = ["identify", "register_patient", "collect_medicine", "collect_document"];
const STANDING = ["active", "suspended", "disputed", "noticed", "awaiting_face", "in_review"];

const typed = { autocomplete: "off", spellcheck: "false", maxlength: "40" };
const code = () => line({ name: "code", label: t("desk.code"), hint: t("desk.code_hint"), class: "digits", attributes: typed });
const number = () => line({ name: "number", label: t("desk.number"), class: "digits", attributes: typed });
const card = () => line({ name: "card_number", label: t("sign_in.number"), class: "digits", attributes: typed });
const text = () => line({ name: "text", label: t("desk.text"), hint: t("desk.text_hint"), attributes: { ...typed, maxlength: "1000" } });
const paper = (known = PAPERS) => select({ name: "identity_document", label: t("desk.paper"), options: known.map((one) => [one, t(`desk.paper.${one}`)]) });
const state = () => select({ name: "state", label: t("desk.state"), options: STATES.map((one) => [one, t(`card.${one}`)]) });
const operation = () => select({ name: "operation", label: t("desk.operation"), options: OPERATIONS.map((one) => [one, t(`operation.${one}`)]) });
const guardian = () => line({ name: "guardian_number", label: t("desk.guardian"), hint: t("desk.guardian_hint"), class: "digits", attributes: typed, check: () => "" });
const scopes = () => several({ name: "scopes", label: t("desk.scopes"), hint: t("desk.scopes_hint"), options: SCOPES.map((one) => [one, t(`scope.${one}`)]) });
const there = () => several({ name: "there", label: t("desk.there"), needed: true, options: [["present", t("desk.there.present")]] });
const agrees = () => several({ name: "agrees", label: t("desk.agrees"), hint: t("desk.agrees_hint"), options: [["accepted", t("desk.agrees.accepted")]] });

/**
 * What can be done: where it is sent, what is asked for, and what to tell the person.
 * @type {Record<string, {path: string, fields: () => any[], body?: (values: any) => any, told: (answer: any) => [string, any][], unkeyed?: boolean}>}
 */
const DESKS = {
  code: {
    path: "/staff/counter-codes/redeem", fields: () => [code(), paper(), there(), agrees(), scopes()],
    body: ({ code: given, identity_document, agrees: said, scopes: wanted }) => ({
      code: given.trim(), identity_document, relative_present: true, accepted: said.length > 0, ...(wanted.length ? { scopes: wanted } : {}) }),
    told: (answer) => [[t("told.state"), t(`state.${answer.state}`)], [t("told.acts_from"), answer.acts_from && brief(answer.acts_from)]],
  },
  proof: {
    path: "/staff/certification/counter", fields: () => [code(), paper(["id_card", "passport"])],
    told: (answer) => [[t("told.day"), day(answer.day)]],
  },
  reset: {
    path: "/staff/cards/password-resets", fields: () => [card(), paper()],
    told: (answer) => [[t("told.code"), h("span", { class: "big" }, answer.counter_code)], [t("told.until"), brief(answer.expires_at)]],
  },
  recovery: {
    path: "/staff/recoveries", fields: () => [card(), paper()],
    told: (answer) => [[t("told.code"), h("span", { class: "big" }, answer.recovery_token)], [t("told.ready"), brief(answer.ready_at)], [t("told.until"), brief(answer.expires_at)]],
  },
  card_state: {
    path: "/staff/cards/state", fields: () => [card(), paper(), state()], unkeyed: true,
    told: (answer) => [[t("my.number"), answer.number_masked], [t("told.state"), t(`card.${answer.state}`)]],
  },
  renewal: {
    path: "/staff/cards/renewal", fields: () => [card(), paper()],
    told: (answer) => [[t("my.number"), answer.number_masked], [t("told.until"), day(answer.expires_on)]],
  },
  issue: {
    path: "/staff/cards", fields: () => [number(), paper()],
    told: (answer) => [[t("my.number"), h("span", { class: "big" }, answer.card_number)], [t("told.until"), day(answer.expires_on)]],
  },
  qr: {
    path: "/staff/qr-codes/use", fields: () => [text(), operation()],
    told: (answer) => [[t("told.for"), answer.shown_for], [t("told.by"), answer.shown_by], [t("my.number"), answer.number_masked]],
  },
  face: {
    path: "/staff/face-withdrawals", fields: () => [number(), paper(), guardian()],
    body: (values) => ({ ...values, guardian_number: values.guardian_number.trim() || null }),
    told: (answer) => [[t("told.state"), coded(`withdrawn.${answer.state}`, answer.state)], [t("told.files"), String(answer.files.length)]],
  },
};

/** All that a clerk can do here. */
export function counterPage() {
  const doors = ["code", "links", ...Object.keys(DESKS).slice(1)];
  return page({ title: t("rooms.counter") }, lead(t("counter.lead")),
    h("ul", { class: "doors tiles" }, doors.map((one) => row({ icon: icons[/** @type {"code"} */ (ICONS[one] ?? "card")](), what: t(`counter.${one}`), about: t(`counter.${one}.about`), path: `/counter/${one}` }))));
}

/** @type {Record<string, string>} */
const ICONS = { code: "done", links: "family", proof: "person", qr: "code", face: "camera", recovery: "again", reset: "wait" };

/** @param {string} name */
export function deskPage(name) {
  if (name === "links") return linksPage();
  const desk = DESKS[name];
  if (!desk) return counterPage();
  const wish = new Wish();
  const place = h("div", { class: "panel narrow" });
  const entry = form({
    name: `counter.${name}`, fields: desk.fields().map(unkept), submit: t(`counter.${name}.submit`),
    send: async (values) => {
      const body = desk.body ? desk.body(values) : trimmed(values);
      const answer = desk.unkeyed ? await ask("POST", desk.path, { json: body }) : await post(desk.path, body, wish);
      show(place, banner("good", "done", t("counter.done")), facts(desk.told(answer)), button(t("counter.next"), () => go("/counter"), { second: true }));
      place.querySelector("p")?.setAttribute("role", "status");
    },
  });
  show(place, entry);
  return page({ title: t(`counter.${name}`), back: "/counter" }, soft(t(`counter.${name}.about`)), place);
}

/** The next person at the counter finds nothing of this one. @param {import("../../app/parts.js").Field} field */
const unkept = (field) => ({ ...field, secret: true });

/** @param {Record<string, any>} values */
const trimmed = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? value.trim() : value]));

// --- the links on a person without a phone -----------------------------------------------------

function linksPage() {
  const place = h("div", { class: "stack" });
  const entry = form({
    name: "counter.links", fields: [number(), paper()].map(unkept), submit: t("counter.links.submit"),
    send: async (values) => {
      const person = trimmed(values);
      const found = await ask("POST", "/staff/links-on-person/list", { json: person });
      showLinks(place, person, found.items);
    },
  });
  return page({ title: t("counter.links"), back: "/counter" }, soft(t("counter.links.about")), h("div", { class: "panel narrow" }, entry), place);
}

/** @param {HTMLElement} place @param {any} person @param {any[]} items */
function showLinks(place, person, items) {
  const standing = items.filter((one) => STANDING.includes(one.state));
  const rows = items.map((one) => [h("bdi", {}, one.name), one.relation ? t(`relation.${one.relation}`) : "–",
    badge(one.state === "active" ? "good" : "", coded(`state.${one.state}`, one.state)), one.scopes.map((/** @type {string} */ scope) => t(`scope.${scope}`)).join(" · ") || "–",
    standing.includes(one) ? h("span", { class: "marks" }, cut(place, person, one), one.state === "active" && confirming(place, person, one)) : "–"]);
  show(place, h("h2", {}, t("links.found", { count: items.length })), rows.length > 0 && table(t("counter.links"), ["links.holder", "links.relation", "links.state", "links.scopes", "list.do"].map(words), rows),
    standing.length > 1 && button(t("links.cut_all"), () => cutting(place, person, null), { stop: true }));
}

/** @param {string} key */
const words = (key) => ({ "links.holder": t("links.holder"), "links.relation": t("links.relation"), "links.state": t("links.state"), "links.scopes": t("links.scopes"), "list.do": t("list.do") })[key] ?? key;

/** @param {HTMLElement} place @param {any} person @param {any} one */
const cut = (place, person, one) => button(t("links.cut"), () => cutting(place, person, [one.id]), { stop: true });

/** @param {HTMLElement} place @param {any} person @param {string[] | null} ids */
async function cutting(place, person, ids) {
  if (!window.confirm(t(ids ? "links.sure" : "links.sure_all"))) return;
  const left = await ask("POST", "/staff/links-on-person/end", { json: { ...person, link_ids: ids }, key: newKey() });
  showLinks(place, person, left.items);
  place.prepend(inset("good", h("p", { role: "status" }, t("links.done"))));
}

/** Whoever came of age is there and says that it goes on. @param {HTMLElement} place @param {any} person @param {any} one */
const confirming = (place, person, one) => button(t("links.confirm"), async () => {
  await ask("POST", `/staff/links/${one.id}/confirmation`, { json: { ...person, scopes: one.scopes }, key: newKey() });
  place.prepend(inset("good", h("p", { role: "status" }, t("links.confirmed"))));
}, { second: true });
