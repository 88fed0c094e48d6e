// @ts-check
/** Every link on a person at the counter, who needs no phone: seen, cut, given a last day, confirmed at 16. */

import { ask, newKey, post, Wish } from "../../app/api.js";
import { h, show } from "../../app/dom.js";
import { brief, day, t } from "../../app/i18n.js";
import { button, choice, facts, form, inset, lead, line, page, quiet, soft } from "../../app/parts.js";
import { badge, coded, dayField, doneWith, masked, meant, named, paged, reasonFor, select, table } from "../parts.js";
import { number, paper, PAPERS, trimmed, unkept } from "./counter.js";

const OVER = ["ended", "withdrawn", "rejected", "expired"];
/** Why a court order that a colleague recorded is not confirmed. @type {Record<string, string[]>} */
const REJECTS = { rejected: ["order_not_seen", "order_says_otherwise", "order_not_in_force"] };
const LASTING = ["active", "suspended", "disputed"];

/** @typedef {{place: HTMLElement, person: {number: string, identity_document: string}, items: any[]}} Found  what was found on whom, and where it stands */

export function linksPage() {
  const place = h("div", { class: "stack" });
  const entry = form({
    name: "counter.links", fields: [number(), paper()].map(unkept), submit: t("counter.links.submit"),
    send: async (values) => {
      const person = /** @type {Found["person"]} */ (trimmed(values));
      showLinks({ place, person, items: (await ask("POST", "/staff/links-on-person/list", { json: person })).items });
    },
  });
  return page({ title: t("counter.links"), back: "/counter" }, soft(t("counter.links.about")), h("div", { class: "panel narrow" }, entry), place);
}

/** @param {Found} found @param {string} [done]  what was just done */
function showLinks(found, done) {
  const { place, items } = found;
  const standing = items.filter((one) => !OVER.includes(one.state));
  const columns = [t("links.holder"), t("links.relation"), t("links.state"), t("links.scopes"), t("links.ends_on"), t("list.do")];
  const rows = items.map((one) => [h("bdi", {}, one.name), one.relation ? t(`relation.${one.relation}`) : "–", badge(one.state === "active" ? "good" : "", coded(`state.${one.state}`, one.state)),
    one.scopes.map((/** @type {string} */ scope) => t(`scope.${scope}`)).join(" · ") || "–", one.ends_on ? day(one.ends_on) : "–", OVER.includes(one.state) ? "–" : tasks(found, one)]);
  const heading = h("h2", { tabindex: "-1" }, t("links.found", { count: standing.length }));
  show(place, done && inset("good", h("p", { role: "status" }, done)), heading, rows.length ? table(t("counter.links"), columns, rows) : h("p", { class: "empty" }, t("links.none")),
    standing.length > 1 && button(t("links.cut_all"), () => cut(found, null), { stop: true, first: () => meant(t("links.sure_all"), t("links.cut_all")) }));
  heading.focus();
}

/** @param {Found} found @param {any} one */
const tasks = (found, one) => h("span", { class: "marks" },
  one.next === "confirm_link" && button(t("links.confirm"), () => confirmed(found, one), { second: true }),
  LASTING.includes(one.state) && button(t("links.last_day"), () => askLastDay(found, one), { second: true }),
  button(t("links.cut"), () => cut(found, one), { stop: true, first: () => meant(t("links.sure", { name: one.name }), t("links.cut")) }));

/** What the service says of some of them now, among the others. @param {Found} found @param {any[]} changed @returns {Found} */
const amid = (found, changed) => ({ ...found, items: found.items.map((one) => ({ ...one, ...changed.find((other) => other.id === one.id) })) });

/** One of them, or all. @param {Found} found @param {any} one */
async function cut(found, one) {
  const left = await ask("POST", "/staff/links-on-person/end", { json: { ...found.person, link_ids: one ? [one.id] : null }, key: newKey() });
  showLinks(amid(found, left.items), t("links.done"));
}

/** Whoever came of age is there and says that it goes on. @param {Found} found @param {any} one */
async function confirmed(found, one) {
  await ask("POST", `/staff/links/${one.id}/confirmation`, { json: { ...found.person, scopes: one.scopes }, key: newKey() });
  showLinks(amid(found, [{ id: one.id, next: null }]), t("links.confirmed"));
}

