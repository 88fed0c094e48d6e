// @ts-check
/** The phone's camera, and why it does not open, in words. */

import { h } from "./dom.js";
import { t } from "./i18n.js";

/** The camera cannot be used; the message says why and what to do. */
export class NoCamera extends Error {}

/** @type {Record<string, string>} */
const REASONS = {
  NotAllowedError: "camera.refused",
  SecurityError: "camera.refused",
  NotFoundError: "camera.none",
  OverconstrainedError: "camera.none",
  NotReadableError: "camera.taken",
  AbortError: "camera.taken",
};
const READY_MS = 8000;

/**
 * @typedef {object} Camera
 * @property {HTMLVideoElement} video
 * @property {MediaStream} stream
 * @property {() => void} stop
 * @property {() => boolean} lost  taken away while it ran: unplugged, forbidden, or in use elsewhere
 */

/**
 * A running camera in a video element. Raises NoCamera.
 * @param {"user" | "environment"} facing
 * @param {{width: number, height: number}} size
 * @param {boolean} [sound]  with a microphone, where there is one and it is allowed
 * @returns {Promise<Camera>}
 */
export async function openCamera(facing, size, sound = false) {
  if (!navigator.mediaDevices?.getUserMedia) throw new NoCamera(t("camera.none"));
  const asked = { facingMode: facing, width: { ideal: size.width }, height: { ideal: size.height } };
  const stream = await streamOf(asked, sound);
  const video = h("video", { playsinline: true, muted: true, "aria-hidden": "true" });
  video.muted = true;
  video.srcObject = stream;
  await started(video);
  return {
    video, stream,
    stop: () => stream.getTracks().forEach((track) => track.stop()),
    lost: () => stream.getVideoTracks().every((track) => track.readyState === "ended"),
  };
}

/** @param {MediaTrackConstraints} video @param {boolean} audio @returns {Promise<MediaStream>} */
async function streamOf(video, audio) {
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio });
  } catch (trouble) {
    if (audio) return streamOf(video, false); // digits can be shown or signed, too
    throw new NoCamera(t(REASONS[/** @type {Error} */ (trouble).name] ?? "camera.taken"));
  }
}

/** @param {HTMLVideoElement} video */
async function started(video) {
  const playing = video.play();
  const late = new Promise((_, reject) => setTimeout(() => reject(new NoCamera(t("camera.taken"))), READY_MS));
  await Promise.race([playing, late]);
}

/**
 * What the camera sees now, unmirrored, no larger than this on its shorter side.
 * @param {HTMLVideoElement} video @param {number} shorter
 */
export function still(video, shorter) {
  const [width, height] = [video.videoWidth, video.videoHeight];
  const scale = Math.min(1, shorter / Math.min(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {number} quality @returns {Promise<Blob>} */
export const jpeg = (canvas, quality) => new Promise((resolve, reject) =>
  canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new NoCamera(t("camera.taken")))), "image/jpeg", quality));
