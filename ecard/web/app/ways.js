// @ts-check
/** Where a refusal's `next` leads in this app: only to pages that are there. */

import { t } from "./i18n.js";

/** @type {Record<string, string>} */
const ANYWHERE = {
  sign_in: "/sign-in",
  request_code: "/sign-in",
  recover: "/recover",
  recover_at_counter: "/counters",
  reset_card_password: "/reset",
  change_card_password: "/password/change",
  set_card_password: "/password",
  read_card: "/card",
  change_card_state: "/card",
  bind_card: "/card/phone",
  remove_device: "/devices",
  approve_recovery: "/devices",
  confirm_link: "/on-me",
  unlock_session: "/unlock",
  step_up: "/add",
  open_application: "/add",
  read_links: "/family",
  read_again: "/family",
  end_a_link: "/family",
  read_own_data: "/data",
  read_corrections: "/data/correct",
  counter: "/counters",
  list_counters: "/counters",
};

/** What belongs to a link, or to oneself. @type {Record<string, string>} */
const OF_SOMEBODY = {
  read_certification: "/proof",
  list_transfers: "/transfers",
  read_transfer: "/transfers",
  list_card_applications: "/cards",
  read_card_application: "/cards",
};

/** @type {Record<string, string>} */
const IN_APPLICATION = {
  read_link: "",
  read_notice: "",
  give_family_account: "",
  upload_document: "",
  submit_evidence: "",
  open_capture_session: "",
  wait_for_review: "",
  guardian_consents: "",
  accept: "",
  invite_or_hand_over: "",
  read_decisions: "",
  set_scopes: "/scopes",
  choose_route: "/ways",
  issue_counter_code: "/ways",
  go_to_counter: "/ways",
};

/** @typedef {{words: string, path: string} | null} Way */
/** @type {((next: string) => Way) | null} */
let elsewhere = null;
/** What a refusal says: as the service wrote it, or as another app says it to whom it serves. @type {(problem: import("./api.js").Problem) => string} */
export let said = (problem) => problem.detail;

/** Another app has other pages and words. @param {(next: string) => Way} wayOf @param {typeof said} saying */
export const leadElsewhere = (wayOf, saying) => {
  elsewhere = wayOf;
  said = saying;
};

/** @type {Record<string, string>} */
const WORDS = { "": "way.application", "/ways": "way.ways", "/scopes": "scopes.door" };

/**
 * The way on, or nothing where this page is the way.
 * @param {string | undefined} next
 * @param {string} [link]
 * @returns {Way}
 */
export function wayOn(next, link) {
  if (!next) return null;
  if (elsewhere) return elsewhere(next);
  if (link && next in IN_APPLICATION) {
    const rest = IN_APPLICATION[next];
    return { words: t(WORDS[rest]), path: `/link/${link}${rest}` };
  }
  if (next in OF_SOMEBODY) return { words: t(`way.${next}`), path: `${link ? `/link/${link}` : ""}${OF_SOMEBODY[next]}` };
  return next in ANYWHERE ? { words: t(`way.${next}`), path: ANYWHERE[next] } : null;
}
