// @ts-check
/**
 * Step 4: the capture session of the person whose face is asked for; on the holder's phone it may be
 * handed over to an adult. Every page of it has a way without a face.
 */

import { ask, newKey, post, Problem, Wish } from "../api.js";
import { cameraPage } from "../capture.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { banner, button, door, inset, lead, page, panel, several, soft } from "../parts.js";
import { again, go, goInstead } from "../router.js";
import { capture, openedCapture } from "../session.js";
import { home, homeWords, inSession, isLent, leaveSession, overPage, toWays, waysWords } from "../visit.js";
import { decisionPage } from "./consent.js";
import { readAloud } from "./notice.js";

/** Beside a child: a session of theirs is opened, or gone on with. @param {string} link */
export async function openFacePage(link) {
  const known = capture();
  if (known?.link !== link) {
    const opened = await ask("POST", `/links/${link}/capture-sessions`, { json: { via: "own" }, key: newKey() });
    openedCapture({ link, id: opened.id, token: opened.token, via: "own" });
  }
  goInstead("/face");
  return page({ title: t("working") });
}

/** What the session asks for next. */
export async function facePage() {
  const known = capture();
  if (!known) return page({ title: t("face.over") }, lead(t("face.over_lead")), door(t("way.read_links"), "/family"));
  let stands;
  try {
    stands = await inSession("GET", "");
  } catch (trouble) {
    if (!(trouble instanceof Problem)) throw trouble;
    return overPage(trouble);
  }
  const make = STEPS[known.via === "video" && stands.must_accept ? "draw_digits" : stands.next] ?? beforeCamera;
  return make(stands);
}

/** @type {Record<string, (stands: any) => any>} */
const STEPS = {
  accept: acceptPage,
  draw_digits: () => { goInstead("/face/video"); return page({ title: t("working") }); },
  give_consent: ownConsentPage,
  guardian_consents: leaveSession,
  choose_route: noFacePage,
  finished: () => donePage("finished"),
  wait_for_review: () => donePage("wait_for_review"),
  closed: leaveSession,
};

// --- an adult says yes -------------------------------------------------------------------------

/** @param {any} stands */
function acceptPage(stands) {
  const wish = new Wish();
  const scopes = several({
    name: "scopes", label: t("accept.scopes"), on: true,
    options: stands.scopes.map((/** @type {any} */ one) => [one.scope, one.sentence]),
  });
  const answer = async (/** @type {boolean} */ accepted) => {
    const body = { accepted, scopes: accepted ? scopes.value() : [] };
    await post(`/capture-sessions/${stands.id}/acceptance`, body, wish, { as: "capture" });
    again();
  };
  return page({ title: t("accept.title", { name: stands.holder_name }), step: 4 },
    readAloud(stands.read_aloud), lead(t("accept.lead", { name: stands.holder_name })), scopes.element,
    inset("", h("p", {}, stands.how_to_end), h("p", {}, t("accept.free"))),
    button(t("accept.yes"), () => answer(true)),
    button(t("accept.no"), () => answer(false), { second: true }));
}

/** @param {any} stands */
async function ownConsentPage(stands) {
  const wish = new Wish();
  const notice = await inSession("GET", "/notice");
  return decisionPage({ notice, step: 4, keeps: true, link: capture()?.link, given: again, declined: again,
    send: (body) => post(`/capture-sessions/${stands.id}/consent`, body, wish, { as: "capture" }) });
}

/** @param {any} stands */
function noFacePage(stands) {
  return page({ title: t("closed.title"), step: 4 }, lead(t("closed.lead")), waysPanel(stands));
}

/** The other ways: a video here and now, a counter, a visit. @param {any} stands */
const waysPanel = (stands) => panel(h("h2", {}, t("ways.title")), soft(t("ways.same")),
  h("ul", {}, stands.routes.map((/** @type {string} */ one) => h("li", {}, t(`ways.${one}`)))),
  !stands.must_accept && door(t("ways.begin_video"), "/face/video", { second: true }),
  button(waysWords(), toWays, { second: true }));

// --- before the camera -------------------------------------------------------------------------

/** @param {any} stands */
const beforeCamera = (stands) => cameraPage({
  id: stands.id, title: t(stands.face_subject === "guardian" ? "face.title_guardian" : "face.title"), step: 4,
  tries: stands.tries_left, wait: stands.wait_seconds,
  draw: (json) => inSession("POST", "/challenges", { json, key: newKey() }),
  send: (body, key) => inSession("POST", "/captures", { body, key }),
  leads: ({ next }) => (next === "finished" || next === "wait_for_review" ? `/face/${next}` : null),
  retry: ({ next }) => (next === "draw_challenge" || next === "wait" ? again : null),
  otherWay: () => h("details", {}, h("summary", {}, t("face.other_way")), waysPanel(stands)),
});

/** @param {string} how  finished or wait_for_review */
export function donePage(how) {
  const own = capture()?.via === "invitation";
  return page({ title: t(`done.${how}.title`) },
    banner(how === "finished" ? "good" : "warm", how === "finished" ? "done" : "wait", t(`done.${how}`)),
    lead(isLent() ? t("done.hand_back") : t(`done.${how}.lead`)),
    button(isLent() || own ? homeWords() : t("done.go"), () => go(home())));
}
