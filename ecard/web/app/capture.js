// @ts-check
/**
 * The guided capture, wherever a live face is asked for: what helps, the oval, the whole screen for
 * the recording, what came of it. Who asks says how a challenge is drawn and where its answer goes.
 */

import { newKey, patiently, Problem } from "./api.js";
import { NoCamera, openCamera } from "./camera.js";
import { keyOf, publicOf } from "./device_key.js";
import { h, icons, show } from "./dom.js";
import { lasting, t } from "./i18n.js";
import { announce, banner, button, choice, focusTrouble, inset, lead, page, quiet, several, soft, troubled, unsay } from "./parts.js";
import { again, goInstead } from "./router.js";
import { formOf, record } from "./recording.js";
import { canSpeak, isSpeaking, say, wantSpeech } from "./speech.js";

/** @typedef {import("./recording.js").Challenge} Challenge */
/** @typedef {import("./camera.js").Camera} Camera */

/**
 * @typedef {object} Sitting
 * @property {string} id  what the answer and its key belong to
 * @property {string} title
 * @property {number} [step]
 * @property {string} [back]
 * @property {number} [tries]  left today
 * @property {number} [wait]  seconds until the next one
 * @property {(body: any) => Promise<Challenge>} draw
 * @property {(form: FormData, key: string) => Promise<any>} send
 * @property {(answer: any) => string | null} leads  where an answer that ends it leads
 * @property {(answer: any) => (() => any) | null} retry  how one goes on that does not
 * @property {() => import("./dom.js").Child} otherWay  the ways without a face
 */

const CAMERA = { width: 640, height: 480 };
const MOVES = /** @type {Record<string, "left" | "right" | "closer" | "further">} */ ({ turn_left: "left", turn_right: "right", closer: "closer", back: "further" });
const COLOURS = /** @type {Record<string, string>} */ ({ red: "#ff0000", green: "#00ff00", blue: "#0000ff", none: "#ffffff" });
const COUNTDOWN = 3;

/** Before the camera opens. @param {Sitting} sitting */
export function cameraPage(sitting) {
  if ((sitting.wait ?? 0) > 0) return waitPage(sitting);
  const place = h("div", { class: "stack" });
  const profile = choice({
    name: "profile", label: t("face.needs"),
    options: [["standard", t("face.standard")], ["no_light", t("face.no_light")], ["no_movement", t("face.no_movement")]],
  });
  profile.fill("standard");
  const aloud = canSpeak() && several({ name: "aloud", label: t("face.sound"), options: [["aloud", t("face.aloud")]], on: isSpeaking() });
  const opening = button(t("face.open"), () => {
    if (aloud) wantSpeech(aloud.value().length > 0);
    return aim(place, sitting, profile.value());
  }, { icon: "camera" });
  show(place, h("ul", { class: "notice stack" }, ["light", "straight", "glasses", "alone"].map((one) => h("li", {}, t(`face.tip.${one}`)))),
    h("details", {}, h("summary", {}, t("face.needs_summary")), h("div", { class: "stack" }, profile.element, aloud && aloud.element)), opening);
  return page({ ...sitting, leave: () => place.dispatchEvent(new Event("leave")) }, lead(t("face.lead")), place, sitting.otherWay());
}

/** @param {Sitting} sitting */
function waitPage(sitting) {
  return page({ title: t("face.wait_title"), step: sitting.step, back: sitting.back },
    lead(t("face.wait_for", { time: lasting(sitting.wait ?? 0) })), soft(t("face.tries", { left: sitting.tries ?? 0 })),
    button(t("trouble.again"), again, { icon: "again" }), sitting.otherWay());
}

/** The camera runs: the face is put into the oval. @param {HTMLElement} place @param {Sitting} sitting @param {string} profile */
async function aim(place, sitting, profile) {
  const camera = await openCamera("user", CAMERA).catch((trouble) => noCamera(place, trouble));
  if (!camera) return;
  place.addEventListener("leave", camera.stop, { once: true });
  const begin = button(t("face.begin"), () => take(camera, sitting, profile, place), { icon: "done" });
  show(place, h("p", {}, t("face.aim")), h("div", { class: "viewer" }, camera.video, h("div", { class: "oval" })), begin);
  begin.focus();
  say(t("face.aim"));
}

