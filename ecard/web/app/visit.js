// @ts-check
/** The capture session that is open in this tab: its requests, and where it leads afterwards. */

import { ask } from "./api.js";
import { t } from "./i18n.js";
import { button, page, troubled } from "./parts.js";
import { go, goInstead } from "./router.js";
import { capture, closedCapture } from "./session.js";

/** @param {string} method @param {string} rest @param {any} [more] */
export const inSession = (method, rest, more = {}) => ask(method, `/capture-sessions/${capture()?.id}${rest}`, { as: "capture", ...more });

/** Whether the holder's phone is in the relative's hands. */
export const isLent = () => ["handed_over", "video"].includes(capture()?.via ?? "");

/** Where the holder goes on: their phone is taken back first, if it was handed over. */
export function home() {
  const known = capture();
  if (isLent()) return "/unlock";
  closedCapture();
  if (known?.via === "invitation") return "/invited/done";
  return known ? `/link/${known.link}` : "/family";
}

/** What the button says that leads there. */
export const homeWords = () => t(isLent() ? "face.back_to_holder" : capture()?.via === "invitation" ? "face.close" : "way.application");

/** To the ways without a face, where this phone can show them: with the holder's own session. */
export function toWays() {
  const link = capture()?.link;
  const path = home();
  go(path === `/link/${link}` ? `${path}/ways` : path);
}

export const waysWords = () => (capture()?.via === "own" ? t("way.ways") : homeWords());

/** The session is over or its time has run out. @param {import("./api.js").Problem} trouble */
export function overPage(trouble) {
  return page({ title: t("face.over"), step: 4 }, troubled(trouble), button(homeWords(), () => go(home())));
}

export function leaveSession() {
  goInstead(home());
  return page({ title: t("working") });
}
