// @ts-check
/** The e-card as a QR code: one operation, once, for a minute; its seconds run, a new one is a tap away. */

import { post, Wish } from "../api.js";
import { drawing, h, show } from "../dom.js";
import { t } from "../i18n.js";
import { announce, button, choice, lead, page, soft } from "../parts.js";
import { qrCode } from "../qr.js";
import { whose } from "../whose.js";

const OPERATIONS = ["identify", "register_patient", "collect_medicine", "collect_document"];
const QUIET = 4;
const TOLD_SECONDS = 10;

/** @param {string} [link] */
export async function qrPage(link) {
  const of = await whose(link);
  const wish = new Wish();
  const place = h("div", { class: "stack" });
  const operation = choice({ name: "operation", label: t("qr.for"), options: OPERATIONS.map((one) => [one, t(`operation.${one}`)]) });
  operation.fill(OPERATIONS[0]);
  let stop = () => {};
  const showing = button(t("qr.show"), async () => {
    stop();
    const body = { operation: operation.value(), ...(link ? { link_id: link } : {}) };
    const code = await post("/card/qr-codes", body, wish);
    stop = count(place, code);
    place.scrollIntoView({ block: "nearest" });
  }, { link });
  return page({ title: t(of.link ? "qr.of" : "qr.own", { name: of.name }), back: of.back, leave: () => stop() }, lead(t("qr.lead")), operation.element, showing, place);
}

/** The code and its seconds; by this device's steady clock, since the other may be wrong. @param {HTMLElement} place @param {any} code */
function count(place, code) {
  const ends = performance.now() + Date.parse(code.expires_at) - Date.parse(code.issued_at);
  const words = h("p", { class: "lead" });
  const bar = h("progress", { max: "1", value: 1, "aria-hidden": "true" });
  const whole = ends - performance.now();
  const picture = h("div", { class: "qr", role: "img", "aria-label": t("qr.picture", { by: code.shown_by, whom: code.shown_for }) }, pictureOf(code.text));
  show(place, picture, words, bar, soft(t("qr.picture", { by: code.shown_by, whom: code.shown_for })));
  announce(t("qr.shown"));
  const timer = setInterval(tick, 250);
  function tick() {
    const left = Math.ceil((ends - performance.now()) / 1000);
    words.textContent = t("qr.left", { left: Math.max(0, left) });
    bar.value = Math.max(0, (ends - performance.now()) / whole);
    if (left === TOLD_SECONDS) announce(words.textContent ?? "");
    if (left > 0) return;
    clearInterval(timer);
    show(place, h("p", { class: "lead" }, t("qr.over")));
    announce(t("qr.over"));
  }
  tick();
  return () => clearInterval(timer);
}

/** @param {string} text */
function pictureOf(text) {
  const rows = qrCode(text);
  const squares = rows.flatMap((row, down) => row.map((dark, right) => (dark ? `M${right + QUIET} ${down + QUIET}h1v1h-1z` : ""))).join("");
  const picture = drawing(squares);
  const size = rows.length + 2 * QUIET;
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${size} ${size}`, fill: "#000000", stroke: "none", "shape-rendering": "crispEdges" })) picture.setAttribute(name, value);
  return picture;
}
