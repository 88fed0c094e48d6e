// @ts-check
/** What waits for a person: cases about links, and about proof of life. The lists name nobody. */

import { h } from "../../app/dom.js";
import { brief, t } from "../../app/i18n.js";
import { door, lead, page } from "../../app/parts.js";
import { badge, coded, paged, short, table, tabs, until } from "../parts.js";

/** @type {Record<string, string>} */
const VIEWS = { "": "", overdue: "overdue=true", approval: "approval=true", decided: "state=decided" };
const columns = () => [t("list.case"), t("list.opened"), t("list.due"), t("list.marks"), t("list.do")];

/** @param {string} [view] */
export async function casesPage(view = "") {
  const present = view ? `/cases/${view}` : "/cases";
  const doors = Object.keys(VIEWS).map((one) => /** @type {[string, string]} */ ([one ? `/cases/${one}` : "/cases", t(`cases.view.${one || "waiting"}`)]));
  const list = await paged(`/staff/cases?${VIEWS[view]}`, (items) => table(t("rooms.cases"), columns(), items.map((one) => rowOf(one, "/cases"))), t("cases.none"));
  return page({ title: t("rooms.cases") }, lead(t("cases.lead")), tabs(t("rooms.cases"), doors, present), list);
}

export async function proofsPage() {
  const list = await paged("/staff/certification/cases", (items) => table(t("rooms.proofs"), columns(), items.map((one) => rowOf(one, "/proofs"))), t("cases.none"));
  return page({ title: t("rooms.proofs") }, lead(t("proofs.lead")), list, door(t("counter.benefit"), "/proofs/benefit", { second: true }));
}

/** @param {any} one @param {string} room */
function rowOf(one, room) {
  const door = h("a", { class: "row-door", href: `#${room}/${one.id}` }, coded(`kind_of.${one.kind}`, one.kind), " ", h("span", { class: "number" }, short(one.id)));
  return [door, brief(one.opened_at), until(one.due_at), marks(one) || "–",
    one.opening_asked ? h("a", { href: `#${room}/${one.id}/approval` }, t("cases.approve"), h("span", { class: "unseen" }, ` ${short(one.id)}`)) : "–"];
}

/** @param {any} one */
export function marks(one) {
  const found = [
    one.overdue && badge("bad", t("mark.overdue")), one.level === 2 && badge("warm", t("mark.appeal")),
    one.minor && badge("", t("mark.minor")), one.opening_asked && badge("warm", t("mark.asked")),
    one.state === "decided" && badge("", t("mark.decided"))].filter(Boolean);
  return found.length > 0 && h("span", { class: "marks" }, found);
}
