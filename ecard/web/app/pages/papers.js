// @ts-check
/** Step 3, second half: the papers, one after the other, by camera or as a file; then all together. */

import { ask, post, Problem, read, Wish } from "../api.js";
import { jpeg, NoCamera, openCamera, still } from "../camera.js";
import { noCamera } from "../capture.js";
import { isDemo, specimen, specimenCard } from "../demo.js";
import { h, icons, show } from "../dom.js";
import { t } from "../i18n.js";
import { tab } from "../kept.js";
import { button, clearTroubles, focusTrouble, inset, lead, more, page, panel, quiet, soft, troubled } from "../parts.js";
import { again } from "../router.js";
import { fitting, upload } from "../uploads.js";
import { giveUp } from "./family.js";

/** @typedef {{need: string, kind: string, id: string}} Paper */
/** @typedef {{name: string, any_of: string[][]}} Need */

const SHOT = { width: 1920, height: 1440 };
const SHOT_SHORTER = 1440;
const THUMB_SHORTER = 120;
const READABLE = "image/jpeg,image/png,image/heic,image/heif,application/pdf";
/** Small pictures of what was sent, by the document's id: until the page is left, and nowhere else. @type {Map<string, string>} */
const thumbs = new Map();
const DIFFERENCES = ["name_differs", "name_nearly", "number_differs", "birth_date_differs", "sex_differs", "expiry_date_expired", "document_not_this_document"];
/** Papers without a portrait: the demo draws one for whoever tries it out. */
const DRAWN = ["id_card_back", "birth_certificate", "household_page", "guardianship_order", "court_order"];
/** Quality of a picture of a paper or a face. */
const FINE = 0.92;
const onTouch = () => matchMedia("(pointer: coarse)").matches;

/** @param {any} link */
export async function papersPage(link) {
  const [evidence, waiting] = await Promise.all([read(`/links/${link.id}/evidence`), read("/documents?limit=50")]);
  const papers = remembered(link.id).filter((one) => waiting.items.some((/** @type {any} */ other) => other.id === one.id));
  /** @type {Need | undefined} */
  const need = evidence.needs.find((/** @type {Need} */ one) => lacking(one, papers) !== null);
  const back = "/family";
  return need ? onePage(link, evidence, need, papers, back) : allPage(link, papers, back);
}

/** @param {string} link @returns {Paper[]} */
const remembered = (link) => tab.read(`papers.${link}`) ?? [];
/** @param {string} link @param {Paper[]} papers */
const remember = (link, papers) => tab.write(`papers.${link}`, papers);

/** The kinds that a need still lacks on the way that was begun; null where it is met. @param {Need} need @param {Paper[]} papers */
function lacking(need, papers) {
  const given = papers.filter((one) => one.need === need.name).map((one) => one.kind);
  const ways = need.any_of.map(inOrder).map((way) => ({ missing: way.filter((kind) => !given.includes(kind)), begun: way.some((kind) => given.includes(kind)) }));
  if (ways.some(({ missing }) => !missing.length)) return null;
  return ways.find(({ begun }) => begun)?.missing ?? ways.map(({ missing }) => missing[0]);
}

/** The front of a card comes before its back. @param {string[]} way */
const inOrder = (way) => [...way].sort((one, other) => Number(one.endsWith("_back")) - Number(other.endsWith("_back")));

/** One need. @param {any} link @param {any} evidence @param {Need} need @param {Paper[]} papers @param {string} back */
function onePage(link, evidence, need, papers, back) {
  const number = evidence.needs.indexOf(need) + 1;
  const kinds = lacking(need, papers) ?? [];
  const place = h("div", { class: "stack" });
  const took = (/** @type {Blob} */ file, /** @type {string} */ kind) => send(place, file, kind, (id) => {
    remember(link.id, [...papers, { need: need.name, kind, id }]);
    again();
  });
  const [first, ...others] = kinds.map((kind) => paperEntry(kind, link.name, place, took));
  show(place, first, others.length > 0 && more(t("papers.other"), others));
  return page({ title: t(`need.${need.name}`, { name: link.name }), back, step: 3, leave: () => place.dispatchEvent(new Event("leave")) },
    soft(t("papers.of", { number, all: evidence.needs.length })),
    lead(t(`need.${need.name}.why`, { name: link.name })), soft(t(need.name === "face" ? "papers.face_hint" : "papers.hint")),
    place, giveUp(link));
}

