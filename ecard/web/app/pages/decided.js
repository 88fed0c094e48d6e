// @ts-check
/** What was decided about a link, in its own words, and the one appeal against it. */

import { post, Wish } from "../api.js";
import { h } from "../dom.js";
import { day, t } from "../i18n.js";
import { form, inset, lead, line } from "../parts.js";
import { again } from "../router.js";

/** @param {string} id  the link's @param {any} last  the decision */
export function decided(id, last) {
  const wish = new Wish();
  const why = line({ name: "reason", label: t("rejected.why"), attributes: { maxlength: "500" } });
  return [
    inset("warm", h("p", {}, last.explanation ?? t("rejected.no_words"))),
    last.may_appeal && [
      lead(t("rejected.appeal", { day: day(last.appeal_until) })),
      form({ name: `appeal.${id}`, fields: [why], submit: t("rejected.send"), link: id,
        send: async (values) => { await post(`/links/${id}/appeal`, { grounds: values.reason }, wish); again(); } }),
    ],
  ];
}
