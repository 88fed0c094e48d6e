// @ts-check
/** Social security moved to another region: what must be true before, how far it is, and taking it back. */

import { ask, post, read, Wish } from "../api.js";
import { h } from "../dom.js";
import { day, moment, t } from "../i18n.js";
import { badge, choice, door, facts, form, inset, lead, page, panel, stages, sure } from "../parts.js";
import { go } from "../router.js";
import { whose } from "../whose.js";
import { everyCounter } from "./my.js";

/** @typedef {import("../whose.js").Whose} Whose */

const STAGES = ["accepting", "old_agency", "new_agency", "completed"];
const TONES = /** @type {Record<string, string>} */ ({ completed: "good", refused: "bad", withdrawn: "" });
const BEFORE = ["arrears", "pension", "one"];

/** @param {string} [link] */
export async function transfersPage(link) {
  const of = await whose(link);
  const { items } = await read(`${of.api}/transfers?limit=50`);
  const open = items.some((/** @type {any} */ one) => !one.ended_at);
  return page({ title: t(of.link ? "transfers.of" : "transfers.own", { name: of.name }), back: of.back },
    lead(t(items.length ? "transfers.lead" : "transfers.none")), items.map((/** @type {any} */ one) => transfer(of, one)),
    !open && of.acts && door(t("transfers.begin"), `${of.page}/transfers/new`, { icon: "move" }),
    !of.acts && inset("warm", h("p", {}, t("link.reads_only"))));
}

/** @param {Whose} of @param {any} one */
const transfer = (of, one) => panel(h("h2", {}, t("transfers.to", { place: one.to_name })), badge(t(`transfers.state.${one.state}`), TONES[one.state]),
  one.late && inset("warm", h("p", {}, t("transfers.late"))),
  stages(one, STAGES, (stage) => t(`transfers.stage.${stage}`), (...stage) => when(one, ...stage)),
  facts([
    [t("transfers.from"), one.from_name],
    [t("transfers.why"), one.ended_at && one.state === "refused" && t(`why.${one.reason}`)],
    [t("transfers.ended"), one.ended_at && day(one.ended_at)],
  ]),
  one.withdrawal && of.acts && h("a", { class: "button stop", href: `#${of.page}/transfers/${one.id}/withdraw` }, t("transfers.withdraw")));

/** When a stage was passed on, or until when it may take. @param {any} one @param {string} stage @param {string} at @param {Record<string, string>} reached */
function when(one, stage, at, reached) {
  if (at === "now") return one.stage_ends_on && t("transfers.until", { day: day(one.stage_ends_on) });
  return at === "done" && moment(reached[STAGES[STAGES.indexOf(stage) + 1]] ?? reached[stage]);
}

/** Where to, and what must be true. @param {string} [link] */
export async function newTransferPage(link) {
  const of = await whose(link);
  const wish = new Wish();
  const regions = new Map((await everyCounter()).map((one) => [one.region, one.region_name]));
  const where = choice({ name: "region", label: t("transfers.where"), options: [...regions] });
  const entry = form({ name: `transfer.${link ?? ""}`, fields: [where], submit: t("transfers.ask"), link: of.link,
    send: async ({ region }) => { await post(`${of.api}/transfers`, { region }, wish); go(`${of.page}/transfers`); } });
  return page({ title: t("transfers.begin"), back: `${of.page}/transfers` },
    lead(t("transfers.about_it")), panel(h("h2", {}, t("transfers.before")), h("ul", {}, BEFORE.map((one) => h("li", {}, t(`transfers.before.${one}`))))), entry);
}

/** @param {string | undefined} link @param {string} id */
export async function withdrawTransferPage(link, id) {
  const of = await whose(link);
  const one = await read(`${of.api}/transfers/${id}`);
  if (!one.withdrawal) return transfersPage(link);
  return sure({ title: t("transfers.sure", { place: one.to_name }), lead: t(`transfers.withdrawal.${one.withdrawal}`),
    yes: t("transfers.sure_yes"), no: t("transfers.sure_no"), stay: `${of.page}/transfers`, link: of.link,
    work: () => ask("POST", `${of.api}/transfers/${id}/withdrawal`, { version: one.version }) });
}
