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
 * A running camera in a video element. Raises NoCamera.
 * @param {"user" | "environment"} facing
 * @param {{width: number, height: number}} size
 */
export async function openCamera(facing, size) {
  if (!navigator.mediaDevices?.getUserMedia) throw new NoCamera(t("camera.none"));
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: facing, width: { ideal: size.width }, height: { ideal: size.height } }, audio: false });
  } catch (trouble) {
    throw new NoCamera(t(REASONS[/** @type {Error} */ (trouble).name] ?? "camera.taken"));
  }
  const video = h("video", { playsinline: true, muted: true, "aria-hidden": "true" });
  video.muted = true;
  video.srcObject = stream;
  await started(video);
  return { video, stop: () => stream.getTracks().forEach((/** @type {MediaStreamTrack} */ track) => track.stop()) };
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
