// @ts-check
/** Who is signed in at this desk, and which rooms their roles open. A room comes with its page. */

import { ask, Problem, read } from "../app/api.js";
import { drawing, icons } from "../app/dom.js";
import { t } from "../app/i18n.js";
import { isSignedIn, left } from "../app/session.js";

/** @typedef {{display_name: string, user_name: string, roles: string[], region_name: string, counter_name: string | null}} Me */

const scales = () => drawing("M12 4v16", "M7 20h10", "M5 7h14", "M5 7l-3 6h6z", "M19 7l-3 6h6z");
const shield = () => drawing("M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6z");

const chart = () => drawing("M4 20V10", "M10 20V4", "M16 20v-7", "M21 20H3");
const search = () => drawing("M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z", "M15.500 15.500L21 21");

/** Path, word, drawing, and the roles that it is for; none: everybody. @type {[string, string, () => Node, string[]][]} */
const ROOMS = [
  ["/cases", "rooms.cases", scales, ["reviewer", "safeguarding"]],
  ["/proofs", "rooms.proofs", icons.person, ["reviewer"]],
  ["/counter", "rooms.counter", icons.family, ["clerk"]],
  ["/cards", "rooms.cards", icons.card, ["clerk"]],
  ["/transfers", "rooms.transfers", icons.right, ["clerk"]],
  ["/corrections", "rooms.corrections", icons.file, ["clerk"]],
  ["/stops", "rooms.stops", shield, ["safeguarding"]],
  ["/figures", "rooms.figures", chart, ["auditor"]],
  ["/audit", "rooms.audit", search, ["auditor"]],
  ["/messages", "rooms.messages", icons.letter, []],
];

/** @type {Me | null} */
let known = null;

export const me = () => (isSignedIn() ? known : null);
/** @param {string} role */
export const isA = (role) => Boolean(me()?.roles.includes(role));

/** Who this is, asked once; raises Problem where nobody is signed in. @returns {Promise<Me>} */
export async function whoAmI() {
  if (!isSignedIn()) throw new Problem(401, { code: "not_signed_in", detail: "" });
  if (!me()) known = await read("/staff/me");
  return /** @type {Me} */ (known);
}

export const rooms = () => ROOMS.filter(([, , , roles]) => !roles.length || roles.some(isA))
  .map(([path, words, icon]) => ({ path, words: t(words), icon }));

/** The session ends there and here, even where the service cannot be reached. */
export async function leave() {
  await ask("DELETE", "/staff/session").catch(() => null);
  known = null;
  left();
}
