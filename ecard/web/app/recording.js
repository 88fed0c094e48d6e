// @ts-check
/**
 * The capture of docs/capture.md as a browser makes it: colours and frames at their times, the
 * answer, its signature. Times are of one clock that never jumps (`performance.now`).
 */

import { jpeg, still } from "./camera.js";
import { keyOf, signature } from "./device_key.js";

const FRAME_SHORTER = 320;
const FRAME_QUALITY = 0.92;
const LOOK_MS = 4;

/**
 * @typedef {object} Challenge
 * @property {string} id
 * @property {string} nonce
 * @property {number} length_ms
 * @property {{move: string, sentence: string, begins_ms: number, ends_ms: number}[]} moves
 * @property {{light: string, begins_ms: number, ends_ms: number}[]} lights
 * @property {number[]} frame_times_ms
 * @property {string} sentence
 */
/**
 * @typedef {object} Stage
 * @property {HTMLVideoElement} video
 * @property {(light: string) => void} colour
 * @property {(move: Challenge["moves"][number] | null) => void} ask
 * @property {(share: number) => void} along
 * @property {() => boolean} stopped
 */
/** @typedef {{began: number, frames: Promise<Blob>[], at: number[], displayed: {at_ms: number, light: string}[]}} Recording */

/** Everything that is due, in order; what is shown comes before what is taken. @param {Challenge} challenge */
function agenda(challenge) {
  /** @type {{due: number, order: number, light?: string, move?: Challenge["moves"][number] | null}[]} */
  const found = challenge.frame_times_ms.map((due) => ({ due, order: 2 }));
  for (const one of challenge.lights) found.push({ due: one.begins_ms, order: 0, light: one.light });
  const last = challenge.lights.at(-1);
  if (last) found.push({ due: last.ends_ms, order: 0, light: "none" });
  for (const move of challenge.moves) found.push({ due: move.begins_ms, order: 1, move }, { due: move.ends_ms, order: 0, move: null });
  return found.sort((one, other) => one.due - other.due || one.order - other.order);
}

/**
 * Show what was drawn and take the frames. Null: it was stopped.
 * @param {Challenge} challenge @param {Stage} stage @returns {Promise<Recording | null>}
 */
export async function record(challenge, stage) {
  const began = performance.now();
  /** @type {Recording} */
  const taken = { began, frames: [], at: [], displayed: [] };
  const now = () => Math.round((performance.now() - began) * 10) / 10;
  for (const item of agenda(challenge)) {
    await until(began + item.due, () => stage.along(now() / challenge.length_ms));
    if (stage.stopped()) return null;
    if (item.light) {
      stage.colour(item.light);
      await painted();
      taken.displayed.push({ at_ms: now(), light: item.light });
    } else if (item.move !== undefined) stage.ask(item.move);
    else {
      taken.at.push(now());
      taken.frames.push(jpeg(still(stage.video, FRAME_SHORTER), FRAME_QUALITY));
    }
  }
  return taken;
}

/** @param {number} due @param {() => void} meanwhile */
async function until(due, meanwhile) {
  while (performance.now() < due - LOOK_MS) {
    await pause(Math.min(60, due - performance.now()));
    meanwhile();
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The next picture of the screen is on its way. */
const painted = () => new Promise((resolve) => {
  requestAnimationFrame(resolve);
  setTimeout(resolve, 50); // a hidden page paints nothing
});

/**
 * The form of one answer: frames, answer, signature.
 * @param {Challenge} challenge @param {number} drawn  when it arrived, by this clock @param {string} session
 * @param {Recording} taken
 */
export async function formOf(challenge, drawn, session, taken) {
  const frames = await Promise.all(taken.frames);
  const hashes = await Promise.all(frames.map(hashOf));
  const answer = {
    challenge_id: challenge.id, session_id: session, nonce: challenge.nonce,
    clock: { drawn_ms: drawn, began_ms: taken.began, sent_ms: performance.now() },
    frames: hashes.map((sha256, place) => ({ at_ms: taken.at[place], sha256 })),
    displayed: taken.displayed,
  };
  const written = new TextEncoder().encode(JSON.stringify(answer));
  const form = new FormData();
  frames.forEach((frame, place) => form.append("frames", frame, `${place}.jpg`));
  form.append("answer", new Blob([written], { type: "application/json" }), "answer.json");
  form.append("signature", new Blob([await signature(await keyOf(session), written)], { type: "text/plain" }), "signature.txt");
  return form;
}

/** @param {Blob} frame */
async function hashOf(frame) {
  const digest = await crypto.subtle.digest("SHA-256", await frame.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
