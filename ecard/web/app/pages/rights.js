// @ts-check
/** Rights as the registry has them: what is drawn, what stands on accounts, what was paid in, what is missing. */

import { ask, newKey, read } from "../api.js";
import { h } from "../dom.js";
import { amount, day, month, t } from "../i18n.js";
import { button, facts, keepFile, lead, page, panel, soft } from "../parts.js";
import { whose } from "../whose.js";

/** @typedef {{kind: string, year: number, months: number[], cents: number}} Contribution */

/** @param {string} [link] */
export async function rightsPage(link) {
  const of = await whose(link);
  const rights = await read(`${of.api}/rights`);
  return page({ title: t(of.link ? "rights.of" : "rights.own", { name: of.name }), back: of.back }, lead(t("rights.as_of", { day: day(rights.as_of) })),
    part("rights.benefits", rights.benefits.map(benefit)),
    part("rights.balances", rights.balances.map((/** @type {any} */ one) => entry(one.kind, amount(one.cents), t("rights.on", { day: day(one.as_of) })))),
    part("rights.contributions", paidIn(rights.contributions)),
    part("rights.gaps", rights.gaps.map((/** @type {any} */ one) =>
      entry(one.kind, t("rights.months", { months: one.months }), t("rights.between", { first: month(one.first), last: month(one.last) })))),
    of.acts && paper(of));
}

/** All of it on paper, signed. @param {import("../whose.js").Whose} of */
function paper(of) {
  const key = newKey();
  const place = h("div", { class: "stack" });
  const made = button(t("rights.certificate_make"), async () => {
    const { id, good_until } = await ask("POST", `${of.api}/rights/certificates`, { key });
    place.replaceChildren(soft(t("rights.certificate_made", { day: day(good_until) })));
    keepFile(await ask("GET", `/rights/certificates/${id}`, { file: true }));
  }, { second: true, icon: "file" });
  return panel(h("h2", {}, t("rights.certificate")), h("p", {}, t("rights.certificate_about")), made, place);
}

/** @param {string} key @param {any[]} entries */
const part = (key, entries) => panel(h("h2", {}, t(key)), entries.length ? entries : soft(t("rights.none")));

/** @param {string} kind @param {string} value @param {string} more */
const entry = (kind, value, more) => facts([[t(`kind.${kind}`), h("span", {}, value, h("br"), h("span", { class: "hint" }, more))]]);

/** @param {any} one */
const benefit = (one) => entry(one.kind, t("rights.a_month", { amount: amount(one.cents) }),
  t(one.paid ? "rights.since" : "rights.stopped", { day: day(one.since) }));

/** Of each kind all the years together. @param {Contribution[]} contributions */
function paidIn(contributions) {
  const kinds = [...new Set(contributions.map((one) => one.kind))];
  return kinds.map((kind) => {
    const years = contributions.filter((one) => one.kind === kind);
    const months = years.reduce((sum, one) => sum + one.months.length, 0);
    const cents = years.reduce((sum, one) => sum + one.cents, 0);
    const [first, last] = [Math.min(...years.map((one) => one.year)), Math.max(...years.map((one) => one.year))];
    return entry(kind, t("rights.paid", { months, amount: amount(cents) }), first === last ? String(first) : `${first}–${last}`);
  });
}
