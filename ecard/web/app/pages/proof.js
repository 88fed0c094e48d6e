// @ts-check
/** Proof of life: until when it is due, the three ways to give it, what was given; and what helps after a stop. */

import { ask, newKey, post, Problem, read, Wish } from "../api.js";
import { cameraPage } from "../capture.js";
import { h, show } from "../dom.js";
import { day, lastDayBefore, t } from "../i18n.js";
import { announce, badge, banner, button, door, facts, form, inset, keepFile, lead, longText, more, page, panel, quiet, soft, troubled } from "../parts.js";
import { again, go, goInstead } from "../router.js";
import { whose } from "../whose.js";
import { decisionPage } from "./consent.js";
import { places } from "./my.js";
import { shownCode } from "./ways.js";

/** @typedef {import("../whose.js").Whose} Whose */

const TONES = /** @type {Record<string, string>} */ ({ certified: "good", in_grace: "warm", held: "warm", stopped: "bad", closed: "bad" });
const SHOWABLE = ["certified", "in_grace", "held", "stopped"];
const GROUNDS = { least: 10, most: 2000 };

/** @param {string} [link] */
export async function proofPage(link) {
  const of = await whose(link);
  const stands = await read(`${of.api}/certification`);
  const are = (/** @type {string[]} */ ...states) => stands.benefits.some((/** @type {any} */ one) => states.includes(one.state));
  const [wanted, stopped, closed] = [are(...SHOWABLE), are("stopped"), are("closed")];
  const [newest] = stands.cases;
  const fresh = newest && !newest.accepted;
  const before = fresh ? stands.cases.slice(1) : stands.cases;
  return page({ title: t(of.link ? "proof.of" : "proof.own", { name: of.name }), back: of.back },
    lead(t(stopped || isAsked(stands) ? "proof.lead_stopped" : wanted ? "proof.lead" : closed ? "proof.only_closed" : "proof.nothing")), stands.benefits.map(benefit),
    fresh && oneCase(newest, "h2"),
    closed && inset("warm", h("p", {}, t("proof.closed")), h("a", { href: "#/counters" }, t("way.counter"))),
    wanted && !of.acts && inset("warm", h("p", {}, t("link.reads_only"))),
    wanted && of.acts && (stopped ? restoreDoor(of, stands) : waysOf(of, stands)),
    of.acts && appealOf(of, stands),
    before.length > 0 && more(t("proof.cases"), before.map((/** @type {any} */ one) => oneCase(one))),
    stands.receipts.length > 0 && more(t("proof.receipts"), stands.receipts.map(receipt)));
}

/** @param {Whose} of @param {any} stands */
const appealOf = (of, stands) => stands.appeal_until && panel(h("h2", {}, t("proof.appeal")), soft(t("proof.appeal_about", { day: day(stands.appeal_until) })), door(t("proof.appeal_begin"), `${of.page}/proof/appeal`, { second: true }));

/** The last day on which a proof of life brings all of it back. @param {any} stands */
const restorable = (stands) => stands.benefits.filter((/** @type {any} */ one) => one.state === "stopped")
  .map((/** @type {any} */ one) => one.restore_until).sort()[0];

/** @param {Whose} of @param {any} stands */
const restoreDoor = (of, stands) => panel(h("h2", {}, t("proof.restore")), soft(t("proof.restore_about", { day: day(restorable(stands)) })),
  door(t("proof.restore"), `${of.page}/proof/restore`, { icon: "again" }));

/** A payment that stopped comes back with a proof of life, and with what was not paid. @param {string} [link] */
export async function restorePage(link) {
  const of = await whose(link);
  const stands = await read(`${of.api}/certification`);
  const until = restorable(stands);
  if (!until || !of.acts) return proofPage(link);
  return page({ title: t("proof.restore"), back: `${of.page}/proof` },
    banner("warm", "again", t("proof.restore_by", { day: day(until) })), lead(t("proof.restore_lead")), waysOf(of, stands), appealOf(of, stands));
}

/** @param {any} one */
const benefit = (one) => panel(h("h2", {}, t(`kind.${one.kind}`)), badge(t(`proof.state.${one.state}`), TONES[one.state] ?? ""), facts([
  [t("proof.due"), SHOWABLE.includes(one.state) && day(one.due_on)],
  [t("proof.pays_until"), one.paid && one.state !== "held" && day(one.pays_until)],
  [t("proof.stopped_since"), one.stopped_since && day(one.stopped_since)],
  [t("proof.restore_until"), one.restore_until && day(one.restore_until)],
]));

/** Whether a person looks already. @param {any} stands */
const isAsked = (stands) => stands.cases.some((/** @type {any} */ one) => !one.decided_on);

/** @param {any} one @param {"h2" | "h3"} [heading] */
const oneCase = (one, heading = "h3") => panel(h(heading, {}, t(`proof.case.${one.kind}`)), !one.decided_on && inset("", h("p", {}, t("proof.asked"))), facts([
  [t("proof.opened"), day(one.opened_on)],
  [t("proof.answer_by"), !one.decided_on && day(lastDayBefore(one.due_at))],
  [t("proof.decided"), one.decided_on && day(one.decided_on)],
  [t("proof.answer"), one.decided_on && one.reason && t(`proof.reason.${one.reason}`)],
]));

