// @ts-check
/** Step 2: the notice. What is sent back is the digest of exactly the text that was shown. */

import { post, read, Wish } from "../api.js";
import { t } from "../i18n.js";
import { button, inset, page, quiet, written } from "../parts.js";
import { again } from "../router.js";
import { canSpeak, readOut } from "../speech.js";
import { h } from "../dom.js";
import { giveUp } from "./family.js";

/** @param {any} link */
export async function noticePage(link) {
  const notice = await read(`/links/${link.id}/notices/family_services`);
  const wish = new Wish();
  return page({ title: notice.title, back: "/family", step: 2 },
    readAloud(`${notice.title}. ${notice.text}`),
    written(notice.text),
    inset("", h("p", {}, t("notice.ways"))),
    button(t("notice.read"), async () => {
      const read_ = { notice_id: notice.id, text_sha256: await digestOf(notice.text) };
      await post(`/links/${link.id}/acknowledgement`, read_, wish);
      again();
    }, { link: link.id }), giveUp(link));
}

/** @param {string} text @returns {Promise<string>} hexadecimal */
export async function digestOf(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
export const readAloud = (text) => canSpeak() && quiet(t("aloud"), () => readOut(text));
