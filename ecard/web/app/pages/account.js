// @ts-check
/** Step 3, first half: who the relative is. What can be told from the typing is told at once. */

import { ask, Problem, read } from "../api.js";
import { demoRelatives, fillingFrom } from "../demo.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { isNumber, plain, wholeLength } from "../numbers.js";
import { choice, form, lead, line, page, several } from "../parts.js";
import { again } from "../router.js";
import { giveUp } from "./family.js";
import { OFFERED } from "./scopes.js";

const RELATIONS = ["child", "parent", "spouse", "grandparent", "sibling", "parent_in_law", "ward", "other"];
/** What is asked for unless the holder says otherwise, as the service itself has it. */
const USUAL = ["rights", "certification", "card_status"];
const LETTER = /\p{L}/u;

/** @param {any} link */
export async function accountPage(link) {
  const { rules } = await read("/policy");
  const format = rules.number_format;
  const name = line({
    name: "name", label: t("account.name"), hint: t("account.name_hint"),
    attributes: { autocomplete: "off", maxlength: "100", dir: "auto" },
    check: (value) => (LETTER.test(value) ? "" : t("check.name")),
  });
  const number = line({
    name: "number", label: t("account.number"), hint: t(`account.number_hint.${format}`), class: "digits",
    attributes: { autocomplete: "off", maxlength: "30", inputmode: format === "es.naf" ? "numeric" : "text", spellcheck: "false" },
    check: (value) => (isNumber(value, format) ? "" : t("check.number")),
    whileTyping: (value) => typedSoFar(value, format),
  });
  const relation = choice({
    name: "relation", label: t("account.relation"), two: true, options: RELATIONS.map((one) => [one, t(`relation.${one}`)]),
  });
  const wanted = several({ name: "scopes", label: t("scopes.label"), needed: true, options: OFFERED.map((one) => [one, t(`scope.${one}`)]) });
  wanted.fill(USUAL);
  const scopes = { ...wanted, element: h("details", {}, h("summary", {}, t("account.scopes")), wanted.element) };
  const entry = form({
    name: `account.${link.id}`, fields: [relation, name, number, scopes], submit: t("continue"), link: link.id,
    send: async (values) => {
      await give(link, { name: values.name.trim(), number: plain(values.number), relation: values.relation, scopes: values.scopes });
      again();
    },
  });
  const invented = await demoRelatives();
  const fill = (/** @type {any} */ one) => {
    for (const field of [name, number, relation]) field.fill(one[field.name]);
    entry.dispatchEvent(new Event("input")); // kept, as if it had been typed
    name.focus();
  };
  return page({ title: t("account.title"), back: "/family", step: 3 }, lead(t("account.lead")), entry,
    invented.length > 0 && fillingFrom(t("demo.relatives"), t("demo.relatives_hint"), invented, (one) => `${one.name}, ${one.age}`, fill), giveUp(link));
}

/** @param {string} value @param {string} format */
function typedSoFar(value, format) {
  const left = wholeLength(format) - plain(value).length;
  if (left > 0) return value ? t("account.left", { left }) : "";
  return t(isNumber(value, format) ? "account.right" : "check.number");
}

/** Somebody else's edit in between (another tab) is read, then ours is given. @param {any} link @param {any} account */
async function give(link, account) {
  const path = `/links/${link.id}/family-account`;
  try {
    return await ask("PUT", path, { json: account, version: link.version });
  } catch (trouble) {
    if (!(trouble instanceof Problem) || trouble.status !== 412) throw trouble;
    const now = await read(`/links/${link.id}`);
    return ask("PUT", path, { json: account, version: now.version });
  }
}
