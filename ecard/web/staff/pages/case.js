// @ts-check
/** One case, side by side: what was given, what the camera saw, what a machine measured, what was declared. */

import { post, Problem, read, Wish } from "../../app/api.js";
import { h } from "../../app/dom.js";
import { brief, day, figure, has, t } from "../../app/i18n.js";
import { banner, button, choice, door, facts, form, inset, lead, longText, page, soft } from "../../app/parts.js";
import { again } from "../../app/router.js";
import { isA } from "../me.js";
import { badge, coded, dayField, gallery, instead, masked, named, reasonFor, short, table, until } from "../parts.js";
import { marks } from "./cases.js";

const CASES = { room: "/cases", api: "/staff/cases" };
const PROOFS = { room: "/proofs", api: "/staff/certification/cases" };
const REFERENCES = ["reference_photo", "reference", "portrait", "face_photo"];
/** What a link's last day may come from, and the cases in which it is written down. */
const ORDERS = ["guardianship_order", "court_order"];
const ON_PAPER = ["evidence", "dispute"];
const WAITING = ["open", "appealed"];
const OUTCOMES = ["approved", "rejected"];
/** Kinds of cases about a proof of life whose refusal is final. */
const APPEALS = ["appeal", "stop_appeal"];
const LEAST = 10;
const MOST = 1000;
/** @type {Record<string, string[]>} */
const PROOF_REASONS = { accepted: ["seen_in_person", "reason_accepted", "face_confirmed"], refused: ["not_met", "identity_not_verified", "misuse"] };

/** @typedef {typeof CASES} Desk */

/** @param {string} id */
export const casePage = (id) => opened(CASES, id, caseView);
/** @param {string} id */
export const proofPage = (id) => opened(PROOFS, id, proofView);
/** @param {string} id */
export const approvalPage = (id) => approving(CASES, id);
/** @param {string} id */
export const proofApprovalPage = (id) => approving(PROOFS, id);

/** A minor's case opens only when a second person agreed. @param {Desk} desk @param {string} id @param {(found: any, desk: Desk) => any} view */
async function opened(desk, id, view) {
  try {
    return view(await read(`${desk.api}/${id}`), desk);
  } catch (trouble) {
    if (!(trouble instanceof Problem) || trouble.code !== "opening_not_approved") throw trouble;
    return closedPage(desk, id, trouble.detail);
  }
}

/** @param {Desk} desk @param {string} id @param {string} why */
function closedPage(desk, id, why) {
  const wish = new Wish();
  return page({ title: t("opening.title", { number: short(id) }), back: desk.room }, h("div", { class: "panel door-panel" }, lead(why), soft(t("opening.lead")),
    instead(t("opening.ask"), async () => {
      await post(`${desk.api}/${id}/opening`, undefined, wish);
      return [inset("good", h("p", {}, t("opening.asked", { number: short(id) }))), button(t("opening.look"), again, { icon: "again" })];
    })));
}

/** @param {Desk} desk @param {string} id */
function approving(desk, id) {
  const wish = new Wish();
  return page({ title: t("approval.title", { number: short(id) }), back: desk.room }, h("div", { class: "panel door-panel" }, lead(t("approval.lead")), soft(t("approval.record")),
    instead(t("approval.yes"), async () => {
      const given = await post(`${desk.api}/${id}/opening/approval`, undefined, wish);
      return [inset("good", h("p", {}, t("approval.done", { time: brief(given.expires_at) }))), door(t("case.back"), desk.room, { second: true })];
    })));
}

// --- a case about a link -----------------------------------------------------------------------

/** @param {any} found @param {Desk} desk */
function caseView(found, desk) {
  const shown = gallery(`${desk.api}/${found.id}`);
  const head = h("div", { class: "case-head" }, marks({ ...found, overdue: Date.parse(found.due_at) < Date.now() }),
    WAITING.includes(found.state) && h("p", { class: "soft" }, t("case.due", { time: until(found.due_at) })));
  return page({ title: t("case.title", { kind: t(`kind_of.${found.kind}`), number: short(found.id) }), back: desk.room, leave: shown.leave },
    head, why(found.reasons), beside([pictures(found, shown), machine(found.facts)], [declared(found), history(found), deciding(found, desk)]));
}

/** What there is to see stands beside what is to decide; with nothing to see, that stands alone. @param {any[]} seen @param {any[]} rest */
const beside = (seen, rest) => (seen.some(Boolean)
  ? h("div", { class: "beside" }, h("div", { class: "stack" }, seen), h("div", { class: "stack" }, rest))
  : h("div", { class: "stack alone" }, soft(t("case.no_files")), rest));

/** @param {string[]} reasons */
const why = (reasons) => reasons.length > 0 && inset("", h("h2", {}, t("case.why")), h("ul", { class: "list" }, reasons.map((one) => h("li", {}, coded(`why.${one}`, one)))));

