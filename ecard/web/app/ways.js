// @ts-check
/** Where a refusal's `next` leads in this app: only to pages that are there. */

import { t } from "./i18n.js";

/** @type {Record<string, string>} */
let anywhere = {
  sign_in: "/sign-in",
  request_code: "/sign-in",
  recover: "/recover",
  recover_at_counter: "/counters",
  reset_card_password: "/counters",
  set_card_password: "/password",
  unlock_session: "/unlock",
  step_up: "/add",
  open_application: "/add",
  read_links: "/family",
  read_again: "/family",
  end_a_link: "/family",
  counter: "/counters",
  list_counters: "/counters",
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
  choose_route: "/ways",
  issue_counter_code: "/ways",
  go_to_counter: "/ways",
};

/** Another app has other pages. @param {Record<string, string>} known */
export const leadElsewhere = (known) => { anywhere = known; };

/**
 * The way on, or nothing where this page is the way.
 * @param {string | undefined} next
 * @param {string} [link]
 * @returns {{words: string, path: string} | null}
 */
export function wayOn(next, link) {
  if (!next) return null;
  if (link && next in IN_APPLICATION) {
    const rest = IN_APPLICATION[next];
    return { words: t(rest ? "way.ways" : "way.application"), path: `/link/${link}${rest}` };
  }
  return next in anywhere ? { words: t(`way.${next}`), path: anywhere[next] } : null;
}
