// @ts-check
/** What is kept about a person: seen, taken as a file, corrected; and the consent to the face taken back. */

import { ask, post, read, Wish } from "../api.js";
import { cardPassword, granted } from "../grants.js";
import { h } from "../dom.js";
import { day, lastDayBefore, moment, t } from "../i18n.js";
import { badge, banner, button, choice, door, facts, form, keepFile, lead, longText, more, page, panel, quiet, soft, sure } from "../parts.js";
import { again, go } from "../router.js";
import { whose } from "../whose.js";

/** @typedef {import("../whose.js").Whose} Whose */

const FILES = ["pdf", "zip", "json", "csv"];
const TAKE_SECONDS = 180;
const WANTED = { least: 3, most: 500 };
const FIELDS = ["name", "number", "birth_date", "sex", "phone", "email", "card", "other"];
/** What of a kept thing is worth a line here; all of it stands in the file. */
const TOLD = ["text", "said", "title", "name", "operation", "field", "day", "shown_for"];
const WITHDRAWN = /** @type {Record<string, string>} */ ({ destroyed: "good", held: "warm", under_way: "warm" });

/** The service's addresses: one's own data stand elsewhere than a relative's. @param {Whose} of */
const placeOf = (of) => (of.link ? `${of.api}/data` : "/my-data");

/** @param {string} [link] */
export async function dataPage(link) {
  const of = await whose(link);
  const kept = await read(placeOf(of));
  const { particulars, contact, card } = kept;
  return page({ title: t(of.link ? "data.of" : "data.own", { name: of.name }), back: of.back }, lead(t("data.lead")),
    panel(h("h2", {}, t("data.person")), facts([
      [t("field.name"), particulars.name],
      [t("field.number"), particulars.number],
      [t("field.birth_date"), day(particulars.birth_date)],
      [t("field.phone"), contact.phone],
      [t("field.email"), contact.email],
      [t("field.card"), card.number_masked],
      [t("data.faces"), String(kept.faces_stored)],
    ])),
    h("ul", { class: "doors" }, [
      door_(`${of.page}/data/take`, "data.take"), door_(`${of.page}/data/correct`, "data.correct"), door_(`${of.page}/data/face`, "data.face"),
    ]),
    h("h2", {}, t("data.kept")), panel(kept.categories.filter((/** @type {any} */ one) => one.total > 0).map(category)));
}

/** @param {string} path @param {"data.take" | "data.correct" | "data.face"} key */
const door_ = (path, key) => h("li", {}, door(t(key), path, { second: true }));

/** @param {any} one */
const category = (one) => more(`${one.says} (${one.total})`, h("ul", { class: "acts" }, one.items.map(thing)),
  one.total > one.items.length && soft(t("data.more", { shown: one.items.length })));

/** @param {any} one */
const thing = (one) => h("li", {}, h("span", { class: "hint" }, moment(one.at)),
  TOLD.filter((name) => typeof one.facts[name] === "string").slice(0, 1).map((name) => h("span", { dir: "auto" }, one.facts[name])),
  one.kept_until && h("span", { class: "hint" }, t("data.until", { day: day(one.kept_until) })));

// --- taken -------------------------------------------------------------------------------------

/** @param {string} [link] */
export async function takeDataPage(link) {
  const of = await whose(link);
  const wish = new Wish();
  const form_ = choice({ name: "format", label: t("data.as"), options: FILES.map((one) => [one, t(`data.as_${one}`)]) });
  form_.fill("pdf");
  const entry = form({ name: `take.${link ?? ""}`, fields: [form_, cardPassword({ hint: t("data.password_hint"), needed: () => form_.value() !== "csv" })], submit: t("data.take_now"), link: of.link,
    send: async ({ format, password }) => {
      if (format === "csv") { // the history is what a table is for
        keepFile(await ask("GET", `${of.link ? `${of.api}/acts` : "/acts-on-me"}/file?format=csv`, { file: true }));
        return;
      }
      const step_up_id = await granted("take_data", password, wish);
      keepFile(await ask("POST", `${placeOf(of)}/file`, { json: { step_up_id, format }, file: true, seconds: TAKE_SECONDS }));
    } });
  return page({ title: t("data.take"), back: `${of.page}/data` }, lead(t("data.take_lead")), entry);
}

