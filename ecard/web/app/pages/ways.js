// @ts-check
/** The ways without a face: they give the same rights, and are in sight on every page before one. */

import { ask, newKey, post, Problem, read, Wish } from "../api.js";
import { h, show } from "../dom.js";
import { day, t } from "../i18n.js";
import { announce, button, inset, lead, more, page, panel, soft } from "../parts.js";
import { go } from "../router.js";
import { capture, openedCapture } from "../session.js";
import { places } from "./my.js";

/** @param {string} id */
export async function waysPage(id) {
  const stands = await read(`/links/${id}/activation`);
  return page({ title: t("ways.title"), back: `/link/${id}` }, lead(t("ways.lead")),
    stands.routes.map((/** @type {any} */ one) => panel(h("h2", {}, t(`ways.${one.route}`)), h("p", { class: "words" }, one.sentence), MORE[one.route]?.(id, one))));
}

/** What a way asks for, beside its sentence. @type {Record<string, (id: string, route: any) => any>} */
const MORE = { counter: codeOf, digits_video: videoOf };

/** @param {string} id @param {any} counter */
function codeOf(id, counter) {
  const wish = new Wish();
  const code = h("div", { role: "status" });
  return [
    counter.code_until && h("p", { class: "hint" }, t("ways.code_waits", { day: day(counter.code_until) })),
    button(t("ways.get_code"), async () => {
      const issued = await post(`/links/${id}/counter-code`, undefined, wish);
      show(code, shownCode(issued));
      announce(`${t("ways.code")} ${issued.code}`);
    }, { link: id }), code, more(t("counters.title"), places(counter.counters)),
  ];
}

/** A code for the counter, large enough to be read across it. @param {{code: string, expires_at: string}} issued */
export const shownCode = (issued) => inset("good", h("p", {}, t("ways.code")), h("p", { class: "big" }, h("strong", {}, issued.code)),
  h("p", {}, t("ways.code_until", { day: day(issued.expires_at) })));

/** @param {string} id */
function videoOf(id) {
  const begin = async () => { await openVideo(id); go("/face/video"); };
  return [soft(t("ways.video_adult")), button(t("ways.begin_video"), begin, { second: true, icon: "video", link: id })];
}

/** A session for the video: beside a child; an adult takes the phone. @param {string} id */
async function openVideo(id) {
  const known = capture();
  if (known?.link === id && known.via === "own") return;
  const open = (/** @type {string} */ via) => ask("POST", `/links/${id}/capture-sessions`, { json: { via }, key: newKey() });
  const opened = await open("own").catch((trouble) => {
    if (trouble instanceof Problem && trouble.code === "capture_way_not_allowed") return open("video");
    throw trouble;
  });
  openedCapture({ link: id, id: opened.id, token: opened.token, via: opened.via });
}
