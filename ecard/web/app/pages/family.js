// @ts-check
/** "Family services": who is in my family here, and one link: the step that is next, or how it stands. */

import { every, post, read, Wish } from "../api.js";
import { h, icons } from "../dom.js";
import { day, lastDayBefore, moment, t } from "../i18n.js";
import { badge, banner, button, door, facts, inset, lead, page, panel, row, soft, sure } from "../parts.js";
import { again } from "../router.js";
import { accountPage } from "./account.js";
import { adultPage } from "./adult.js";
import { consentPage } from "./consent.js";
import { asked, decided, decisionsOn } from "./decided.js";
import { noticePage } from "./notice.js";
import { papersPage } from "./papers.js";
import { GUARDED } from "./scopes.js";

export const OVER = ["ended", "withdrawn", "expired", "rejected"];
const TONES = /** @type {Record<string, string>} */ ({ active: "good", suspended: "bad", disputed: "bad", rejected: "bad", ended: "", withdrawn: "", expired: "" });

export async function familyPage() {
  const links = await every("/links");
  const now = links.filter((link) => !OVER.includes(link.state));
  const before = links.filter((link) => OVER.includes(link.state));
  return page({ title: t("family.title"), back: "/my" },
    lead(t(now.length ? "family.lead" : "family.none")),
    now.length > 0 && h("ul", { class: "doors" }, now.map(linkRow)),
    door(t("family.add"), "/add", { icon: "add" }),
    before.length > 0 && h("details", {}, h("summary", {}, t("family.before")), h("ul", { class: "doors" }, before.map(linkRow))));
}

/** @param {any} link */
function linkRow(link) {
  const name = link.name ?? t("family.unnamed");
  const about = [link.relation && `${t(`relation.${link.relation}`)} · `, stateOf(link.state)];
  return row({ icon: link.name ? Array.from(link.name)[0] : icons.person(), what: name, about, path: `/link/${link.id}` });
}

/** @param {string} state */
export const stateOf = (state) => badge(t(`state.${state}`), TONES[state]);

/** The page of a link: what its holder does next. @param {string} id */
export async function linkPage(id) {
  const link = await read(`/links/${id}`);
  const make = STEPS[link.next ?? ""] ?? standingPage;
  return make(link);
}

/** @type {Record<string, (link: any) => any>} */
const STEPS = {
  acknowledge_notice: noticePage,
  give_family_account: accountPage,
  add_evidence: papersPage,
  wait_for_review: waitingPage,
  invite_or_hand_over: adultPage,
  open_capture_session: consentPage,
  go_to_counter: atCounterPage,
  appeal: rejectedPage,
};

/** @param {any} link */
const aboutLink = (link) => panel(facts([
  [t("link.relation"), link.relation && t(`relation.${link.relation}`)],
  [t("link.number"), link.number_masked],
  [t("link.state"), stateOf(link.state)],
  [t("link.scopes"), link.scopes.length > 0 && link.scopes.map((/** @type {string} */ scope) => t(`scope.${scope}`)).join(" · ")],
  [t("link.acts_from"), link.state === "active" && !link.may_act && !link.acts_until && link.acts_from && moment(link.acts_from)],
  [t("link.acts_until"), link.may_act && link.acts_until && day(lastDayBefore(link.acts_until))],
  [t("link.confirmed"), link.confirmed_at && day(link.confirmed_at)],
  [t("link.ends_on"), link.ends_on && day(link.ends_on)],
  [t("link.ended"), link.ended_at && day(link.ended_at)],
]));

/** @param {any} link */
async function standingPage(link) {
  const active = link.state === "active";
  const services = active ? servicesOf(link) : [];
  const name = link.name ?? t("family.unnamed");
  const dispute = link.state === "ended" && GUARDED.includes(link.relation) && await disputeOf(link);
  return page({ title: name, back: "/family" },
    dispute || (!active && lead(t(`standing.${link.state}`))),
    active && (link.may_act ? inset("good", h("p", {}, t("link.active", { name }))) : readsOnly(link)),
    services.length > 0 && h("ul", { class: "doors" }, services),
    active && h("h2", {}, t("link.more")),
    active && h("ul", { class: "doors" }, moreOf(link)),
    aboutLink(link),
    link.ends_on && inset("", h("p", {}, t(link.acts_until || link.relation === "ward" ? "last_day.by_order" : "last_day.by_relative", { name, page: t("on_me.title") }))),
    link.state === "disputed" && asked((await decisionsOn(link.id)).waiting),
    link.state === "disputed" && door(t("order.door"), `/link/${link.id}/order`, { icon: "file" }),
    OVER.includes(link.state) && door(t("family.add"), "/add", { icon: "add" }),
    !OVER.includes(link.state) && h("a", { class: "button stop", href: `#/link/${link.id}/end` }, t("link.end")));
}