/** @param {any} one */
const receipt = (one) => panel(h("h3", {}, day(one.day)), h("p", {}, t(`proof.route.${one.route}`), one.helped && `, ${t("proof.helped")}`), quiet(t("proof.keep"), () => keepReceipt(one)));

/** @param {any} one */
const keepReceipt = (one) => keepFile({ content: new Blob([one.receipt], { type: "application/json" }), name: `proof-of-life-${one.day}.json` });

// --- the three ways ----------------------------------------------------------------------------

/** @param {Whose} of @param {any} stands */
function waysOf(of, stands) {
  const wish = new Wish();
  const coding = new Wish();
  const code = h("div", { role: "status" });
  return [
    panel(h("h2", {}, t("proof.by_face")), soft(t(of.link ? "proof.by_face_with" : "proof.by_face_alone", { name: of.name })),
      button(t("proof.begin_face"), () => openFace(of, wish), { icon: "camera", link: of.link })),
    panel(h("h2", {}, t("ways.counter")), soft(t("proof.by_counter")),
      button(t("ways.get_code"), async () => {
        const issued = await post(`${of.api}/certification/counter-code`, undefined, coding);
        show(code, shownCode(issued), more(t("counters.title"), places(issued.counters)));
        announce(`${t("ways.code")} ${issued.code}`);
      }, { second: true, link: of.link }), code),
    !isAsked(stands) && panel(h("h2", {}, t("ways.home_visit")), soft(t("proof.by_visit")), door(t("proof.ask_visit"), `${of.page}/proof/visit`, { second: true })),
  ];
}

/** A session for the camera; consent comes first, each time. @param {Whose} of @param {Wish} wish */
async function openFace(of, wish) {
  const opened = await post(`${of.api}/certification/captures`, undefined, wish);
  go(`${of.page}/proof/face/${opened.id}`);
}

/** Why, in the person's own words: for a visit or for an appeal. @param {string | undefined} link @param {"visit" | "appeal"} what */
export async function groundsPage(link, what) {
  const of = await whose(link);
  const wish = new Wish();
  const why = longText({ name: "grounds", label: t(`proof.${what}.why`), hint: t("proof.grounds_hint"), ...GROUNDS });
  const entry = form({ name: `${what}.${link ?? ""}`, fields: [why], submit: t(`proof.${what}.send`), link: of.link,
    send: async ({ grounds }) => { await post(`${of.api}/certification/${what}`, { grounds: grounds.trim() }, wish); go(`${of.page}/proof`); } });
  return page({ title: t(`proof.${what}.title`), back: `${of.page}/proof` }, lead(t(`proof.${what}.lead`)), entry);
}

// --- the live face -----------------------------------------------------------------------------

/** What its session asks for next. @param {string | undefined} link @param {string} capture */
export async function proofFacePage(link, capture) {
  const of = await whose(link);
  const at = `/certification-captures/${capture}`;
  const back = `${of.page}/proof`;
  const stands = await read(at).catch((trouble) => { if (trouble instanceof Problem && trouble.status !== 401) return trouble; throw trouble; });
  if (stands instanceof Problem) return page({ title: t("face.over"), back }, troubled(stands), door(t("proof.title"), back));
  if (stands.next === "give_consent") return consentPage(of, at, stands);
  if (stands.next === "choose_route") return page({ title: t("closed.title"), back }, lead(t("proof.other_ways")), door(t("proof.see_ways"), back));
  const anew = new Wish();
  return cameraPage({
    id: capture, title: t(of.link ? "proof.face_of" : "face.title", { name: of.name }), back, tries: stands.tries_left, wait: stands.wait_seconds,
    draw: (json) => ask("POST", `${at}/challenges`, { json, key: newKey() }),
    send: (body, key) => ask("POST", `${at}/face`, { body, key }),
    leads: ({ next }) => (next === "finished" || next === "wait_for_review" ? `${back}/${next}` : next === "choose_route" ? back : null),
    retry: ({ next }) => (next === "open_capture_session" ? () => openFace(of, anew) : again),
    otherWay: () => door(t("proof.see_ways"), back, { second: true }),
  });
}

/** @param {Whose} of @param {string} at @param {any} stands */
async function consentPage(of, at, stands) {
  const wish = new Wish();
  const notice = await read(`${at}/notice`);
  const before = of.link && inset("", h("p", {}, t(stands.consent_by === "person" ? "proof.they_decide" : "proof.you_decide", { name: of.name })));
  return decisionPage({ notice, back: `${of.page}/proof`, before, keeps: Boolean(of.link), link: of.link,
    send: (body) => post(`${at}/consent`, body, wish),
    given: again, declined: () => goInstead(`${of.page}/proof`) });
}

/** How it ended. @param {string | undefined} link @param {"finished" | "wait_for_review"} how */
export async function proofDonePage(link, how) {
  const of = await whose(link);
  const stands = await read(`${of.api}/certification`);
  const [last] = stands.receipts;
  const good = how === "finished" && last;
  return page({ title: t(good ? "proof.done" : "done.wait_for_review.title"), back: `${of.page}/proof` },
    banner(good ? "good" : "warm", good ? "done" : "wait", t(good ? "proof.done_banner" : "done.wait_for_review")),
    good ? stands.benefits.map(benefit) : lead(t("proof.waits")),
    good && button(t("proof.keep"), () => keepReceipt(last), { second: true, icon: "file" }),
    door(of.link ? of.name : t("my.title"), of.back));
}
