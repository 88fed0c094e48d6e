// @ts-check
/**
 * Step 4: the capture session of the person whose face is asked for; on the holder's phone it may be
 * handed over to an adult. Every page of it has a way without a face.
 */

import { ask, newKey, patiently, post, Problem, Wish } from "../api.js";
import { NoCamera, openCamera } from "../camera.js";
import { keyOf, publicOf } from "../device_key.js";
import { h, icons, show } from "../dom.js";
import { lasting, t } from "../i18n.js";
import { announce, banner, button, choice, door, focusTrouble, inset, lead, page, panel, quiet, several, soft, troubled } from "../parts.js";
import { again, go, goInstead } from "../router.js";
import { formOf, record } from "../recording.js";
import { capture, closedCapture, openedCapture } from "../session.js";
import { canSpeak, isSpeaking, say, wantSpeech } from "../speech.js";
import { decisionPage } from "./consent.js";
import { readAloud } from "./notice.js";

/** @typedef {import("../recording.js").Challenge} Challenge */

const CAMERA = { width: 640, height: 480 };
const MOVES = /** @type {Record<string, "left" | "right" | "closer" | "further">} */ ({ turn_left: "left", turn_right: "right", closer: "closer", back: "further" });
const COLOURS = /** @type {Record<string, string>} */ ({ red: "#ff0000", green: "#00ff00", blue: "#0000ff", none: "#ffffff" });
const COUNTDOWN = 3;

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

/** @param {string} method @param {string} rest @param {any} [more] */
const inSession = (method, rest, more = {}) => ask(method, `/capture-sessions/${capture()?.id}${rest}`, { as: "capture", ...more });

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
  const make = STEPS[stands.next] ?? cameraPage;
  return make(stands);
}

/** @type {Record<string, (stands: any) => any>} */
const STEPS = {
  accept: acceptPage,
  give_consent: ownConsentPage,
  guardian_consents: leaveSession,
  choose_route: noFacePage,
  finished: () => donePage("finished"),
  wait_for_review: () => donePage("wait_for_review"),
  closed: leaveSession,
};

/** Where the holder goes on: their phone is taken back first, if it was handed over. */
function home() {
  const known = capture();
  if (known?.via === "handed_over") return "/unlock";
  closedCapture();
  if (known?.via === "invitation") return "/invited/done";
  return known ? `/link/${known.link}` : "/family";
}

/** What the button says that leads there. */
const homeWords = () => t(capture()?.via === "handed_over" ? "face.back_to_holder" : capture()?.via === "invitation" ? "face.close" : "way.application");

/** To the ways without a face, where this phone can show them: with the holder's own session. */
function toWays() {
  const link = capture()?.link;
  const path = home();
  go(path === `/link/${link}` ? `${path}/ways` : path);
}

const waysWords = () => (capture()?.via === "own" ? t("way.ways") : homeWords());

/** The session is over or its time has run out. @param {Problem} trouble */
function overPage(trouble) {
  return page({ title: t("face.over"), step: 4 }, troubled(trouble), button(homeWords(), () => go(home())));
}

function leaveSession() {
  goInstead(home());
  return page({ title: t("working") });
}

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
  const notice = await inSession("GET", "/notice");
  return decisionPage({ notice, path: `/capture-sessions/${stands.id}/consent`, link: capture()?.link ?? "", as: "capture", given: again, declined: again });
}

/** @param {any} stands */
function noFacePage(stands) {
  return page({ title: t("closed.title"), step: 4 }, lead(t("closed.lead")), waysPanel(stands),
    button(waysWords(), toWays));
}

/** @param {any} stands */
const waysPanel = (stands) => panel(h("h2", {}, t("ways.title")),
  h("ul", {}, stands.routes.filter((/** @type {string} */ one) => one !== "digits_video").map((/** @type {string} */ one) => h("li", {}, t(`ways.${one}`)))), soft(t("ways.same")));

// --- before the camera -------------------------------------------------------------------------

/** @param {any} stands */
function cameraPage(stands) {
  if (stands.wait_seconds > 0) return waitPage(stands);
  const place = h("div", { class: "stack" });
  const profile = choice({
    name: "profile", label: t("face.needs"),
    options: [["standard", t("face.standard")], ["no_light", t("face.no_light")], ["no_movement", t("face.no_movement")]],
  });
  profile.fill("standard");
  const aloud = canSpeak() && several({ name: "aloud", label: t("face.sound"), options: [["aloud", t("face.aloud")]], on: isSpeaking() });
  const opening = button(t("face.open"), () => {
    if (aloud) wantSpeech(aloud.value().length > 0);
    return aim(place, stands, profile.value());
  }, { icon: "camera" });
  show(place, h("ul", { class: "notice stack" }, ["light", "straight", "glasses", "alone"].map((one) => h("li", {}, t(`face.tip.${one}`)))),
    h("details", {}, h("summary", {}, t("face.needs_summary")), h("div", { class: "stack" }, profile.element, aloud && aloud.element)), opening);
  return page({ title: t(stands.face_subject === "guardian" ? "face.title_guardian" : "face.title"), step: 4, leave: () => place.dispatchEvent(new Event("leave")) },
    lead(t("face.lead")), place, noFaceLink(stands));
}

/** @param {any} stands */
const noFaceLink = (stands) => h("details", {}, h("summary", {}, t("face.other_way")), waysPanel(stands),
  button(waysWords(), toWays, { second: true }));

/** @param {any} stands */
function waitPage(stands) {
  return page({ title: t("face.wait_title"), step: 4 }, lead(t("face.wait_for", { time: lasting(stands.wait_seconds) })),
    soft(t("face.tries", { left: stands.tries_left })), button(t("trouble.again"), again, { icon: "again" }), noFaceLink(stands));
}

