// @ts-check
/** An adult says yes in person: on this phone, handed over, or on their own. */

import { post, Wish } from "../api.js";
import { moment, t } from "../i18n.js";
import { button, door, inset, lead, page, soft } from "../parts.js";
import { go } from "../router.js";
import { openedCapture } from "../session.js";
import { h, show } from "../dom.js";
import { giveUp } from "./family.js";

/** @param {any} link */
export function adultPage(link) {
  const [invitation, opening] = [new Wish(), new Wish()];
  const said = h("div", { role: "status" });
  const name = link.name;
  return page({ title: t("adult.title", { name }), back: "/family", step: 4 },
    lead(t("adult.lead", { name })),
    h("div", { class: "with-hint" }, button(t("adult.hand_over"), async () => {
      const opened = await post(`/links/${link.id}/capture-sessions`, { via: "handed_over" }, opening);
      openedCapture({ link: link.id, id: opened.id, token: opened.token, via: "handed_over" });
      go("/face");
    }, { icon: "person", link: link.id }),
    soft(t("adult.hand_over_hint", { name }))),
    h("div", { class: "with-hint" }, button(t("adult.invite"), async () => {
      const sent = await post(`/links/${link.id}/invitations`, undefined, invitation);
      show(said, inset("good", h("p", {}, t("adult.invited", { time: moment(sent.expires_at) }))));
    }, { second: true, link: link.id }),
    soft(t("adult.invite_hint")), said),
    door(t("way.ways"), `/link/${link.id}/ways`, { second: true }), giveUp(link));
}
