// @ts-check
/** The counter: what a clerk does for a person who is there, with their document. */

import { ask, post, Wish } from "../../app/api.js";
import { h, icons, show } from "../../app/dom.js";
import { brief, day, t } from "../../app/i18n.js";
import { button, door, facts, form, keepFile, lead, line, page, row, several, soft } from "../../app/parts.js";
import { coded, dayField, doneWith, masked, named, select } from "../parts.js";

export const PAPERS = ["id_card", "passport", "residence_permit"];
const SCOPES = ["rights", "certification", "transfer", "card_status", "qr", "money"];
const STATES = ["normal", "suspended", "lost", "cancelled"];
const OPERATIONS = ["identify", "register_patient", "collect_medicine", "collect_document"];
const BENEFITS = ["old_age", "survivors", "disability", "work_injury"];

const typed = { autocomplete: "off", spellcheck: "false", maxlength: "40" };
const code = () => line({ name: "code", label: t("desk.code"), hint: t("desk.code_hint"), class: "digits", attributes: typed });
export const number = () => line({ name: "number", label: t("desk.number"), class: "digits", attributes: typed });
const card = () => line({ name: "card_number", label: t("sign_in.number"), class: "digits", attributes: typed });
const text = () => line({ name: "text", label: t("desk.text"), hint: t("desk.text_hint"), attributes: { ...typed, maxlength: "1000" } });
export const paper = (known = PAPERS) => select({ name: "identity_document", label: t("desk.paper"), options: named(known, "desk.paper") });
const state = () => select({ name: "state", label: t("desk.state"), options: named(STATES, "card") });
const operation = () => select({ name: "operation", label: t("desk.operation"), options: named(OPERATIONS, "operation") });
const benefit = () => select({ name: "kind", label: t("desk.benefit"), options: named(BENEFITS, "kind") });
const guardian = () => line({ name: "guardian_number", label: t("desk.guardian"), hint: t("desk.guardian_hint"), class: "digits", attributes: typed, check: () => "" });
const scopes = () => several({ name: "scopes", label: t("desk.scopes"), hint: t("desk.scopes_hint"), options: named(SCOPES, "scope") });
const there = () => several({ name: "there", label: t("desk.there"), needed: true, options: [["present", t("desk.there.present")]] });
const seen = () => several({ name: "there", label: t("desk.seen"), needed: true, options: [["present", t("desk.seen.present")]] });
const agrees = () => several({ name: "agrees", label: t("desk.agrees"), hint: t("desk.agrees_hint"), options: [["accepted", t("desk.agrees.accepted")]] });
const lastDay = () => dayField({ name: "ends_on", label: t("desk.ends_on"), hint: t("desk.ends_on_hint") });
/** What goes on paper or is read out. @param {string} value */
const big = (value) => h("span", { class: "big" }, value);

/**
 * What can be done: where it is sent, what is asked for, and what to tell the person.
 * @type {Record<string, {icon: string, path: string, fields: () => any[], body?: (values: any) => any, told: (answer: any) => [string, any][],
 *   room?: string, more?: (answer: any, redraw: (answer: any) => void) => any, unkeyed?: boolean}>}
 */
