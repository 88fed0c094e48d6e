// @ts-check
/**
 * Every page of the app by its address. A page's module is fetched when it is first shown, and all of
 * them as soon as the first page stands: what is not needed at once does not keep it waiting.
 */

import { isDemo } from "./demo.js";

const add = () => import("./pages/add.js");
const card = () => import("./pages/card.js");
const cards = () => import("./pages/cards.js");
const data = () => import("./pages/data.js");
const devices = () => import("./pages/devices.js");
const face = () => import("./pages/face.js");
const family = () => import("./pages/family.js");
const guarded = () => import("./pages/guarded.js");
const history = () => import("./pages/history.js");
const last_day = () => import("./pages/last_day.js");
const mailbox = () => import("./pages/mailbox.js");
const messages = () => import("./pages/messages.js");
const my = () => import("./pages/my.js");
const of_age = () => import("./pages/of_age.js");
const on_me = () => import("./pages/on_me.js");
const password = () => import("./pages/password.js");
const proof = () => import("./pages/proof.js");
const qr = () => import("./pages/qr.js");
const reset = () => import("./pages/reset.js");
const rights = () => import("./pages/rights.js");
const scopes = () => import("./pages/scopes.js");
const sent = () => import("./pages/sent.js");
const settings = () => import("./pages/settings.js");
const sign_in = () => import("./pages/sign_in.js");
const transfers = () => import("./pages/transfers.js");
const video = () => import("./pages/video.js");
const ways = () => import("./pages/ways.js");

const ID = "([0-9a-f-]{36})";
/** A page is a relative's, on a link, or one's own. */
const WHOSE = `(?:/link/${ID})?`;

/** @param {string} form */
const path = (form) => new RegExp(`^${form}$`);

/** @type {import("./router.js").Route[]} */
export const routes = [
  [path("/sign-in"), sign_in, "signInPage"],
  [path("/sign-in/code"), sign_in, "codePage"],
  [path("/recover"), sign_in, "recoverPage"],
  [path("/my"), my, "myPage"],
  [path("/counters"), my, "countersPage"],
  [path("/settings"), settings, "settingsPage"],
  [path("/settings/messages"), settings, "messageLanguagePage"],
  [path("/messages"), messages, "messagesPage"],
  [path("/on-me"), on_me, "onMePage"],
  [path("/on-me/end"), on_me, "endAllOnMePage"],
  [path(`/on-me/${ID}/end`), on_me, "endOnMePage"],
  [path(`/on-me/${ID}/scopes`), on_me, "scopesOnMePage"],
  [path("/of-age"), of_age, "arrivePage"],
  [path(`/on-me/${ID}/of-age`), of_age, "decidePage"],
  [path(`/on-me/${ID}/take-over`), of_age, "takeOverPage"],
  [path(`/on-me/${ID}/confirm`), of_age, "confirmPage"],
  [path(`/on-me/${ID}/confirm/face`), of_age, "confirmFacePage"],
  [path(`/on-me/${ID}/confirm/face/${ID}`), of_age, "confirmCameraPage"],
  [path(`/on-me/${ID}/confirm/last/${ID}`), of_age, "lastPage"],
  [path(`/on-me/${ID}/confirm/ways`), of_age, "confirmWaysPage"],
  [path(`/on-me/${ID}/confirm/video`), of_age, "confirmVideoPage"],
  [path(`/on-me/${ID}/confirm/(done|sent)`), of_age, "confirmedPage"],
  [path(`/on-me/${ID}/last-day`), last_day, "lastDayPage"],
  [path("/guarded"), guarded, "guardedPage"],
  [path(`/guarded/${ID}/object`), guarded, "objectPage"],
  [path(`/guarded/${ID}/objected`), guarded, "objectedPage"],
  [path(`/(link|guarded)/${ID}/order`), guarded, "orderPage"],
  [path(`/(link|guarded)/${ID}/order/done`), guarded, "orderDonePage"],
  [path("/devices"), devices, "devicesPage"],
  [path(`/devices/${ID}/name`), devices, "renamePage"],
  [path(`/devices/${ID}/remove`), devices, "removePage"],
  [path(`/devices/recovery/${ID}/(approve|stop)`), devices, "recoveryPage"],
  [path("/card"), card, "cardPage"],
  [path("/card/(renew|phone|normal)"), card, "withPasswordPage"],
  [path("/card/(suspended|lost)"), card, "stopCardPage"],
  [path("/password"), password, "newPasswordPage"],
  [path("/password/change"), password, "changePasswordPage"],
  [path("/reset"), reset, "resetPage"],
  [path("/reset/code"), reset, "resetCodePage"],
  [path("/reset/consent"), reset, "resetConsentPage"],
  [path(`/reset/${ID}/face`), reset, "resetFacePage"],
  [path(`/reset/${ID}/new_password`), reset, "resetPasswordPage"],
  [path("/reset/done"), reset, "resetDonePage"],
  [path("/reset/counter"), reset, "resetCounterPage"],
  [path("/family"), family, "familyPage"],
  [path("/add"), add, "addPage"],
  [path(`/link/${ID}`), family, "linkPage"],
  [path(`/link/${ID}/scopes`), scopes, "scopesPage"],
  [path(`/link/${ID}/give-up`), family, "giveUpPage"],
  [path(`/link/${ID}/end`), family, "endPage"],
  [path(`/link/${ID}/of-age`), of_age, "holdersPage"],
  [path(`/link/${ID}/ways`), ways, "waysPage"],
  [path(`${WHOSE}/qr`), qr, "qrPage"],
  [path(`${WHOSE}/rights`), rights, "rightsPage"],
  [path(`${WHOSE}/proof`), proof, "proofPage"],
  [path(`${WHOSE}/proof/(visit|appeal)`), proof, "groundsPage"],
  [path(`${WHOSE}/proof/restore`), proof, "restorePage"],
  [path(`${WHOSE}/proof/face/${ID}`), proof, "proofFacePage"],
  [path(`${WHOSE}/proof/(finished|wait_for_review)`), proof, "proofDonePage"],
  [path(`${WHOSE}/transfers`), transfers, "transfersPage"],
  [path(`${WHOSE}/transfers/new`), transfers, "newTransferPage"],
  [path(`${WHOSE}/transfers/${ID}/withdraw`), transfers, "withdrawTransferPage"],
  [path(`${WHOSE}/cards`), cards, "cardsPage"],
  [path(`${WHOSE}/cards/new`), cards, "newCardPage"],
  [path(`${WHOSE}/history(?:/(.+))?`), history, "historyPage"],
  [path(`/(link|on-me)/${ID}/changes`), history, "changesPage"],
  [path(`${WHOSE}/data`), data, "dataPage"],
  [path(`${WHOSE}/data/take`), data, "takeDataPage"],
  [path(`${WHOSE}/data/correct`), data, "correctPage"],
  [path(`${WHOSE}/data/asked`), data, "askedPage"],
  [path(`${WHOSE}/data/face`), data, "facesPage"],
  [path(`${WHOSE}/data/face/take-back`), data, "takeFaceBackPage"],
  [path(`/link/${ID}/face`), face, "openFacePage"],
  [path("/face"), face, "facePage"],
  [path("/face/video"), video, "videoPage"],
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
