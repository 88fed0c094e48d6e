// @ts-check
/** Every page of the app by its address. */

import { addPage } from "./pages/add.js";
import { endPage, familyPage, giveUpPage, linkPage } from "./pages/family.js";
import { donePage, facePage, openFacePage } from "./pages/face.js";
import { countersPage, myPage } from "./pages/my.js";
import { mailboxPage } from "./pages/mailbox.js";
import { endOnMePage, onMePage } from "./pages/on_me.js";
import { newPasswordPage, unlockPage } from "./pages/password.js";
import { codePage, recoverPage, signInPage } from "./pages/sign_in.js";
import { ownQrPage, relativeQrPage } from "./pages/qr.js";
import { ownRightsPage, relativeRightsPage } from "./pages/rights.js";
import { invitedDonePage, invitedPage, notMeDonePage, notMePage } from "./pages/sent.js";
import { waysPage } from "./pages/ways.js";

const ID = "([0-9a-f-]{36})";

/** @param {string} form */
const path = (form) => new RegExp(`^${form}$`);

/** @type {import("./router.js").Route[]} */
export const routes = [
  [path("/sign-in"), signInPage],
  [path("/sign-in/code"), codePage],
  [path("/recover"), recoverPage],
  [path("/my"), myPage],
  [path("/counters"), countersPage],
  [path("/on-me"), onMePage],
  [path(`/on-me/${ID}/end`), endOnMePage],
  [path("/mailbox"), mailboxPage],
  [path("/family"), familyPage],
  [path("/password"), newPasswordPage],
  [path("/add"), addPage],
  [path(`/link/${ID}`), linkPage],
  [path("/qr"), ownQrPage],
  [path(`/link/${ID}/qr`), relativeQrPage],
  [path("/rights"), ownRightsPage],
  [path(`/link/${ID}/rights`), relativeRightsPage],
  [path(`/link/${ID}/give-up`), giveUpPage],
  [path(`/link/${ID}/end`), endPage],
  [path(`/link/${ID}/ways`), waysPage],
  [path(`/link/${ID}/face`), openFacePage],
  [path("/face"), facePage],
  [path("/face/(finished|wait_for_review)"), donePage],
  [path("/unlock"), unlockPage],
  [path("/invited"), invitedPage],
  [path("/invited/done"), invitedDonePage],
  [path("/not-me"), notMePage],
  [path("/not-me/done"), notMeDonePage],
];
