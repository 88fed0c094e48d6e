// @ts-check
/** A child's other guardians: their links on the child, the objection to a new one, and what happens then. */

import { every, post, Wish } from "../api.js";
import { h, show } from "../dom.js";
import { day, lastDayBefore, moment, t } from "../i18n.js";
import { banner, button, door, facts, inset, lead, page, panel, soft } from "../parts.js";
import { go } from "../router.js";
import { asked, decided, decisionsOn } from "./decided.js";
import { stateOf } from "./family.js";
import { paperEntry, send } from "./papers.js";

/** By when it is decided, as the answer to an objection said: for the next page only. @type {Record<string, string>} */
const due = {};

const guarded = () => every("/guarded-links");

export async function guardedPage() {
  const links = await guarded();
  const found = await Promise.all(links.map((link) => (link.objected ? decisionsOn(link.id) : NOTHING)));
  return page({ title: t("guarded.title"), back: "/family" }, lead(t(links.length ? "guarded.lead" : "guarded.none")),
    links.map((link, place) => onePanel(link, found[place])));
}

/** Only who objected is told what was decided. @type {import("./decided.js").Decisions} */
const NOTHING = { items: [], waiting: null };

/** @param {any} link @param {import("./decided.js").Decisions} found */
const onePanel = (link, { items, waiting }) => panel(h("h2", {}, t("guarded.one", { name: link.holder, child: link.child })), stateOf(link.state), facts([
  [t("on_me.since"), day(link.activated_at)],
  [t("guarded.until"), link.may_object && moment(link.object_until)],
]),
link.may_object && h("a", { class: "button stop", href: `#/guarded/${link.id}/object` }, t("guarded.object")),
link.state === "disputed" && [soft(t("guarded.held")), asked(waiting), link.objected && door(t("order.door"), `/guarded/${link.id}/order`, { second: true })],
items.length > 0 && link.state !== "disputed" && [h("h3", {}, t("guarded.goes_on", { name: link.holder })), decided(link.id, items.at(-1))],
!link.may_object && !link.objected && link.state === "active" && soft(t("guarded.over")));

/** @param {string} id */
export async function objectPage(id) {
  const link = (await guarded()).find((one) => one.id === id);
  if (!link?.may_object) return guardedPage();
  const wish = new Wish();
  return page({ title: t("guarded.sure", { name: link.holder, child: link.child }), back: "/guarded" },
    lead(t("guarded.sure_lead", { name: link.holder, child: link.child })), steps(link),
    button(t("guarded.sure_yes"), async () => {
      due[id] = (await post(`/guarded-links/${id}/objection`, undefined, wish)).due_at;
      go(`/guarded/${id}/objected`);
    }, { stop: true }),
    door(t("of_age.no"), "/guarded", { second: true }));
}

/** What an objection does. @param {any} link */
const steps = (link) => panel(h("h2", {}, t("guarded.then")), h("ul", { class: "list" },
  ["held", "staff", "yours", "order"].map((one) => h("li", {}, t(`guarded.then.${one}`, { name: link.holder, child: link.child })))));

/** @param {string} id */
export async function objectedPage(id) {
  const link = (await guarded()).find((one) => one.id === id);
  if (!link) return guardedPage();
  return page({ title: t("guarded.done"), back: "/guarded" },
    banner("good", "done", t("guarded.done_banner", { name: link.holder, child: link.child })),
    lead(t("guarded.then.staff")), due[id] && panel(facts([[t("proof.answer_by"), day(lastDayBefore(due[id]))]])),
    soft(t("guarded.then.order")),
    door(t("order.door"), `/guarded/${id}/order`, { icon: "file" }), door(t("guarded.title"), "/guarded", { second: true }));
}

// --- a court order -----------------------------------------------------------------------------

/** Put before whoever decides, by either side: page by page, then all of it. @param {"link" | "guarded"} side @param {string} id */
export function orderPage(side, id) {
  const back = side === "link" ? `/link/${id}` : "/guarded";
  const place = h("div", { class: "stack" });
  const wish = new Wish();
  /** @type {string[]} */
  const pages = [];
  const took = (/** @type {Blob} */ file, /** @type {string} */ kind) => send(place, file, kind, (document_) => { pages.push(document_); all(); });
  const entry = () => show(place, paperEntry("court_order", "", place, took));
  const all = () => {
    const give = button(t("order.send"), async () => {
      await post(`/disputes/${id}/order`, { document_ids: pages }, wish);
      go(`/${side}/${id}/order/done`);
    });
    show(place, inset("good", h("p", {}, t("order.there", { pages: pages.length }))), give, button(t("order.more"), entry, { second: true, icon: "add" }));
    give.focus();
  };
  entry();
  return page({ title: t("order.title"), back, leave: () => place.dispatchEvent(new Event("leave")) },
    lead(t("order.lead")), soft(t("papers.hint")), place);
}

/** @param {"link" | "guarded"} side @param {string} id */
export const orderDonePage = (side, id) => page({ title: t("order.done") }, banner("good", "done", t("order.done_banner")),
  lead(t("waiting.told")), door(t("back"), side === "link" ? `/link/${id}` : "/guarded"));
