// @ts-check
/** A short video from a running camera. */

const KINDS = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
const BITS_A_SECOND = 1_200_000;
const LOOK_MS = 200;
const BEFORE_THE_END_S = 0.5;

export const canRecord = () => "MediaRecorder" in window && KINDS.some((kind) => MediaRecorder.isTypeSupported(kind));

/**
 * Record until the time is over or somebody stops it.
 * @param {MediaStream} stream @param {number} seconds @param {(passed: number) => boolean} look  asked while it runs; true: stop
 * @returns {Promise<Blob>}
 */
export function recordClip(stream, seconds, look) {
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_A_SECOND });
  /** @type {Blob[]} */
  const parts = [];
  const began = performance.now();
  return new Promise((resolve) => {
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => { clearInterval(timer); resolve(new Blob(parts, { type: recorder.mimeType.split(";")[0] })); };
    const timer = setInterval(() => {
      const passed = (performance.now() - began) / 1000;
      if ((look(passed) || passed >= seconds - BEFORE_THE_END_S) && recorder.state !== "inactive") recorder.stop();
    }, LOOK_MS);
    recorder.start();
  });
}
