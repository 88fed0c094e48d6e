// @ts-check
/** What an office does step by step: applications for cards, transfers, corrections, stops for safety. */

import { ask, newKey, post, read, Wish } from "../../app/api.js";
import { h } from "../../app/dom.js";
import { brief, day, t } from "../../app/i18n.js";
import { button, choice, door, facts, form, lead, line, longText, page, soft } from "../../app/parts.js";
import { again, go } from "../../app/router.js";
import { badge, coded, doneWith, instead, masked, meant, named, paged, reasonFor, short, table, until } from "../parts.js";
import { paper, unkept } from "./counter.js";

/** Where an application for a card may go from where it is. @type {Record<string, string[]>} */
const NEXT = { entered: ["in_production", "failed"], in_production: ["at_bank", "failed"], at_bank: ["ready", "failed"], ready: ["failed"] };
/** State → why it may fail there. @type {Record<string, string[]>} */
const FAILS = {
  entered: ["photo_not_fit", "particulars_differ", "not_entitled", "person_died"], in_production: ["production_failed", "particulars_differ", "person_died"],
  at_bank: ["bank_refused", "particulars_differ", "person_died"], ready: ["card_defective", "card_lost", "person_died"],
};
const TURNS = ["accepting", "old_agency", "new_agency"];
/** Why an office may refuse a transfer: the one that accepts it, and those that pass the records on. */
const REFUSES = (/** @type {string} */ state) => [state === "accepting" ? "no_tie_to_region" : "records_incomplete", "particulars_differ", "not_entitled", "person_died"];
/** @type {Record<string, string[]>} */
const ANSWERS = { corrected: ["corrected_in_registry"], refused: ["registry_is_right", "not_proven", "another_office"] };

/** @param {string} room @param {any} one */
const opens = (room, one) => h("a", { class: "row-door", href: `#${room}/${one.id}` }, t("list.open"), " ", h("span", { class: "number" }, short(one.id)));

/** @param {any} found @param {[string, any][]} more */
const about = (found, more) => facts([[t("side.name"), h("bdi", {}, found.person)], [t("side.number"), masked(found.number_masked)], ...more,
  [t("decide.reason"), found.reason && coded(`reason_of.${found.reason}`, found.reason)]]);

// --- applications for cards --------------------------------------------------------------------

export async function cardsPage() {
  const columns = [t("list.number"), t("list.state"), t("list.since"), t("list.region")];
  const list = await paged("/staff/card-applications", (items) => table(t("rooms.cards"), columns,
    items.map((one) => [opens("/cards", one), badge("", t(`stage.${one.state}`)), brief(one.state_since), one.region_name])), t("cases.none"));
  return page({ title: t("rooms.cards") }, lead(t("agency_cards.lead")), list);
}

/** @param {string} id */
export async function cardPage(id) {
  const path = `/staff/card-applications/${id}`;
  const found = await read(path);
  const isOpen = found.state in NEXT;
  return page({ title: t("agency_cards.title", { number: short(id) }), back: "/cards" }, h("div", { class: "panel narrow" }, badge("", t(`stage.${found.state}`)),
    about(found, [[t("list.since"), brief(found.state_since)], [t("agency_cards.collect_by"), found.collect_by && day(found.collect_by)]]),
    isOpen && instead(t("agency_cards.photo"), () => photo(path), { second: true })),
    found.state === "ready" && collecting(found, path), isOpen && moving(found, path));
}

/** The photo for the card, when it is asked for: each look is on record. @param {string} path */
async function photo(path) {
  const url = URL.createObjectURL((await ask("GET", `${path}/photo`, { file: true })).content);
  addEventListener("hashchange", () => URL.revokeObjectURL(url), { once: true });
  return h("div", { class: "picture" }, h("img", { src: url, alt: t("role.face_photo") }));
}

/** @param {any} found @param {string} path */
function moving(found, path) {
  const to = choice({ name: "to", label: t("agency_cards.to"), options: named(NEXT[found.state], "stage") });
  const reason = reasonFor(to, (chosen) => (chosen === "failed" ? FAILS[found.state] : []));
  return h("div", { class: "panel narrow" }, form({
    name: `card.${found.id}.${found.state}`, fields: [to, reason], submit: t("agency_cards.move"), second: found.state === "ready",
    send: async (values) => {
      await ask("POST", `${path}/moves`, { json: { to: values.to, reason: values.reason || null }, version: found.version });
      again();
    },
  }));
}

/** @param {any} found @param {string} path */
function collecting(found, path) {
  const place = h("div", { class: "panel narrow" }, h("h2", {}, t("agency_cards.collect")));
  place.append(form({
    name: `collect.${found.id}`, fields: [unkept(paper())], submit: t("agency_cards.collect"),
    send: async (values) => {
      const card = await ask("POST", `${path}/collection`, { json: values, version: found.version });
      const told = facts([[t("sign_in.number"), h("span", { class: "big" }, card.card_number)], [t("told.until"), day(card.expires_on)]]);
      over(place, doneWith(t("counter.done"), told, door(t("case.back"), "/cards", { second: true })));
    },
  }));
  return place;
}

/** What came of it stands in place of all that could be done. @param {HTMLElement} place @param {any[]} result */
const over = (place, result) => place.closest(".page")?.querySelectorAll(".panel").forEach((one, at) => { if (at) one.remove(); else one.replaceChildren(...result.filter(Boolean)); });

// --- transfers ---------------------------------------------------------------------------------

/** @param {any} one */
const way = (one) => `${one.from_name} → ${one.to_name}`;