/**
 * How one kind of paper comes in: by the camera or as a file.
 * @param {string} kind @param {string} name @param {HTMLElement} place @param {(file: Blob, kind: string) => void} took
 */
export function paperEntry(kind, name, place, took) {
  const face = kind === "face_photo";
  const file = picker(kind, t("papers.file"), face ? "image/*" : READABLE, took, {});
  const title = h("h2", { id: `paper-${kind}` }, t(`paper.${kind}`));
  const shot = onTouch()
    ? picker(kind, t("papers.camera"), "image/*", took, { capture: face ? "user" : "environment" })
    : button(t("papers.camera"), () => shoot(place, kind, took), { second: true, icon: "camera" });
  const drawn = isDemo && DRAWN.includes(kind) && button(t("demo.specimen"), async () => took(await jpeg(specimen(t(`paper.${kind}`), name), FINE), kind), { second: true });
  const card = isDemo && kind === "id_card_front" && button(t("demo.card"), () => shoot(place, kind, took, true, (canvas) => specimenCard(canvas, t(`paper.${kind}`), name)), { second: true });
  return h("section", { class: "panel", "aria-labelledby": title.id }, title, h("div", { class: "or" }, face || onTouch() ? [shot, file] : [file, shot], drawn, card));
}

/**
 * A file's entry that looks like a button: the browser's own stays behind it.
 * @param {string} kind @param {string} words @param {string} accept @param {(file: Blob, kind: string) => void} took
 * @param {Record<string, string | null>} more
 */
export function picker(kind, words, accept, took, more) {
  const id = `file-${kind}-${more["capture"] ?? "any"}`;
  const input = h("input", { type: "file", id, class: "file", accept, "aria-describedby": `paper-${kind}`, ...more,
    onchange: () => { if (input.files?.[0]) took(input.files[0], kind); } });
  return h("div", {}, input, h("label", { for: id, class: "button second" }, icons[more["capture"] ? "camera" : "file"](), words));
}

/**
 * The camera in this page.
 * @param {HTMLElement} place @param {string} kind @param {(file: Blob, kind: string) => void} took
 * @param {boolean} [face]  a face is taken @param {(canvas: HTMLCanvasElement) => HTMLCanvasElement} [made]  what the picture becomes
 */
async function shoot(place, kind, took, face = kind === "face_photo", made = (canvas) => canvas) {
  const before = Array.from(place.childNodes);
  const camera = await openCamera(face ? "user" : "environment", SHOT).catch((trouble) => noCamera(place, trouble, t("camera.file")));
  if (!camera) return;
  place.addEventListener("leave", camera.stop, { once: true });
  const viewer = h("div", { class: face ? "viewer" : "viewer plain" }, camera.video, face && h("div", { class: "oval" }));
  const cancel = quiet(t("papers.cancel"), () => { camera.stop(); show(place, before); });
  const take = button(t("papers.take"), async () => {
    if (camera.lost()) { // taken away meanwhile: nothing is to be seen any more
      show(place, before);
      noCamera(place, new NoCamera(t("camera.taken")), t("camera.file"));
      return undefined;
    }
    const canvas = still(camera.video, SHOT_SHORTER);
    camera.stop();
    return keepOrAgain(place, await jpeg(made(canvas), FINE), kind, took, () => shoot(place, kind, took, face, made));
  }, { icon: "camera" });
  show(place, h("p", {}, t(face ? "papers.face_aim" : "papers.aim")), viewer, take, cancel);
  take.focus();
}

/** @param {HTMLElement} place @param {Blob} picture @param {string} kind @param {(file: Blob, kind: string) => void} took @param {() => void} anew */
function keepOrAgain(place, picture, kind, took, anew) {
  const address = URL.createObjectURL(picture);
  const use = button(t("papers.use"), () => took(picture, kind), { icon: "done" });
  show(place, h("div", { class: "paper" }, h("img", { src: address, alt: t("papers.taken", { paper: t(`paper.${kind}`) }) })), use,
    button(t("papers.again"), anew, { second: true, icon: "again" }));
  use.focus();
}

