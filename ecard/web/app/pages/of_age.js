// @ts-check
/** Come of age: what happens now, and the three answers to it: let it go on, take over, end. */

import { ask, newKey, post, Problem, read, Wish } from "../api.js";
import { cardPassword, granted } from "../grants.js";
import { h, icons } from "../dom.js";
import { day, lastDayBefore, t } from "../i18n.js";
import { tab } from "../kept.js";
import { banner, button, door, facts, form, inset, lead, page, panel, row, several, soft, sure } from "../parts.js";
import { go, goInstead } from "../router.js";
import { decisionPage } from "./consent.js";
import { asked, decided, decisionsOn } from "./decided.js";
import { onMePage, standing } from "./on_me.js";
import { ownFacePage } from "./reset.js";
import { OFFERED } from "./scopes.js";
import { clipPage, UPLOAD_SECONDS } from "./video.js";

/** @typedef {{link: string, scopes: string[], step_up_id: string}} Chosen  what goes on, with the proof of the password */

const THEY = ["of_age.they.go_on", "of_age.they.take_over", "of_age.they.end"];
const YOU = ["of_age.you.go_on", "of_age.you.take_over", "of_age.you.end"];
/** After these the password is asked for anew. */
const TOO_LATE = ["step_up_needed", "reset_closed", "reset_face_needed"];

/** Until when a link is read. @param {any} link */
export const readUntil = (link) => day(lastDayBefore(link.reads_until));

// --- the holder --------------------------------------------------------------------------------

/** The holder of a child's link. @param {string} id */
export async function holdersPage(id) {
  const link = await read(`/links/${id}`);
  const { name } = link;
  const back = `/link/${id}`;
  if (!link.reads_until || link.state !== "active") return page({ title: name, back }, lead(t("of_age.nothing")), door(t("back"), back, { second: true }));
  const until = { day: readUntil(link), name };
  const grown = !link.may_act;
  const found = grown && await decisionsOn(id);
  return page({ title: t(grown ? "of_age.now_of" : "of_age.of", { name }), back },
    grown && banner("warm", "wait", t("of_age.you_read", until)),
    found && filmed(id, found),
    lead(grown ? t("of_age.they_decide", { name }) : t("of_age.acting_ends", { day: day(link.acts_until), name })),
    !grown && h("p", {}, t("of_age.you_will_read", until)),
    panel(h("h2", {}, t("of_age.they_can", { name })), choices(THEY), soft(t("of_age.else_it_ends", until))),
    inset("", h("p", {}, t("of_age.where", { name, page: t("on_me.title") }))),
    door(t("counters.title"), "/counters", { second: true }));
}

/** @param {string[]} keys */
const choices = (keys) => h("ul", { class: "list" }, keys.map((one) => h("li", {}, t(one))));

// --- the young person --------------------------------------------------------------------------

/** From a message: to the link that it is about, or where there are several, to all of them. */
export async function arrivePage() {
  const [first, ...others] = (await standing()).filter((link) => link.acts_until);
  goInstead(first && !others.length ? `/on-me/${first.id}/of-age` : "/on-me");
  return page({ title: t("working") });
}

/** What somebody's link on me becomes. @param {string} id */
export async function decidePage(id) {
  const link = (await standing()).find((one) => one.id === id);
  if (!link?.acts_until) return onMePage();
  if (link.state !== "active") return heldPage(link);
  return link.next === "confirm_link" ? nowPage(link) : beforePage(link);
}

/** @param {any} link */
const endDoor = (link) => h("a", { class: "button stop", href: `#/on-me/${link.id}/end` }, t("on_me.end"));

/** @param {any} link */
const beforePage = (link) => page({ title: t("of_age.before"), back: "/on-me" },
  lead(t("of_age.from", { day: day(link.acts_until), name: link.name })),
  panel(h("h2", {}, t("of_age.you_can")), choices(YOU)),
  inset("", h("p", {}, t("of_age.no_gap", { name: link.name, day: readUntil(link) }))), endDoor(link));

/** @param {any} link */
const heldPage = (link) => page({ title: t("of_age.door"), back: "/on-me" }, lead(t("of_age.held")), endDoor(link), door(t("way.counter"), "/counters", { second: true }));

