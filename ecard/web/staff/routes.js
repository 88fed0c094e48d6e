// @ts-check
/** Every page of the console by its address; a module is fetched when it is first shown. */

import { whoAmI } from "./me.js";

const agency = () => import("./pages/agency.js");
const cases = () => import("./pages/cases.js");
const one_case = () => import("./pages/case.js");
const counter = () => import("./pages/counter.js");
const links = () => import("./pages/links.js");
const messages = () => import("./pages/messages.js");
const oversight = () => import("./pages/oversight.js");
const sign_in = () => import("./pages/sign_in.js");

const ID = "([0-9a-f-]{36})";

/** @param {string} form */
const path = (form) => new RegExp(`^${form}$`);

/** Whoever comes here has signed in. @param {() => Promise<any>} fetch @param {string} name */
const inside = (fetch, name) => async () => {
  const module = await fetch();
  return { [name]: async (/** @type {string[]} */ ...parts) => { await whoAmI(); return module[name](...parts); } };
};

/** @type {import("../app/router.js").Route[]} */
const DOORS = [
  [path("/"), sign_in, "homePage"],
  [path("/my"), sign_in, "homePage"],
  [path("/cases"), cases, "casesPage"],
  [path("/cases/(overdue|approval|decided)"), cases, "casesPage"],
  [path(`/cases/${ID}`), one_case, "casePage"],
  [path(`/cases/${ID}/approval`), one_case, "approvalPage"],
  [path("/proofs"), cases, "proofsPage"],
  [path(`/proofs/${ID}`), one_case, "proofPage"],
  [path(`/proofs/${ID}/approval`), one_case, "proofApprovalPage"],
  [path("/counter"), counter, "counterPage"],
  [path("/counter/links"), links, "linksPage"],
  [path("/counter/orders"), links, "ordersPage"],
  [path("/counter/([a-z_]+)"), counter, "deskPage"],
  [path("/proofs/(benefit)"), counter, "deskPage"],
  [path("/cards"), agency, "cardsPage"],
  [path(`/cards/${ID}`), agency, "cardPage"],
  [path("/transfers"), agency, "transfersPage"],
  [path(`/transfers/${ID}`), agency, "transferPage"],
  [path("/corrections"), agency, "correctionsPage"],
  [path("/stops"), agency, "stopsPage"],
  [path(`/stops/${ID}`), agency, "stopsPage"],
  [path("/figures"), oversight, "figuresPage"],
  [path("/figures/(7|30|92)"), oversight, "figuresPage"],
  [path("/audit"), oversight, "auditPage"],
  [path(`/audit/(case|actor|object)/${ID}`), oversight, "auditPage"],
  [path("/messages"), messages, "messagesPage"],
];

/** @type {import("../app/router.js").Route[]} */
export const routes = [
  [path("/sign-in"), sign_in, "signInPage"],
  ...DOORS.map(([form, fetch, name]) => /** @type {import("../app/router.js").Route} */ ([form, inside(fetch, name), name])),
];

/** Fetch what is not there yet, while nobody waits. */
export const fetchAll = () => Promise.all([...new Set(DOORS.map(([, fetch]) => fetch))].map((fetch) => fetch())).catch(() => null);
