// @ts-check
/** Of whom a page is: a relative's, on a link, or one's own. */

import { read } from "./api.js";

/**
 * @typedef {object} Whose
 * @property {string} [link]  the link's id; none: one's own
 * @property {string} name
 * @property {string} relation
 * @property {boolean} acts  whether anything may be done now, not only read
 * @property {string} api  what the service's addresses begin with
 * @property {string} page  what this app's addresses begin with
 * @property {string} back
 */

/** @param {string} [link] @returns {Promise<Whose>} */
export async function whose(link) {
  if (!link) return { name: "", relation: "", acts: true, api: "", page: "", back: "/my" };
  const { name, relation, may_act } = await read(`/links/${link}`);
  return { link, name, relation, acts: may_act, api: `/links/${link}`, page: `/link/${link}`, back: `/link/${link}` };
}