/** Why there is no camera, in words above what was there. @param {HTMLElement} place @param {any} trouble @param {string} [more] @returns {null} */
export function noCamera(place, trouble, more = "") {
  if (!(trouble instanceof NoCamera)) throw trouble;
  place.querySelectorAll(".inset.warm").forEach((one) => one.remove());
  place.prepend(inset("warm", h("p", {}, trouble.message), more && h("p", {}, more)));
  announce(trouble.message);
  return null;
}

// --- the recording -----------------------------------------------------------------------------

/** Draw, tell, record, send. @param {Camera} camera @param {Sitting} sitting @param {string} profile @param {HTMLElement} place */
async function take(camera, sitting, profile, place) {
  const pair = await keyOf(sitting.id);
  const challenge = await sitting.draw({ profile, device_key: await publicOf(pair) });
  const drawn = performance.now();
  const taken = await onStage(camera, challenge);
  const lost = camera.lost();
  camera.stop();
  if (!taken) {
    show(place, button(t("face.again"), again, { icon: "again" }));
    if (lost) noCamera(place, new NoCamera(t("camera.taken")));
    else again();
    return;
  }
  show(place, banner("warm", "wait", t("face.comparing")));
  announce(t("face.comparing"));
  try {
    came(place, sitting, await sent(sitting, await formOf(challenge, drawn, sitting.id, taken)));
  } catch (trouble) {
    show(place, troubled(trouble), button(t("face.again"), again, { icon: "again" }));
    focusTrouble();
  }
}

/** The same capture with the same key, once more where it did not arrive. @param {Sitting} sitting @param {FormData} form */
async function sent(sitting, form) {
  const key = newKey();
  const send = () => patiently(() => sitting.send(form, key));
  return send().catch((trouble) => {
    if (trouble instanceof Problem) throw trouble;
    return send();
  });
}

/** The whole screen for the recording. @param {Camera} camera @param {Challenge} challenge */
async function onStage(camera, challenge) {
  let stopped = false;
  const { video } = camera;
  const words = h("p", { class: "say", role: "status" });
  const bar = h("progress", { class: "along", max: "1", value: 0, "aria-hidden": "true" });
  const stop = quiet(t("face.stop"), () => { stopped = true; });
  const stage = h("div", { class: "stage", role: "dialog", "aria-modal": "true", "aria-label": t("face.title") },
    words, h("div", { class: "hole" }, video), bar, stop);
  document.body.append(stage);
  await video.play().catch(() => null); // some browsers stop a video that was moved
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") stopped = true;
    if (event.key === "Tab") event.preventDefault(); // one button is all that there is
  };
  const isOver = () => stopped || camera.lost() || !stage.isConnected;
  addEventListener("keydown", onKey);
  stop.focus();
  const tell = (/** @type {string} */ text, /** @type {Node | null} */ picture = null) => { show(words, picture, h("span", {}, text)); say(text); };
  const lamp = await screenLamp();
  const leave = () => { stopped = true; };
  addEventListener("hashchange", leave, { once: true });
  try {
    for (let left = COUNTDOWN; left > 0 && !isOver(); left -= 1) {
      tell(t("face.countdown", { left }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    tell(t("face.still"));
    return isOver() ? null : await record(challenge, {
      video, stopped: isOver,
      colour: (light) => { stage.style.background = COLOURS[light]; },
      ask: (move) => (move ? tell(t(`move.${move.move}`), icons[MOVES[move.move]]()) : tell(t("face.still"))),
      along: (share) => { bar.value = Math.min(1, share); },
    });
  } finally {
    removeEventListener("keydown", onKey);
    removeEventListener("hashchange", leave);
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

/** @param {HTMLElement} place @param {Sitting} sitting @param {any} answer */
function came(place, sitting, answer) {
  unsay(t("face.comparing"));
  const path = sitting.leads(answer);
  if (path) {
    goInstead(path); // it is over with this answer
    return;
  }
  const better = answer.outcome === "unusable";
  const words = better ? t(`reason.${answer.reason ?? "blurred"}`) : t(`outcome.${answer.outcome}`);
  const tries = better ? t("face.not_counted") : t("face.tries", { left: answer.tries_left });
  const retry = sitting.retry(answer);
  show(place, banner(better ? "warm" : "bad", better ? "again" : "wait", t(better ? "face.unusable" : "face.no_match")),
    h("p", {}, words), soft(tries), retry && button(t("face.again"), retry, { icon: "again" }));
  announce(`${words} ${tries}`);
  /** @type {HTMLElement | null} */ (document.querySelector("main h1"))?.focus();
}