/** Until when it holds: as the relative says it, or by a court order, which waits for a colleague. @param {Found} found @param {any} one */
function askLastDay(found, one) {
  const last = dayField({ name: "ends_on", label: t("links.last_day"), hint: t("links.last_day_hint") });
  last.fill(one.ends_on ?? "");
  const seen = select({ name: "seen", label: t("links.seen"), hint: t("links.seen_hint"), options: named([...PAPERS, "court_order"], "desk.paper") });
  const byOrder = () => seen.value() === "court_order";
  const wish = new Wish();
  const entry = form({
    name: "counter.last_day", fields: [last, seen, ...identified(seen, byOrder)].map(unkept), submit: t("links.last_day_submit"),
    send: async (values) => {
      const { ends_on, seen: paperSeen, court, file_number } = trimmed(values);
      const body = { ends_on: ends_on || null, number: found.person.number };
      if (byOrder()) {
        await post(`/staff/links/${one.id}/end-date-orders`, { ...body, court, file_number }, wish, { version: one.version });
        showLinks(found, t("orders.recorded"));
      } else {
        const now = await ask("PUT", `/staff/links/${one.id}/end-date`, { json: { ...body, seen: paperSeen }, version: one.version });
        showLinks(amid(found, [now]), t("links.last_day_done"));
      }
    },
  });
  const heading = h("h2", { tabindex: "-1" }, t("links.last_day_of", { name: one.name }));
  show(found.place, h("div", { class: "panel narrow" }, heading, entry, quiet(t("list.stay"), () => showLinks(found))));
  heading.focus();
}

/** What identifies a court order, asked for where there is one. @param {import("../../app/parts.js").Field} seen @param {() => boolean} byOrder */
function identified(seen, byOrder) {
  const check = (/** @type {string} */ value) => (byOrder() && !value.trim() ? t("check.empty") : "");
  const attributes = { autocomplete: "off", spellcheck: "false" };
  const fields = [line({ name: "court", label: t("orders.court"), check, attributes: { ...attributes, maxlength: "100" } }),
    line({ name: "file_number", label: t("orders.file_number"), check, attributes: { ...attributes, maxlength: "60" } })];
  const offer = () => fields.forEach((one) => { one.element.hidden = !byOrder(); });
  seen.element.addEventListener("change", offer);
  offer();
  return fields;
}

// --- court orders that wait for a second clerk -------------------------------------------------

export async function ordersPage() {
  const list = await paged("/staff/end-date-orders", (items) => h("div", { class: "stack" }, items.map(order)), t("cases.none"));
  return page({ title: t("counter.orders"), back: "/counter" }, lead(t("orders.lead")), list);
}

/** @param {string | null} ends_on */
const lastDayOf = (ends_on) => (ends_on ? day(ends_on) : t("orders.no_last_day"));

/** @param {any} one */
function order(one) {
  const place = h("section", { class: "panel" });
  place.append(h("h2", {}, h("bdi", {}, one.relative)),
    facts([[t("side.number"), masked(one.number_masked)], [t("links.holder"), h("bdi", {}, one.holder)], [t("links.relation"), one.relation && t(`relation.${one.relation}`)],
      [t("orders.now"), lastDayOf(one.link_ends_on)], [t("decide.ends_on"), lastDayOf(one.ends_on)], [t("orders.court"), h("bdi", {}, one.court)],
      [t("orders.file_number"), h("bdi", {}, one.file_number)], [t("orders.lapses"), brief(one.lapses_at)]]),
    one.may_answer ? answering(one, place) : soft(t("orders.yours")));
  return place;
}

/** @param {any} one @param {HTMLElement} place */
function answering(one, place) {
  const wish = new Wish();
  const outcome = choice({ name: `outcome-${one.id}`, label: t("decide.outcome"), two: true, options: named(["confirmed", "rejected"], "outcome_of") });
  const reason = reasonFor(outcome, (chosen) => REJECTS[chosen] ?? [], `reason-${one.id}`);
  const entry = form({
    name: `order.${one.id}`, fields: [outcome, reason], submit: t("decide.submit"),
    send: async () => {
      const done = await post(`/staff/end-date-orders/${one.id}/answer`, { outcome: outcome.value(), reason: reason.value() || null }, wish, { version: one.version });
      place.replaceChildren(...doneWith(t(`orders.done.${done.outcome}`)));
    },
  });
  return h("details", {}, h("summary", {}, t("orders.answer"), h("span", { class: "unseen" }, ` ${one.relative}`)), h("div", { class: "narrow" }, entry));
}
