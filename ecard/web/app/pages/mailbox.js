// @ts-check
/** The demo's mailbox: what would have gone out. There is none elsewhere. */

import { ask } from "../api.js";
import { h, show } from "../dom.js";
import { moment, t } from "../i18n.js";
import { form, lead, line, page, panel, soft } from "../parts.js";

const ADDRESS = /https?:\/\/\S+?\/(invitation|not-me)#([\w-]+)/;

export function mailboxPage() {
  const found = h("div", { class: "stack", role: "status" });
  const address = line({ name: "address", label: t("mailbox.address"), attributes: { autocomplete: "off", inputmode: "email", maxlength: "254" } });
  const entry = form({
    name: "mailbox", fields: [address], submit: t("mailbox.show"),
    send: async (values) => {
      const { items } = await ask("GET", `/demo/mailbox?address=${encodeURIComponent(values.address.trim())}`, { as: "nobody" });
      show(found, items.length ? items.map(letter) : soft(t("mailbox.none")));
    },
  });
  return page({ title: t("mailbox.title"), back: "/my" }, lead(t("mailbox.lead")), entry, found);
}

/** @param {any} mail */
function letter(mail) {
  const inside = ADDRESS.exec(mail.text);
  return panel(soft(moment(mail.at)), mail.subject && h("h2", {}, mail.subject), h("p", {}, mail.text),
    inside && h("p", {}, h("a", { href: `/${inside[1]}#${inside[2]}`, target: "_blank", rel: "noopener" }, t("mailbox.open"))));
}
