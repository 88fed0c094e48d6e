// @ts-check
/** An auditor's rooms: figures of the region, and what stands in the audit record. No person is named. */

import { read } from "../../app/api.js";
import { h, show } from "../../app/dom.js";
import { brief, figure, t } from "../../app/i18n.js";
import { form, inset, lead, line, page, soft } from "../../app/parts.js";
import { go } from "../../app/router.js";
import { coded, paged, parted, select, short, table, tabs } from "../parts.js";

const DAYS = ["7", "30", "92"];
const BY = ["case", "actor", "object"];
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param {string} [days] */
export async function figuresPage(days = "30") {
  const found = await read(`/staff/figures?days=${days}`);
  const doors = DAYS.map((one) => /** @type {[string, string]} */ ([`/figures/${one}`, t("figures.days", { days: one })]));
  const columns = ["opened", "approved", "rejected", "waiting", "overdue", "appealed", "hours"].map((one) => t(`figures.${one}`));
  const rows = found.items.map((/** @type {any} */ one) => [coded(`kind_of.${one.kind}`, one.kind),
    ...[one.opened, one.approved, one.rejected, one.waiting, one.overdue, one.appealed, one.median_hours].map(few)]);
  return page({ title: t("rooms.figures") }, lead(t("figures.lead", { time: brief(found.since) })), tabs(t("rooms.figures"), doors, `/figures/${days}`),
    rows.length ? table(t("rooms.figures"), [t("list.case"), ...columns], rows) : h("p", { class: "empty" }, t("cases.none")),
    soft(t("figures.few", { least: found.least })),
    inset(found.faces >= found.faces_to_report ? "bad" : "",
      t("figures.faces", { people: found.faces === null ? t("figures.hidden") : figure(found.faces), most: figure(found.faces_to_report) })));
}

/** @param {number | null} value */
const few = (value) => (value === null ? h("span", { class: "soft" }, t("figures.hidden")) : figure(value));

/** @param {string} [by] @param {string} [id] */
export async function auditPage(by = "", id = "") {
  const kind = select({ name: "by", label: t("audit.by"), options: BY.map((one) => [one, t(`audit.by.${one}`)]) });
  const subject = line({ name: "subject", label: t("audit.subject"), hint: t("audit.subject_hint"), class: "digits",
    attributes: { autocomplete: "off", spellcheck: "false", maxlength: "40" }, check: (value) => (ID.test(value.trim()) ? "" : t("audit.not_an_id")) });
  const entry = form({ name: "audit", fields: [kind, subject], submit: t("audit.search"), send: async (values) => go(`/audit/${values.by}/${values.subject.trim()}`) });
  const place = h("div", { class: "stack" });
  if (by) {
    kind.fill(by);
    subject.fill(id);
    show(place, h("h2", {}, t("audit.found")), await paged(`/staff/audit?by=${by}&subject_id=${id}`, rowsOf, t("audit.none")));
  }
  return page({ title: t("rooms.audit") }, lead(t("audit.lead")), h("div", { class: "panel narrow" }, entry), place);
}

/** @param {any[]} items */
const rowsOf = (items) => table(t("audit.found"), ["seq", "at", "action", "object", "actor", "outcome"].map((one) => t(`audit.${one}`)), items.map((one) => [
  String(one.seq), brief(one.at), parted(one.action), told("object", one.object_kind, one.object_id), told("actor", one.actor_kind, one.actor_id),
  parted(one.reason ? `${one.outcome}: ${one.reason}` : one.outcome)]));

/** What else is on record about it is one step away. @param {string} by @param {string} kind @param {string | null} id */
const told = (by, kind, id) => (id ? h("a", { href: `#/audit/${by}/${id}`, title: id }, `${kind} ${short(id)}`) : kind);