export async function transfersPage() {
  const columns = [t("list.number"), t("list.state"), t("agency_transfers.way"), t("list.due"), t("list.marks")];
  const list = await paged("/staff/transfers", (items) => table(t("rooms.transfers"), columns,
    items.map((one) => [opens("/transfers", one), badge("", t(`stage.${one.state}`)), way(one), one.due_at ? until(one.due_at) : "–",
      one.late ? badge("bad", t("mark.overdue")) : "–"])), t("cases.none"));
  return page({ title: t("rooms.transfers") }, lead(t("agency_transfers.lead")), list);
}

/** @param {string} id */
export async function transferPage(id) {
  const path = `/staff/transfers/${id}`;
  const found = await read(path);
  return page({ title: t("agency_transfers.title", { number: short(id) }), back: "/transfers" }, h("div", { class: "panel narrow" }, badge("", t(`stage.${found.state}`)),
    about(found, [[t("agency_transfers.way"), way(found)], [t("list.due"), found.due_at && until(found.due_at)]])),
    TURNS.includes(found.state) && passing(found, path));
}

/** The office whose turn it is; afterwards it is another one's, who alone may read it. @param {any} found @param {string} path */
function passing(found, path) {
  const outcome = choice({ name: "outcome", label: t("decide.outcome"), two: true, options: named(["accepted", "refused"], "outcome_of") });
  const reason = reasonFor(outcome, (chosen) => (chosen === "refused" ? REFUSES(found.state) : []));
  const place = h("div", { class: "panel narrow" });
  place.append(form({
    name: `transfer.${found.id}.${found.state}`, fields: [outcome, reason], submit: t("decide.submit"),
    send: async (values) => {
      const now = await ask("POST", `${path}/decision`, { json: { accepted: values.outcome === "accepted", reason: values.reason || null }, version: found.version });
      over(place, doneWith(t("counter.done"), facts([[t("list.state"), t(`stage.${now.state}`)], [t("list.due"), now.due_at && until(now.due_at)]]), door(t("case.back"), "/transfers", { second: true })));
    },
  }));
  return place;
}

// --- corrections -------------------------------------------------------------------------------

export async function correctionsPage() {
  const list = await paged("/staff/corrections", (items) => h("div", { class: "stack" }, items.map(correction)), t("cases.none"));
  return page({ title: t("rooms.corrections") }, lead(t("corrections.lead")), list);
}

/** @param {any} one */
const heldNow = (one) => {
  if (!one.registry_says) return t("corrections.nothing");
  if (one.field === "birth_date") return day(one.registry_says);
  return one.field === "sex" ? coded(`sex.${one.registry_says}`, one.registry_says) : h("bdi", {}, one.registry_says);
};

/** @param {any} one */
function correction(one) {
  const wish = new Wish();
  const place = h("section", { class: "panel" });
  const outcome = choice({ name: `outcome-${one.id}`, label: t("decide.outcome"), two: true, options: named(["corrected", "refused"], "outcome_of") });
  const reason = reasonFor(outcome, (chosen) => ANSWERS[chosen] ?? [], `reason-${one.id}`);
  const words = longText({ name: `words-${one.id}`, label: t("decide.explanation"), hint: t("corrections.words_hint"), least: 10, most: 1000 });
  const entry = form({
    name: `correction.${one.id}`, fields: [outcome, reason, words], submit: t("decide.submit"),
    send: async () => {
      const answer = { outcome: outcome.value(), reason: reason.value(), explanation: words.value().trim() };
      await post(`/staff/corrections/${one.id}/answer`, answer, wish, { version: one.version });
      place.replaceChildren(...doneWith(t("corrections.done")));
    },
  });
  place.append(h("h2", {}, h("bdi", {}, one.person)), ...(one.overdue ? [badge("bad", t("mark.overdue"))] : []),
    facts([[t("side.number"), masked(one.number_masked)], [t("corrections.field"), t(`staff_field.${one.field}`)], [t("corrections.says"), heldNow(one)], [t("corrections.wanted"), h("bdi", {}, one.wanted)],
      [t("list.due"), until(one.due_at)]]),
    h("details", {}, h("summary", {}, t("corrections.answer"), h("span", { class: "unseen" }, ` ${one.person}`)), h("div", { class: "narrow" }, entry)));
  return place;
}

// --- stops for somebody's safety ---------------------------------------------------------------

/** @param {string} [id]  the link, where a case led here */
export function stopsPage(id = "") {
  const link = line({ name: "link", label: t("stops.link"), hint: t("stops.link_hint"), class: "digits", attributes: { autocomplete: "off", spellcheck: "false", maxlength: "40" },
    check: (value) => (/^[0-9a-f-]{36}$/.test(value.trim()) ? "" : t("stops.not_a_link")) });
  link.fill(id);
  const action = choice({ name: "action", label: t("stops.action"), options: named(["suspend", "resume", "end"], "stops.action") });
  const place = h("div", { class: "panel narrow" });
  place.append(form({
    name: "stop", fields: [link, action].map(unkept), submit: t("stops.submit"),
    send: async (values) => {
      if (values.action === "end" && !await meant(t("stops.sure"), t("stops.action.end"))) return;
      await ask("POST", `/staff/links/${values.link.trim()}/action`, { json: { action: values.action }, key: newKey() });
      place.replaceChildren(...doneWith(t(`stops.done.${values.action}`), button(t("stops.another"), () => go("/stops"), { second: true })));
    },
  }));
  return page({ title: t("rooms.stops") }, lead(t("stops.lead")), soft(t("stops.hidden")), place);
}