/** Why it only reads: not yet, or no longer. @param {any} link */
const readsOnly = (link) => inset("warm", link.acts_until
  ? [h("p", {}, t("of_age.you_read", { name: link.name, day: day(lastDayBefore(link.reads_until)) })), h("a", { href: `#/link/${link.id}/of-age` }, t("of_age.what_now"))]
  : h("p", {}, t("link.reads_only")));

/** Ended by the decision about a dispute: why, and the appeal. @param {any} link */
async function disputeOf(link) {
  const { items } = await decisionsOn(link.id);
  const last = items.findLast((/** @type {any} */ one) => one.kind === "dispute");
  return last?.outcome === "rejected" && last.reason === link.reason && panel(h("h2", {}, t("family.dispute_ended")), decided(link.id, last));
}

/** Doors of a link: the scope that opens each, whether it must be possible to act, place, picture, what, about. @type {[string, boolean, string, keyof typeof icons, string, string][]} */
const SERVICES = [
  ["rights", false, "rights", "file", "rights.title", "rights.about"],
  ["certification", false, "proof", "person", "proof.title", "proof.about"],
  ["card_status", false, "cards", "card", "cards.title", "cards.about"],
  ["transfer", false, "transfers", "move", "transfers.title", "transfers.about"],
  ["qr", true, "qr", "code", "qr.title", "qr.about"],
];

/** What may be done on it now. @param {any} link */
const servicesOf = (link) => SERVICES.filter(([scope, acting]) => link.scopes.includes(scope) && (acting ? link.may_act : link.may_read))
  .map(([, , place, icon, what, about]) => row({ icon: icons[icon](), what: t(what), about: t(about), path: `/link/${link.id}/${place}` }));

/** What is always possible. @param {any} link */
const moreOf = (link) => [
  row({ icon: icons.wait(), what: t("history.title"), about: t("history.about"), path: `/link/${link.id}/history` }),
  row({ icon: icons.file(), what: t("changes.title"), about: t("changes.about"), path: `/link/${link.id}/changes` }),
  link.acts_until && link.may_act && row({ icon: icons.person(), what: t("of_age.of", { name: link.name }), about: day(link.acts_until), path: `/link/${link.id}/of-age` }),
  link.acts_until && link.may_act && row({ icon: icons.family(), what: t("guarded.title"), about: t("guarded.about"), path: "/guarded" }),
  GUARDED.includes(link.relation) && row({ icon: icons.file(), what: t("data.title"), about: t("data.about_theirs"), path: `/link/${link.id}/data` }),
  row({ icon: icons.done(), what: t("scopes.door"), about: t("scopes.about"), path: `/link/${link.id}/scopes` }),
];

/** @param {any} link */
async function waitingPage(link) {
  const name = link.name ?? t("family.unnamed");
  const { waiting } = await decisionsOn(link.id);
  return page({ title: t("waiting.title"), back: "/family", step: !waiting || waiting.kind === "evidence" ? 3 : 4 },
    banner("warm", "wait", t("waiting.banner", { name })), asked(waiting),
    lead(t("waiting.lead")), soft(t("waiting.told")),
    button(t("waiting.look"), again, { second: true, icon: "again" }), giveUp(link));
}

/** @param {any} link */
function atCounterPage(link) {
  return page({ title: t("at_counter.title"), back: "/family", step: 4 }, lead(t("at_counter.lead")),
    door(t("at_counter.code"), `/link/${link.id}/ways`), giveUp(link));
}

/** @param {any} link */
async function rejectedPage(link) {
  const last = (await decisionsOn(link.id)).items.at(-1);
  return page({ title: t("rejected.title"), back: "/family" }, last && panel(decided(link.id, last)), aboutLink(link),
    door(t("counters.title"), "/counters", { second: true }));
}

/** The way out of an application; it is kept until then for whoever goes on later. @param {any} link */
export const giveUp = (link) => soft(t("give_up.kept", { day: day(link.lapses_at) }), " ",
  h("a", { href: `#/link/${link.id}/give-up` }, t("give_up.link")));

/** @param {string} id */
export const giveUpPage = (id) => endingPage(id, "give_up", "withdrawal");
/** @param {string} id */
export const endPage = (id) => endingPage(id, "end", "end");

/** @param {string} id @param {"give_up" | "end"} what @param {string} verb */
async function endingPage(id, what, verb) {
  const link = await read(`/links/${id}`);
  const wish = new Wish();
  return sure({
    title: t(`sure.${what}.title`, { name: link.name ?? t("family.unnamed") }), lead: t(`sure.${what}.lead`),
    yes: t(`sure.${what}.yes`), no: t(`sure.${what}.no`), stay: `/link/${id}`, after: "/family", link: id,
    work: () => post(`/links/${id}/${verb}`, undefined, wish),
  });
}