/** @param {any} found @param {ReturnType<typeof gallery>} shown */
function pictures(found, shown) {
  const isReference = (/** @type {any} */ file) => REFERENCES.includes(file.role);
  const groups = /** @type {[string, any[]][]} */ ([
    ["case.references", found.files.filter(isReference)],
    ["case.frames", found.files.filter((/** @type {any} */ file) => ["frame", "digits_video"].includes(file.role))],
    ["case.papers", found.files.filter((/** @type {any} */ file) => !isReference(file) && !["frame", "digits_video"].includes(file.role))]])
    .filter(([, files]) => files.length);
  return groups.length > 0 && h("div", { class: "compare" }, groups.map(([words, files]) =>
    h("section", { class: "panel group", "data-of": words }, h("h2", {}, groupName(words)), h("div", { class: "figures" }, files.map((/** @type {any} */ file, /** @type {number} */ place) =>
      shown.picture(file, nameOf(file, files.slice(0, place), files)))))));
}

/** @param {string} words */
const groupName = (words) => ({ "case.references": t("case.references"), "case.frames": t("case.frames"), "case.papers": t("case.papers") })[words];

/** Several of one kind are numbered. @param {any} file @param {any[]} before @param {any[]} all */
function nameOf(file, before, all) {
  const words = coded(`role.${file.role}`, file.role);
  const name = typeof words === "string" ? words : String(words.textContent);
  const alike = (/** @type {any[]} */ files) => files.filter((one) => one.role === file.role).length;
  return alike(all) > 1 ? `${name} ${alike(before) + 1}` : name;
}

/** What the machine saw. @param {any} seen */
function machine(seen) {
  const rows = /** @type {[string, any][]} */ ([
    [t("machine.outcome"), seen.outcome && coded(`machine.outcome.${seen.outcome}`, seen.outcome)],
    [t("machine.zone"), seen.zone && coded(`machine.zone.${seen.zone}`, seen.zone)],
    [t("machine.life"), seen.life && coded(`machine.life.${seen.life}`, seen.life)],
    [t("machine.portrait"), seen.registry_portrait && coded(`machine.portrait.${seen.registry_portrait}`, seen.registry_portrait)],
    [t("machine.digits"), seen.digits && h("strong", { class: "big" }, seen.digits)],
    [t("machine.seconds"), seen.seconds && figure(seen.seconds)],
    [t("machine.eyes"), seen.between_eyes_px && `${seen.between_eyes_px} px`],
    [t("machine.scopes"), seen.scopes && seen.scopes.map((/** @type {string} */ one) => t(`scope.${one}`)).join(" · ")],
    [t("machine.engine"), seen.engine && `${seen.engine} · ${seen.operating_point ?? ""}`]]).filter(([, value]) => value);
  if (!rows.length && !seen.quality?.length && !seen.read?.length) return false;
  return h("section", { class: "panel" }, h("h2", {}, t("case.machine")), facts(rows), said(seen.read), measured(seen.quality));
}

/** What was read off the papers. @param {string[] | undefined} found */
const said = (found) => Boolean(found?.length) && h("div", { class: "stack" }, h("h3", {}, t("machine.read")), h("ul", { class: "list" }, found?.map((one) => h("li", {}, coded(`why.${one}`, one)))));

/** A ratio has no unit. @param {string} unit */
const inWords = (unit) => (has(`unit.${unit}`) ? t(`unit.${unit}`) : "");

/** @param {any[] | undefined} found */
function measured(found) {
  if (!found?.length) return false;
  const failed = found.filter((one) => !one.passed).length;
  const all = table(t("machine.measures"), [t("machine.measure"), t("machine.value"), t("machine.passed")], found.map((one) => [
    coded(`measure.${one.name}`, one.name), one.value === undefined ? "–" : `${figure(one.value, 3)} ${inWords(one.unit)}`,
    badge(one.passed ? "good" : "bad", t(one.passed ? "machine.yes" : "machine.no"))]));
  return h("details", { open: failed > 0 }, h("summary", {}, t("machine.counted", { all: found.length, failed })), all);
}

/** What was declared, to be compared with the papers. @param {any} found */
function declared(found) {
  const sides = /** @type {[string, any][]} */ ([["case.holder", found.holder], ["case.relative", found.relative], ["case.objector", found.objector]]).filter(([, side]) => side);
  return h("section", { class: "panel" }, h("h2", {}, t("case.declared")),
    isA("safeguarding") && facts([[t("stops.link"), h("a", { href: `#/stops/${found.link_id}` }, h("code", {}, found.link_id))]]),
    found.relation && h("p", {}, t("case.relation", { relation: t(`relation.${found.relation}`) }), " ", found.face_subject === "guardian" && badge("warm", t("case.guardian_face"))),
    h("div", { class: "sides" }, sides.map(([words, side]) => h("div", {}, h("h3", {}, sideName(words)), facts([
      [t("side.name"), h("bdi", {}, side.name)], [t("side.number"), masked(side.number_masked)], [t("side.born"), day(side.birth_date)], [t("side.sex"), coded(`sex.${side.sex}`, side.sex)]])))));
}

/** @param {string} words */
const sideName = (words) => ({ "case.holder": t("case.holder"), "case.relative": t("case.relative"), "case.objector": t("case.objector") })[words];