/** @param {any} link */
async function nowPage(link) {
  const { name } = link;
  const found = await decisionsOn(link.id);
  return page({ title: t(found.waiting ? "done.wait_for_review.title" : "of_age.now"), back: "/on-me" },
    banner("warm", "wait", t("of_age.reads", { name, day: readUntil(link) })),
    filmed(link.id, found),
    found.waiting ? h("h2", {}, t("of_age.meanwhile")) : lead(t("of_age.choose", { name })),
    h("ul", { class: "doors" },
      row({ icon: icons.done(), what: t("of_age.go_on"), about: t("of_age.you.go_on"), path: `/on-me/${link.id}/confirm` }),
      row({ icon: icons.person(), what: t("of_age.take_over"), about: t("of_age.you.take_over"), path: `/on-me/${link.id}/take-over` }),
      row({ icon: icons.stop(), what: t("on_me.end"), about: t("of_age.you.end"), path: `/on-me/${link.id}/end` })),
    !found.waiting && soft(t("of_age.else")), door(t("way.counter"), "/counters", { second: true }));
}

/** @param {any} one */
const ofVideo = (one) => one.kind === "confirmation";

/** What became of the video, and until when it all stays as it is. @param {string} id @param {import("./decided.js").Decisions} found */
function filmed(id, { items, waiting }) {
  const last = items.findLast(ofVideo);
  if (last) return panel(h("h2", {}, t("of_age.video_refused")), decided(id, last, waiting));
  return waiting && panel(h("h2", {}, t("of_age.video_waits")), asked(waiting), soft(t("of_age.as_it_is")));
}

/** @param {string} id */
export async function takeOverPage(id) {
  const link = (await standing()).find((one) => one.id === id);
  if (!link) return onMePage();
  const wish = new Wish();
  return sure({ title: t("of_age.sure", { name: link.name }), lead: t("of_age.sure_lead", { name: link.name }), yes: t("of_age.sure_yes"), no: t("of_age.no"),
    stay: `/on-me/${id}/of-age`, after: "/my", work: () => post(`/links-on-me/${id}/takeover`, undefined, wish) });
}

// --- it goes on --------------------------------------------------------------------------------

/** What somebody may go on doing, and the password. @param {string} id */
export async function confirmPage(id) {
  const link = (await standing()).find((one) => one.id === id);
  if (!link) return onMePage();
  const [proving, wish] = [new Wish(), new Wish()];
  const scopes = several({ name: "scopes", label: t("on_me.scopes"), hint: t("of_age.scopes_hint"), needed: true, options: OFFERED.map((one) => [one, t(`scope.${one}`)]) });
  scopes.fill(link.scopes);
  const entry = form({ name: `of_age.${id}`, fields: [scopes, cardPassword()], submit: t("continue"), send: async (values) => {
    const chosen = { link: id, scopes: values.scopes, step_up_id: await granted("confirm_link", values.password, proving) };
    const needsFace = await confirmed(chosen, wish).then(() => false, (trouble) => {
      if (trouble instanceof Problem && trouble.code === "reset_face_needed") return true;
      throw trouble;
    });
    if (!needsFace) { go(`/on-me/${id}/confirm/done`); return; }
    tab.write("chosen", chosen);
    go(`/on-me/${id}/confirm/face`);
  } });
  return page({ title: t("of_age.go_on"), back: `/on-me/${id}/of-age` }, lead(t("of_age.go_on_lead")), entry, soft(t("of_age.then_face")));
}

/** The young person's word, with the proof of their face where there is one. @param {Chosen} chosen @param {Wish} wish @param {string} [face_proof_id] */
const confirmed = ({ link, scopes, step_up_id }, wish, face_proof_id) =>
  post(`/links-on-me/${link}/confirmation`, { scopes, step_up_id, ...(face_proof_id && { face_proof_id }) }, wish);

/** What was chosen for this link a moment ago. @param {string} id @returns {Chosen | null} */
function chosenFor(id) {
  const chosen = tab.read("chosen");
  return chosen?.link === id ? chosen : null;
}

/** The proof of the password lasts for minutes: after that it is typed anew. @param {string} id @param {any} trouble */
function fromTheStart(id, trouble) {
  if (!(trouble instanceof Problem) || !TOO_LATE.includes(trouble.code)) throw trouble;
  goInstead(`/on-me/${id}/confirm`);
}

