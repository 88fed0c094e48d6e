// @ts-check
/**
 * The way without a face comparison: four drawn digits, said, signed or shown in a short video that a
 * person watches. Recorded in the page, or chosen as a file.
 */

import { newKey, Problem } from "../api.js";
import { noCamera } from "../capture.js";
import { openCamera } from "../camera.js";
import { canRecord, recordClip } from "../clip.js";
import { h, show } from "../dom.js";
import { t } from "../i18n.js";
import { announce, banner, button, focusTrouble, inset, lead, page, panel, quiet, troubled } from "../parts.js";
import { go, goInstead } from "../router.js";
import { capture } from "../session.js";
import { untilReached } from "../uploads.js";
import { home, homeWords, inSession, overPage } from "../visit.js";
import { facePage } from "./face.js";
import { picker } from "./papers.js";

/** @typedef {{digits: string, seconds_max: number, sentence: string}} Drawn */
/**
 * @typedef {object} Film
 * @property {Drawn} drawn
 * @property {number} [step]
 * @property {string} [back]
 * @property {(body: FormData, key: string) => Promise<any>} send
 * @property {string} done  where it leads once it arrived
 * @property {HTMLElement} otherWay
 */

const SIZE = { width: 640, height: 480 };
const MOST_MIB = 20;
const MIB = 2 ** 20;
export const UPLOAD_SECONDS = 300;
const READABLE = "video/webm,video/mp4,video/quicktime";

export async function videoPage() {
  if (!capture()) return facePage();
  let drawn;
  try {
    drawn = await inSession("POST", "/digits", { key: newKey() });
  } catch (trouble) {
    if (trouble instanceof Problem) return overPage(trouble);
    throw trouble;
  }
  return clipPage({ drawn, step: 4, done: "/face/wait_for_review", otherWay: button(homeWords(), () => go(home()), { second: true }),
    send: (body, key) => inSession("POST", "/video", { body, key, seconds: UPLOAD_SECONDS }) });
}

/** The digits, the recording, and its way to a person. @param {Film} film */
export function clipPage(film) {
  const { drawn, step, back } = film;
  const place = h("div", { class: "stack" });
  begin(place, film);
  return page({ title: t("video.title"), step, back, leave: () => place.dispatchEvent(new Event("leave")) },
    lead(t("video.lead", { seconds: drawn.seconds_max })), panel(h("p", { class: "words" }, drawn.sentence), digitsOf(drawn)), place, film.otherWay);
}

/** Each digit for itself: that is how it is read. @param {Drawn} drawn */
const digitsOf = (drawn) => h("p", { class: "big digits-shown" }, h("strong", {}, Array.from(drawn.digits).join(" ")));

/** By the camera, or as a file. @param {HTMLElement} place @param {Film} film */
function begin(place, film) {
  const file = picker("video", t("video.file"), READABLE, (chosen) => check(place, film, chosen), { "aria-describedby": null });
  show(place, canRecord() && button(t("video.open"), () => open(place, film), { icon: "video" }), file);
}

/** @param {HTMLElement} place @param {Film} film */
async function open(place, film) {
  const camera = await openCamera("user", SIZE, true).catch((trouble) => noCamera(place, trouble, t("camera.file")));
  if (!camera) return;
  place.addEventListener("leave", camera.stop, { once: true });
  const silent = !camera.stream.getAudioTracks().length;
  const start = button(t("video.start"), () => record(place, film, camera), { icon: "video" });
  show(place, silent && inset("warm", h("p", {}, t("video.silent"))), h("div", { class: "viewer" }, camera.video), start);
  start.focus();
}

/** @param {HTMLElement} place @param {Film} film @param {import("../camera.js").Camera} camera */
async function record(place, film, camera) {
  const left = h("p", { class: "lead" });
  const bar = h("progress", { max: "1", value: 0, "aria-hidden": "true" });
  let stopped = false;
  const stop = button(t("video.stop"), () => { stopped = true; }, { icon: "done" });
  show(place, digitsOf(film.drawn), h("div", { class: "viewer" }, camera.video), left, bar, stop);
  await camera.video.play().catch(() => null); // some browsers stop a video that was moved
  stop.focus();
  announce(t("video.runs", { seconds: film.drawn.seconds_max }));
  const clip = await recordClip(camera.stream, film.drawn.seconds_max, (seconds) => {
    left.textContent = t("video.left", { left: Math.max(0, Math.ceil(film.drawn.seconds_max - seconds)) });
    bar.value = Math.min(1, seconds / film.drawn.seconds_max);
    return stopped || camera.lost() || !place.isConnected;
  });
  camera.stop();
  check(place, film, clip);
}

/** Seen once more before it goes. @param {HTMLElement} place @param {Film} film @param {Blob} clip */
function check(place, film, clip) {
  if (clip.size > MOST_MIB * MIB) {
    begin(place, film);
    place.prepend(inset("warm", h("p", { role: "alert" }, t("video.too_large", { most: MOST_MIB }))));
    return;
  }
  const address = URL.createObjectURL(clip);
  place.addEventListener("leave", () => URL.revokeObjectURL(address), { once: true });
  const shown = h("video", { src: address, controls: true, playsinline: true, class: "clip", "aria-label": t("video.seen") });
  const use = button(t("video.send"), () => send(place, film, clip), { icon: "done" });
  show(place, shown, use, button(t("video.again"), () => begin(place, film), { second: true, icon: "again" }));
  use.focus();
}

/** @param {HTMLElement} place @param {Film} film @param {Blob} clip */
async function send(place, film, clip) {
  const words = h("p", { role: "status" }, t("video.sending"));
  show(place, banner("warm", "wait", t("video.wait")), words);
  const body = new FormData();
  body.append("video", clip, "digits");
  const key = newKey();
  try {
    await untilReached({ sent: () => {}, waits: (waiting) => { words.textContent = t(waiting ? "papers.waits" : "video.sending"); } },
      () => film.send(body, key));
    goInstead(film.done);
  } catch (trouble) {
    show(place, troubled(trouble), button(t("video.send"), () => send(place, film, clip), { icon: "again" }), quiet(t("video.again"), () => begin(place, film)));
    focusTrouble();
  }
}