/** Earlier decisions, and what was written against them. @param {any} found */
const history = (found) => (found.decisions.length > 0 || found.grounds) && h("section", { class: "panel" }, h("h2", {}, t("case.before")),
  found.decisions.map((/** @type {any} */ one) => h("div", { class: "stack" },
    h("p", {}, found.kind === "dispute" ? badge("", t(`outcome_of_dispute.${one.outcome}`)) : badge(one.outcome === "approved" ? "good" : "bad", t(`figures.${one.outcome}`)), " ", coded(`reason_of.${one.reason}`, one.reason), " · ", brief(one.at)), one.explanation && h("blockquote", {}, one.explanation))),
  found.grounds && [h("h3", {}, t("case.grounds")), h("blockquote", {}, found.grounds)]);

/** @param {any} found @param {Desk} desk */
function deciding(found, desk) {
  const isTheirs = isA(found.kind === "dispute" ? "safeguarding" : "reviewer");
  if (!isTheirs || !WAITING.includes(found.state)) return isTheirs ? false : inset("", h("p", {}, t("decide.not_yours")));
  const wish = new Wish();
  const place = h("section", { class: "panel decide" });
  const disputed = found.kind === "dispute";
  const options = disputed ? named(OUTCOMES, "outcome_of_dispute") : named(OUTCOMES, "outcome_of");
  const outcome = choice({ name: "outcome", label: t("decide.outcome"), two: true, options });
  const reason = reasonFor(outcome, (chosen) => found.may_give[chosen] ?? []);
  const explanation = longText({ name: "explanation", label: t("decide.explanation"), hint: t("decide.explanation_hint"), least: LEAST, most: MOST });
  const last = lastDay(found, outcome);
  const entry = form({
    name: `decide.${found.id}.${found.level}`, fields: [outcome, reason, explanation, ...last], submit: t("decide.submit"),
    send: async (values) => {
      await post(`${desk.api}/${found.id}/decision`, { ...values, ends_on: (values.outcome === "approved" && values.ends_on) || null }, wish, { version: found.version });
      place.closest(".page")?.replaceChildren(...decided(values.outcome, desk, found.level > 1 ? "final" : disputed ? "settled" : values.outcome));
    },
  });
  place.append(h("h2", {}, t("decide.title")), entry);
  return place;
}

/** Until when the order holds that is accepted, where there is one. @param {any} found @param {import("../../app/parts.js").Field} outcome */
function lastDay(found, outcome) {
  if (!ON_PAPER.includes(found.kind) || !found.files.some((/** @type {any} */ file) => ORDERS.includes(file.role))) return [];
  const last = dayField({ name: "ends_on", label: t("decide.ends_on"), hint: t("decide.ends_on_hint") });
  const offer = () => { last.element.hidden = outcome.value() !== "approved"; };
  outcome.element.addEventListener("change", offer);
  offer();
  return [last];
}

/** @param {string} outcome @param {Desk} desk @param {string} told  what everybody is told with it */
function decided(outcome, desk, told) {
  const approved = ["approved", "accepted"].includes(outcome);
  const heading = h("h1", { tabindex: "-1" }, t("decide.done"));
  queueMicrotask(() => heading.focus());
  return [heading, banner(approved ? "good" : "warm", "done", t(`decide.${told}`)), door(t("case.back"), desk.room)];
}

// --- a case about proof of life ----------------------------------------------------------------

/** @param {any} found @param {Desk} desk */
function proofView(found, desk) {
  const shown = gallery(`${desk.api}/${found.case.id}`);
  return page({ title: t("case.title", { kind: t(`kind_of.${found.case.kind}`), number: short(found.case.id) }), back: desk.room, leave: shown.leave },
    h("div", { class: "case-head" }, marks(found.case), h("p", { class: "soft" }, t("case.due", { time: until(found.case.due_at) }))),
    why(found.reasons), beside([pictures(found, shown), machine(found.facts)],
      [h("section", { class: "panel" }, h("h2", {}, t("case.declared")), facts([[t("side.name"), found.case.person && h("bdi", {}, found.case.person)]]),
        found.case.grounds && h("blockquote", {}, found.case.grounds)), proving(found.case, desk)]));
}

/** @param {any} found @param {Desk} desk */
function proving(found, desk) {
  const wish = new Wish();
  const place = h("section", { class: "panel decide" });
  const outcome = choice({ name: "outcome", label: t("decide.outcome"), two: true, options: named(["accepted", "refused"], "outcome_of") });
  const reason = reasonFor(outcome, (chosen) => PROOF_REASONS[chosen] ?? []);
  const entry = form({
    name: `prove.${found.id}`, fields: [outcome, reason], submit: t("decide.submit"),
    send: async (values) => {
      const accepted = values.outcome === "accepted";
      await post(`${desk.api}/${found.id}/decision`, { accepted, reason: values.reason }, wish, { version: found.version });
      place.closest(".page")?.replaceChildren(...decided(values.outcome, desk, !accepted && APPEALS.includes(found.kind) ? "final" : values.outcome));
    },
  });
  place.append(h("h2", {}, t("decide.title")), entry);
  return place;
}
