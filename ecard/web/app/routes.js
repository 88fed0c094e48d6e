// @ts-check
/**
 * Every page of the app by its address. A page's module is fetched when it is first shown, and all of
 * them as soon as the first page stands: what is not needed at once does not keep it waiting.
 */

import { isDemo } from "./demo.js";

const add = () => import("./pages/add.js");
const face = () => import("./pages/face.js");
const family = () => import("./pages/family.js");
const mailbox = () => import("./pages/mailbox.js");
const my = () => import("./pages/my.js");
const on_me = () => import("./pages/on_me.js");
const password = () => import("./pages/password.js");
const qr = () => import("./pages/qr.js");
const rights = () => import("./pages/rights.js");
const scopes = () => import("./pages/scopes.js");
const sent = () => import("./pages/sent.js");
const sign_in = () => import("./pages/sign_in.js");
const ways = () => import("./pages/ways.js");

const ID = "([0-9a-f-]{36})";

/** @param {string} form */
const path = (form) => new RegExp(`^${form}$`);

/** @type {import("./router.js").Route[]} */
export const routes = [
  [path("/sign-in"), sign_in, "signInPage"],
  [path("/sign-in/code"), sign_in, "codePage"],
  [path("/recover"), sign_in, "recoverPage"],
  [path("/my"), my, "myPage"],
  [path("/counters"), my, "countersPage"],
  [path("/on-me"), on_me, "onMePage"],
  [path(`/on-me/${ID}/end`), on_me, "endOnMePage"],
  [path("/family"), family, "familyPage"],
  [path("/password"), password, "newPasswordPage"],
  [path("/add"), add, "addPage"],
  [path(`/link/${ID}`), family, "linkPage"],
  [path("/qr"), qr, "ownQrPage"],
  [path(`/link/${ID}/qr`), qr, "relativeQrPage"],
  [path("/rights"), rights, "ownRightsPage"],
  [path(`/link/${ID}/rights`), rights, "relativeRightsPage"],
  [path(`/link/${ID}/scopes`), scopes, "scopesPage"],
  [path(`/link/${ID}/give-up`), family, "giveUpPage"],
  [path(`/link/${ID}/end`), family, "endPage"],
  [path(`/link/${ID}/ways`), ways, "waysPage"],
  [path(`/link/${ID}/face`), face, "openFacePage"],
  [path("/face"), face, "facePage"],
  [path("/face/(finished|wait_for_review)"), face, "donePage"],
  [path("/handed-over"), password, "handedOverPage"],
  [path("/unlock"), password, "unlockPage"],
  [path("/invited"), sent, "invitedPage"],
  [path("/invited/done"), sent, "invitedDonePage"],
  [path("/not-me"), sent, "notMePage"],
  [path("/not-me/done"), sent, "notMeDonePage"],
];
if (isDemo) routes.push([path("/mailbox"), mailbox, "mailboxPage"]);

/** Fetch what is not there yet, while nobody waits. */
export const fetchAll = () => Promise.all([...new Set(routes.map(([, fetch]) => fetch))].map((fetch) => fetch())).catch(() => null);