/** @param {string} id */
export async function confirmFacePage(id) {
  if (!chosenFor(id)) return confirmPage(id);
  const wish = new Wish();
  const at = `/links-on-me/${id}`;
  const notice = await read(`${at}/face-notice`);
  const ways = `/on-me/${id}/confirm/ways`;
  return decisionPage({ notice, back: `/on-me/${id}/confirm`, before: inset("", h("p", {}, t("of_age.why_face"))),
    send: async ({ decision, notice_id, text_sha256 }) => (decision === "given" ? post(`${at}/face-proof`, { notice_id, text_sha256 }, wish) : null),
    given: (proof) => goInstead(`/on-me/${id}/confirm/face/${proof.id}`), declined: () => go(ways) });
}

/** @param {string} id @param {string} proof */
export const confirmCameraPage = (id, proof) => ownFacePage(proof, {
  back: `/on-me/${id}/confirm`,
  leads: (next) => (next === "counter" ? `/on-me/${id}/confirm/ways` : `/on-me/${id}/confirm/last/${proof}`),
  otherWay: door(t("way.ways"), `/on-me/${id}/confirm/ways`, { second: true }),
});

/** Looked through once more, after the face. @param {string} id @param {string} proof */
export async function lastPage(id, proof) {
  const chosen = chosenFor(id);
  const link = (await standing()).find((one) => one.id === id);
  if (!chosen || !link) return confirmPage(id);
  const wish = new Wish();
  return page({ title: t("of_age.last"), back: `/on-me/${id}/confirm` },
    banner("good", "done", t("done.finished")),
    panel(facts([[t("on_me.title"), link.name], [t("on_me.scopes"), chosen.scopes.map((one) => t(`scope.${one}`)).join(" · ")]])),
    button(t("of_age.last_yes", { name: link.name }), async () => {
      try {
        await confirmed(chosen, wish, proof);
        go(`/on-me/${id}/confirm/done`);
      } catch (trouble) {
        fromTheStart(id, trouble);
      }
    }),
    door(t("of_age.no"), `/on-me/${id}/of-age`, { second: true }));
}

/** Without a face: a video that a person watches, once, or a counter. @param {string} id */
export async function confirmWaysPage(id) {
  const { items, waiting } = await decisionsOn(id);
  return page({ title: t("ways.title"), back: `/on-me/${id}/confirm` }, lead(t("ways.lead")),
    waiting || items.some(ofVideo) ? inset("", h("p", {}, t("of_age.video_once"))) : panel(h("h2", {}, t("ways.digits_video")), soft(t("of_age.by_video")), door(t("ways.begin_video"), `/on-me/${id}/confirm/video`, { second: true, icon: "video" })),
    panel(h("h2", {}, t("ways.counter")), soft(t("of_age.by_counter")), door(t("way.counter"), "/counters", { second: true })));
}

/** @param {string} id */
export async function confirmVideoPage(id) {
  const chosen = chosenFor(id);
  if (!chosen) return confirmPage(id);
  const at = `/links-on-me/${id}/confirmation-video`;
  const ways = `/on-me/${id}/confirm/ways`;
  let drawn;
  try {
    drawn = await ask("POST", at, { json: { scopes: chosen.scopes, step_up_id: chosen.step_up_id }, key: newKey() });
  } catch (trouble) {
    fromTheStart(id, trouble);
    return page({ title: t("working") });
  }
  return clipPage({ drawn, back: ways, done: `/on-me/${id}/confirm/sent`, otherWay: door(t("papers.cancel"), ways, { second: true }),
    send: (body, key) => ask("POST", `${at}/file`, { body, key, seconds: UPLOAD_SECONDS }) });
}

/** How it ended. @param {string} id @param {"done" | "sent"} how */
export async function confirmedPage(id, how) {
  const link = (await standing()).find((one) => one.id === id);
  if (!link) return onMePage();
  const { name } = link;
  const { waiting } = await decisionsOn(id);
  tab.forget("chosen");
  return page({ title: t(how === "done" ? "done.finished.title" : "done.wait_for_review.title"), back: "/on-me" },
    how === "done" ? banner("good", "done", t("of_age.done", { name })) : banner("warm", "wait", t("of_age.sent")),
    how === "sent" && asked(waiting),
    lead(t(how === "done" ? "of_age.done_lead" : "of_age.sent_lead", { name, ...(how === "sent" && { day: readUntil(link) }) })), door(t("on_me.title"), "/on-me"));
}