// --- corrected ---------------------------------------------------------------------------------

/** @param {string} [link] */
export async function correctPage(link) {
  const of = await whose(link);
  const wish = new Wish();
  const { items } = await read("/my-data/corrections?limit=50");
  const field = choice({ name: "field", label: t("data.wrong"), two: true, options: FIELDS.map((one) => [one, t(`field.${one}`)]) });
  const wanted = longText({ name: "wanted", label: t("data.should"), ...WANTED });
  const entry = form({ name: `correct.${link ?? ""}`, fields: [field, wanted], submit: t("data.ask"), link: of.link,
    send: async (values) => { await post(`${placeOf(of)}/corrections`, { field: values.field, wanted: values.wanted.trim() }, wish); go(`${of.page}/data/asked`); } });
  return page({ title: t("data.correct"), back: `${of.page}/data` }, lead(t("data.correct_lead")), entry,
    items.length > 0 && [h("h2", {}, t("data.asked")), items.map((/** @type {any} */ one) => correction(one, "h3"))]);
}

/** @param {string} [link] */
export async function askedPage(link) {
  const of = await whose(link);
  const { items } = await read("/my-data/corrections?limit=50");
  return page({ title: t("data.asked"), back: `${of.page}/data` }, banner("good", "done", t("data.asked_banner")),
    items.map((/** @type {any} */ one) => correction(one, "h2")));
}

/** @param {any} one @param {"h2" | "h3"} heading */
const correction = (one, heading) => panel(h(heading, {}, t(`field.${one.field}`)), badge(one.state === "open" ? t("data.open") : t(`data.outcome.${one.outcome}`), one.outcome === "corrected" ? "good" : "warm"),
  h("p", { dir: "auto" }, one.wanted), facts([[t("proof.answer_by"), one.state === "open" && day(lastDayBefore(one.due_at))], [t("proof.answer"), one.explanation]]));

// --- the face ----------------------------------------------------------------------------------

/** @param {string} [link] */
export async function facesPage(link) {
  const of = await whose(link);
  const [{ items }, kept] = await Promise.all([read("/my-data/face-withdrawals?limit=50"), read(placeOf(of))]);
  const said = kept.categories.find((/** @type {any} */ one) => one.name === "consents")?.items ?? [];
  const portraits = said.filter((/** @type {any} */ one) => one.facts.kind === "portrait_kept" && one.facts.in_force);
  return page({ title: t("data.face"), back: `${of.page}/data` }, lead(t("data.face_lead")), h("ul", { class: "notice stack" }, ["next", "gone", "stays"].map((one) => h("li", {}, t(`data.face.${one}`)))),
    h("a", { class: "button stop", href: `#${of.page}/data/face/take-back` }, t("data.face_back")),
    portraits.map(portrait),
    items.length > 0 && [h("h2", {}, t("data.face_before")), items.map(withdrawal)]);
}

/** A picture that somebody let us keep for later, and may let go without the rest. @param {any} one */
const portrait = (one) => panel(h("h2", {}, t("data.portrait")), h("p", {}, t("data.portrait_about", { day: day(one.at) })),
  button(t("data.portrait_go"), async () => { await ask("DELETE", `/links/${one.facts.link_id}/kept-portrait`); again(); }, { second: true }));

/** @param {any} one */
const withdrawal = (one) => panel(h("h3", {}, moment(one.at)), badge(t(`data.face_state.${one.state}`), WITHDRAWN[one.state]),
  facts([[t("data.face_files"), String(one.files.length)], [t("data.face_gone"), one.destroyed_at && moment(one.destroyed_at)]]),
  one.receipt && quiet(t("proof.keep"), () => keepFile({ content: new Blob([one.receipt], { type: "application/json" }), name: "face-destroyed.json" })));

/** @param {string} [link] */
export async function takeFaceBackPage(link) {
  const of = await whose(link);
  const wish = new Wish();
  return sure({ title: t("data.face_sure"), lead: t("data.face_sure_lead"), yes: t("data.face_back"), no: t("data.face_keep"), stay: `${of.page}/data/face`, link: of.link,
    work: () => (of.link ? post(`${of.api}/face-withdrawals`, undefined, wish) : post("/my-data/face-withdrawals", {}, wish)) });
}
