// @ts-check
/** Which page is shown. The address after # says it, so that back, forward and reload work. */

/** @typedef {{title: string, content: Node, leave?: () => void}} Page */
/** @typedef {(...parts: string[]) => Promise<Page> | Page} Maker */
/** @typedef {[RegExp, () => Promise<any>, string]} Route  its address, its module, its maker there */

/** A page could not be fetched: no network, or a newer version of the app was put in place. */
export class NotFetched extends Error {}

/** @type {Route[]} */
let routes = [];
/** @type {(page: Page) => void} */
let draw = () => {};
/** @type {(trouble: any) => Page} */
let failed = (trouble) => { throw trouble; };
/** What has to be known before any page is made. @type {() => Promise<any>} */
let before = async () => null;
/** @type {Page | null} */
let shown = null;
let turn = 0;

export const here = () => location.hash.replace(/^#/, "") || "/";

/** Go to a page. @param {string} path */
export function go(path) {
  if (here() === path) turnTo();
  else location.hash = path;
}

/** Go there without leaving this page among those that back leads to. @param {string} path */
export function goInstead(path) {
  history.replaceState(null, "", `#${path}`);
  turnTo();
}

/** Show the present page anew. */
export const again = () => turnTo();

async function turnTo() {
  const mine = ++turn;
  const path = here();
  let page;
  try {
    page = await made(path);
  } catch (trouble) {
    page = failed(trouble);
  }
  if (mine !== turn) {
    page.leave?.();
    return;
  }
  shown?.leave?.();
  shown = page;
  draw(page);
}

/** @param {string} path @returns {Promise<Page>} */
async function made(path) {
  for (const [form, fetch, name] of routes) {
    const found = form.exec(path);
    if (!found) continue;
    const coming = fetch().catch((/** @type {Error} */ trouble) => { throw new NotFetched(String(trouble)); });
    const [module] = await Promise.all([coming, before()]);
    /** @type {Maker} */
    const make = module[name];
    return make(...found.slice(1));
  }
  return made("/my");
}

/**
 * @param {Route[]} known
 * @param {(page: Page) => void} drawer
 * @param {(trouble: any) => Page} onTrouble
 * @param {() => Promise<any>} [beforeEach]
 */
export function startRouter(known, drawer, onTrouble, beforeEach = before) {
  [routes, draw, failed, before] = [known, drawer, onTrouble, beforeEach];
  addEventListener("hashchange", turnTo);
  return turnTo();
}