/** On its way, with how far it is. @param {HTMLElement} place @param {Blob} file @param {string} kind @param {(id: string) => void} done */
export async function send(place, file, kind, done) {
  clearTroubles();
  const before = Array.from(place.childNodes);
  const bar = h("progress", { max: "1", value: 0, "aria-label": t("papers.sending") });
  const words = h("p", { role: "status" }, t("papers.sending"));
  show(place, panel(words, bar));
  try {
    const fit = await fitting(file);
    const document_ = await upload(fit, kind, {
      sent: (share) => { bar.value = share; if (share >= 1) words.textContent = t("papers.checking"); },
      waits: (waiting) => { words.textContent = t(waiting ? "papers.waits" : "papers.sending"); },
    });
    const picture = await thumb(fit);
    if (picture) thumbs.set(document_.id, picture);
    done(document_.id);
  } catch (trouble) {
    show(place, troubled(trouble), before);
    focusTrouble();
  }
}

/** A small picture of it, for this tab only. @param {Blob} file @returns {Promise<string | undefined>} */
async function thumb(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return undefined;
  const scale = THUMB_SHORTER / Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return URL.createObjectURL(await jpeg(canvas, 0.8));
}

/** All of them, once more before they are sent. @param {any} link @param {Paper[]} papers @param {string} back */
function allPage(link, papers, back) {
  const wish = new Wish();
  const asking = new Wish();
  const told = h("div", {});
  const give = async (/** @type {boolean} */ askPerson) => {
    const body = { document_ids: papers.map((one) => one.id), ...(askPerson ? { ask_person: true } : {}) };
    try {
      await post(`/links/${link.id}/evidence`, body, askPerson ? asking : wish);
    } catch (trouble) {
      if (trouble instanceof Problem && trouble.code === "evidence_refused" && !askPerson) show(told, differs(trouble, () => give(true), link.id));
      throw trouble;
    }
    tab.forget(`papers.${link.id}`);
    again();
  };
  return page({ title: t("papers.title"), back, step: 3 }, lead(t("papers.lead", { name: link.name })),
    papers.map((one) => paperRow(link.id, papers, one)),
    button(t("papers.send"), () => give(false), { link: link.id }), told, giveUp(link));
}

/** @param {string} link @param {Paper[]} papers @param {Paper} paper */
function paperRow(link, papers, paper) {
  const picture = thumbs.get(paper.id);
  const change = async () => {
    remember(link, papers.filter((one) => one !== paper));
    await ask("DELETE", `/documents/${paper.id}`).catch(() => null); // it lapses by itself
    again();
  };
  return panel(h("div", { class: "paper-row" },
    picture ? h("img", { class: "thumb", src: picture, alt: "" }) : h("span", { class: "thumb icon" }, icons.file()),
    h("div", {}, h("h2", {}, t(`paper.${paper.kind}`)), quiet(t("papers.change"), change))), hintsOf(paper));
}

/** What could be better on a picture, as soon as it was read; nothing waits for it. @param {Paper} paper */
function hintsOf(paper) {
  const place = h("div", { role: "status" });
  if (paper.kind === "face_photo") return place;
  ask("POST", `/documents/${paper.id}/reading`).then(({ hints }) => {
    if (hints.length) show(place, inset("warm", hints.map((/** @type {any} */ hint) => h("p", {}, hint.text))));
  }, () => null); // not now: it is read with the evidence
  return place;
}

/** What the papers say otherwise, and the way to a person. @param {Problem} refused @param {() => Promise<void>} askPerson @param {string} link */
function differs(refused, askPerson, link) {
  const found = Object.entries(refused.fields).flatMap(([kind, codes]) => codes.map((code) =>
    h("li", {}, `${t(`paper.${kind}`)}: `, DIFFERENCES.includes(code) ? t(`differs.${code}`) : t("differs.other"))));
  return inset("warm", h("p", {}, t("papers.differ")), h("ul", { class: "list" }, found), button(t("papers.ask_person"), askPerson, { second: true, link }));
}
