// @ts-check
/** Step 4 begins: the decision about the face. A guardian's here, a person's own in their session. */

import { post, read, Wish } from "../api.js";
import { t } from "../i18n.js";
import { button, door, inset, lead, page, several, written } from "../parts.js";
import { go } from "../router.js";
import { h } from "../dom.js";
import { giveUp } from "./family.js";
import { digestOf, readAloud } from "./notice.js";

/** @param {any} link */
export async function consentPage(link) {
  const stands = await read(`/links/${link.id}/activation`);
  if (!stands.face_open || stands.next === "choose_route") return closedPage(link);
  if (stands.next !== "guardian_consents") return readyPage(link, stands);
  const wish = new Wish();
  const notice = await read(`/links/${link.id}/notices/face_processing`);
  return decisionPage({ notice, step: 4, back: "/family", keeps: true, link: link.id,
    send: (body) => post(`/links/${link.id}/face-consent`, body, wish),
    given: () => go(`/link/${link.id}/face`), declined: () => go(`/link/${link.id}/ways`), more: giveUp(link) });
}

/**
 * The notice about the face, and the two answers to it: as easy to give, as easy to find.
 * @param {{notice: any, step?: number, back?: string, before?: any, keeps?: boolean, link?: string, more?: any,
 *   send: (body: any) => Promise<any>, given: (answer: any) => void, declined: (answer: any) => void}} about
 *   `keeps`: whether the picture may be kept by a consent of its own
 */
export function decisionPage({ notice, step, back, before, keeps, link, more, send, given, declined }) {
  const keep = several({ name: "keep", label: t("consent.keep_title"), options: [["keep", t("consent.keep")]] });
  const decide = async (/** @type {"given" | "declined"} */ decision) => {
    const kept = keeps ? { keep_portrait: decision === "given" && keep.value().length > 0 } : {};
    const answer = await send({ decision, notice_id: notice.id, text_sha256: await digestOf(notice.text), ...kept });
    (decision === "given" ? given : declined)(answer);
  };
  return page({ title: notice.title, back, step }, before,
    readAloud(`${notice.title}. ${notice.text}`), written(notice.text), keeps && keep.element,
    button(t("consent.yes"), () => decide("given"), { link }),
    button(t("consent.no"), () => decide("declined"), { second: true, link }), more);
}

/** @param {any} link @param {any} stands */
function readyPage(link, stands) {
  return page({ title: t("ready.title", { name: link.name }), back: "/family", step: 4 },
    lead(t(link.face_subject === "guardian" ? "ready.own_face" : "ready.lead", { name: link.name })),
    stands.wait_seconds > 0 && inset("warm", h("p", {}, t("face.wait"))),
    door(t("ready.begin"), `/link/${link.id}/face`, { icon: "camera" }),
    door(t("way.ways"), `/link/${link.id}/ways`, { second: true }), giveUp(link));
}

/** @param {any} link */
function closedPage(link) {
  return page({ title: t("closed.title"), back: "/family", step: 4 }, lead(t("closed.lead")),
    door(t("way.ways"), `/link/${link.id}/ways`), giveUp(link));
}