const DESKS = {
  code: {
    icon: "done", path: "/staff/counter-codes/redeem", fields: () => [code(), paper(), there(), agrees(), scopes(), lastDay()],
    body: ({ code: given, identity_document, agrees: said, scopes: wanted, ends_on }) => ({
      code: given, identity_document, relative_present: true, accepted: said.length > 0, ...(wanted.length ? { scopes: wanted } : {}), ends_on: ends_on || null }),
    told: (answer) => [[t("told.state"), t(`state.${answer.state}`)], [t("told.acts_from"), answer.acts_from && brief(answer.acts_from)]],
  },
  proof: {
    icon: "person", path: "/staff/certification/counter", fields: () => [code(), paper(["id_card", "passport"])],
    told: (answer) => [[t("told.day"), day(answer.day)]],
  },
  benefit: {
    icon: "again", room: "/proofs", path: "/staff/certification/reinstatements", fields: () => [number(), benefit(), seen()],
    body: ({ number: whose, kind }) => ({ number: whose, kind }),
    told: () => [],
  },
  reset: {
    icon: "key", path: "/staff/cards/password-resets", fields: () => [card(), paper()],
    told: (answer) => [[t("told.code"), big(answer.counter_code)], [t("told.until"), brief(answer.expires_at)]],
  },
  recovery: {
    icon: "phone", path: "/staff/recoveries", fields: () => [card(), paper()],
    told: (answer) => [[t("told.code"), big(answer.recovery_token)], [t("told.ready"), brief(answer.ready_at)], [t("told.until"), brief(answer.expires_at)]],
  },
  card_state: {
    icon: "stop", path: "/staff/cards/state", fields: () => [card(), paper(), state()], unkeyed: true,
    told: (answer) => [[t("sign_in.number"), masked(answer.number_masked)], [t("told.state"), t(`card.${answer.state}`)]],
  },
  renewal: {
    icon: "again", path: "/staff/cards/renewal", fields: () => [card(), paper()],
    told: (answer) => [[t("sign_in.number"), masked(answer.number_masked)], [t("told.until"), day(answer.expires_on)]],
  },
  issue: {
    icon: "card", path: "/staff/cards", fields: () => [number(), paper()],
    told: (answer) => [[t("sign_in.number"), big(answer.card_number)], [t("told.until"), day(answer.expires_on)]],
  },
  qr: {
    icon: "code", path: "/staff/qr-codes/use", fields: () => [text(), operation()],
    told: (answer) => [[t("told.for"), h("bdi", {}, answer.shown_for)], [t("told.by"), h("bdi", {}, answer.shown_by)], [t("side.number"), masked(answer.number_masked)], [t("desk.operation"), t(`operation.${answer.operation}`)]],
  },
  face: {
    icon: "camera", path: "/staff/face-withdrawals", fields: () => [number(), paper(), guardian()],
    body: (values) => ({ ...values, guardian_number: values.guardian_number || null }),
    told: (answer) => [[t("told.state"), coded(`withdrawn.${answer.state}`, answer.state)], [t("told.files"), String(answer.files.length)]],
    more: destruction,
  },
};

/** How far the destruction is, and its signed receipt once everything is gone. @param {any} answer @param {(answer: any) => void} redraw */
function destruction(answer, redraw) {
  if (!answer.receipt) return button(t("withdrawn.look"), async () => redraw(await ask("GET", `/staff/face-withdrawals/${answer.id}`)), { second: true, icon: "again" });
  const receipt = { content: new Blob([answer.receipt], { type: "application/json" }), name: "face-destroyed.json" };
  return button(t("proof.keep"), () => keepFile(receipt), { second: true, icon: "file" });
}

/** All that a clerk can do here. */
export function counterPage() {
  const icon = (/** @type {string} */ name) => icons[/** @type {"code"} */ (name)]();
  const [first, ...others] = Object.entries(DESKS).filter(([, { room }]) => !room).map(([name, { icon: drawn }]) => [name, drawn]);
  return page({ title: t("rooms.counter") }, lead(t("counter.lead")), h("ul", { class: "doors tiles" }, [first, ["links", "family"], ["orders", "file"], ...others].map(([name, drawn]) =>
    row({ icon: icon(drawn), what: t(`counter.${name}`), about: t(`counter.${name}.about`), path: `/counter/${name}` }))));
}

/** @param {string} name */
export function deskPage(name) {
  const desk = DESKS[name];
  if (!desk) return counterPage();
  const room = desk.room ?? "/counter";
  const wish = new Wish();
  const place = h("div", { class: "panel narrow" });
  const done = (/** @type {any} */ answer) => show(place, doneWith(t("counter.done"), facts(desk.told(answer)), desk.more?.(answer, done), door(t("counter.next"), room, { second: true })));
  const entry = form({
    name: `counter.${name}`, fields: desk.fields().map(unkept), submit: t(`counter.${name}.submit`),
    wrongAt: (field, { params }) => (field === "scopes" && params.asked_for ? t("desk.scopes_asked", { scopes: params.asked_for.map((/** @type {string} */ one) => t(`scope.${one}`)).join(" · ") }) : ""),
    send: async (values) => {
      const said = trimmed(values);
      const body = desk.body ? desk.body(said) : said;
      done(desk.unkeyed ? await ask("POST", desk.path, { json: body }) : await post(desk.path, body, wish));
    },
  });
  show(place, entry);
  return page({ title: t(`counter.${name}`), back: room }, soft(t(`counter.${name}.about`)), place);
}

/** The next person at the counter finds nothing of this one. @param {import("../../app/parts.js").Field} field */
export const unkept = (field) => ({ ...field, unkept: true });

/** @param {Record<string, any>} values */
export const trimmed = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? value.trim() : value]));
