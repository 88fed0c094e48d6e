// @ts-check
/** What people decide about a link: by when, what came of it and why, and the one appeal. */

import { post, read, Wish } from "../api.js";
import { h } from "../dom.js";
import { day, lastDayBefore, moment, t } from "../i18n.js";
import { facts, form, inset, lead, longText, soft } from "../parts.js";
import { again } from "../router.js";

/** @typedef {{kind: string, level: number, due_at: string}} Waiting */
/** @typedef {{items: any[], waiting: Waiting | null}} Decisions */

const GROUNDS = { least: 10, most: 2000 };

/** @param {string} id  the link's @returns {Promise<Decisions>} */
export const decisionsOn = (id) => read(`/links/${id}/decisions`);

/** A person is asked: by when they answer. @param {Waiting | null} waiting */
export const asked = (waiting) => waiting && inset("", h("p", {}, t(waiting.level > 1 ? "decided.appealed" : "decided.by", { day: day(lastDayBefore(waiting.due_at)) })));

/** @param {string} id  the link's @param {any} last  the decision @param {Waiting | null} [waiting]  what is still to be decided */
export const decided = (id, last, waiting = null) => [
  facts([[t("proof.decided"), day(last.at)], [t("decided.why"), t(`decided.reason.${last.reason}`)]]),
  last.explanation && inset("warm", h("p", { dir: "auto" }, last.explanation)),
  waiting ? asked(waiting) : last.level > 1 && soft(t("decided.final")),
  last.may_appeal && appealOf(id, last),
];

/** @param {string} id @param {any} last */
function appealOf(id, last) {
  const wish = new Wish();
  const why = longText({ name: "grounds", label: t("rejected.why"), hint: t("proof.grounds_hint"), ...GROUNDS });
  return [
    lead(t("rejected.appeal", { day: moment(last.appeal_until) })),
    form({ name: `appeal.${id}`, fields: [why], submit: t("rejected.send"), link: id,
      send: async ({ grounds }) => { await post(`/links/${id}/appeal`, { grounds: grounds.trim() }, wish); again(); } }),
  ];
}