/** The camera runs: the face is put into the oval. @param {HTMLElement} place @param {any} stands @param {string} profile */
async function aim(place, stands, profile) {
  let camera;
  try {
    camera = await openCamera("user", CAMERA);
  } catch (trouble) {
    if (!(trouble instanceof NoCamera)) throw trouble;
    place.querySelectorAll(".inset.warm").forEach((one) => one.remove());
    place.prepend(inset("warm", h("p", {}, trouble.message)));
    announce(trouble.message);
    return;
  }
  place.addEventListener("leave", camera.stop, { once: true });
  const begin = button(t("face.begin"), () => take(camera, stands, profile, place), { icon: "done" });
  show(place, h("p", {}, t("face.aim")), h("div", { class: "viewer" }, camera.video, h("div", { class: "oval" })), begin);
  begin.focus();
  say(t("face.aim"));
}

// --- the recording -----------------------------------------------------------------------------

/**
 * Draw, tell, record, send.
 * @param {{video: HTMLVideoElement, stop: () => void}} camera @param {any} stands @param {string} profile @param {HTMLElement} place
 */
async function take(camera, stands, profile, place) {
  const pair = await keyOf(stands.id);
  /** @type {Challenge} */
  const challenge = await inSession("POST", "/challenges", { json: { profile, device_key: await publicOf(pair) }, key: newKey() });
  const drawn = performance.now();
  const taken = await onStage(camera.video, challenge);
  camera.stop();
  if (!taken) {
    again();
    return;
  }
  show(place, banner("warm", "wait", t("face.comparing")));
  announce(t("face.comparing"));
  try {
    const form = await formOf(challenge, drawn, stands.id, taken);
    outcomePage(place, await sent(form));
  } catch (trouble) {
    show(place, troubled(trouble), button(t("face.again"), again, { icon: "again" }));
    focusTrouble();
  }
}

/** The same capture with the same key, once more where it did not arrive. @param {FormData} form */
async function sent(form) {
  const key = newKey();
  const send = () => patiently(() => inSession("POST", "/captures", { body: form, key }));
  return send().catch((trouble) => {
    if (trouble instanceof Problem) throw trouble;
    return send();
  });
}

/** The whole screen for the recording. @param {HTMLVideoElement} video @param {Challenge} challenge */
async function onStage(video, challenge) {
  let stopped = false;
  const words = h("p", { class: "say", role: "status" });
  const bar = h("progress", { class: "along", max: "1", value: 0, "aria-hidden": "true" });
  const stop = quiet(t("face.stop"), () => { stopped = true; });
  const stage = h("div", { class: "stage", role: "dialog", "aria-modal": "true", "aria-label": t("face.title") },
    words, h("div", { class: "hole" }, video), bar, stop);
  document.body.append(stage);
  await video.play().catch(() => null); // some browsers stop a video that was moved
  const onKey = (/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") stopped = true; };
  addEventListener("keydown", onKey);
  stop.focus();
  const tell = (/** @type {string} */ text, /** @type {Node | null} */ picture = null) => { show(words, picture, h("span", {}, text)); say(text); };
  const lamp = await screenLamp();
  try {
    for (let left = COUNTDOWN; left > 0 && !stopped; left -= 1) {
      tell(t("face.countdown", { left }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    tell(t("face.still"));
    return stopped ? null : await record(challenge, {
      video, stopped: () => stopped,
      colour: (light) => { stage.style.background = COLOURS[light]; },
      ask: (move) => (move ? tell(t(`move.${move.move}`), icons[MOVES[move.move]]()) : tell(t("face.still"))),
      along: (share) => { bar.value = Math.min(1, share); },
    });
  } finally {
    removeEventListener("keydown", onKey);
    stage.remove();
    lamp();
  }
}

/** Keep the screen from going dark meanwhile, where the phone allows it. @returns {Promise<() => void>} */
async function screenLamp() {
  const lock = await navigator.wakeLock?.request("screen").catch(() => null);
  return () => { lock?.release(); };
}

// --- what came of it ---------------------------------------------------------------------------

/** @param {HTMLElement} place @param {any} answer */
function outcomePage(place, answer) {
  if (answer.next === "finished" || answer.next === "wait_for_review") {
    goInstead(`/face/${answer.next}`); // the session is over with this answer
    return;
  }
  const better = answer.outcome === "unusable";
  const words = better ? t(`reason.${answer.reason ?? "blurred"}`) : t(`outcome.${answer.outcome}`);
  const tries = better ? t("face.not_counted") : t("face.tries", { left: answer.tries_left });
  const retry = answer.next === "draw_challenge" || answer.next === "wait";
  show(place, banner(better ? "warm" : "bad", better ? "again" : "wait", t(better ? "face.unusable" : "face.no_match")),
    h("p", {}, words), soft(tries), retry && button(t("face.again"), again, { icon: "again" }));
  announce(`${words} ${tries}`);
  const heading = /** @type {HTMLElement | null} */ (document.querySelector("main h1"));
  heading?.focus();
}

/** @param {string} how  finished or wait_for_review */
export function donePage(how) {
  const lent = capture()?.via === "handed_over";
  const own = capture()?.via === "invitation";
  return page({ title: t(`done.${how}.title`) },
    banner(how === "finished" ? "good" : "warm", how === "finished" ? "done" : "wait", t(`done.${how}`)),
    lead(lent ? t("done.hand_back") : t(`done.${how}.lead`)),
    button(lent || own ? homeWords() : t("done.go"), () => go(home())));
}
