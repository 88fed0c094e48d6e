// @ts-check
/** What only the demo has: its invented people, and papers drawn for them. */

import { h } from "./dom.js";
import { panel, soft } from "./parts.js";
import { card, nameOf } from "./session.js";

/** @typedef {{ref: string, name: string, card_number: string, phone: string, age: number}} Holder */
/** @typedef {{holder_ref: string, name: string, number: string, relation: string, age: number, known: boolean}} Relative */
/** @typedef {{holders: Holder[], relatives: Relative[]}} People */

export const isDemo = document.documentElement.dataset["profile"] === "demo";
const PAPER = { width: 1000, height: 700 };

/** Nobody outside the demo, and where the service has no list. @returns {Promise<People | null>} */
export async function demoPeople() {
  const answer = isDemo ? await fetch("/app/demo-people").catch(() => null) : null;
  return answer?.ok ? answer.json() : null;
}

/** Rows to fill a form from. @template T @param {string} title @param {string} hint @param {T[]} people @param {(one: T) => string} words @param {(one: T) => void} choose */
export const fillingFrom = (title, hint, people, words, choose) => panel(h("h2", {}, title), soft(hint),
  h("ul", { class: "doors" }, people.map((one) => h("li", {},
    h("button", { type: "button", class: "button second", onclick: () => choose(one) }, words(one))))));

/** Whom the signed-in person of the demo can add. @returns {Promise<Relative[]>} */
export async function demoRelatives() {
  const people = await demoPeople();
  const names = await Promise.all((people?.holders ?? []).map((one) => nameOf(one.card_number)));
  const me = people?.holders[names.indexOf(card())];
  return people?.relatives.filter((one) => one.holder_ref === me?.ref) ?? [];
}

/** A paper that says of itself that it is none, for trying things out. @param {string} title @param {string} name */
export function specimen(title, name) {
  const { canvas, paint } = blank();
  written(paint, title, name, 80);
  return canvas;
}

/** Such a card with a picture from this camera. @param {HTMLCanvasElement} picture @param {string} title @param {string} name */
export function specimenCard(picture, title, name) {
  const { canvas, paint } = blank();
  const height = Math.min(picture.height, picture.width * 4 / 3);
  const width = height * 3 / 4;
  paint.drawImage(picture, (picture.width - width) / 2, (picture.height - height) / 2, width, height, 60, 100, 375, 500);
  written(paint, title, name, 470);
  return canvas;
}

function blank() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [PAPER.width, PAPER.height];
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  paint.fillStyle = "#f6f1e4";
  paint.fillRect(0, 0, PAPER.width, PAPER.height);
  paint.strokeStyle = "#7a6a45";
  paint.lineWidth = 6;
  paint.strokeRect(24, 24, PAPER.width - 48, PAPER.height - 48);
  return { canvas, paint };
}

/** @param {CanvasRenderingContext2D} paint @param {string} title @param {string} name @param {number} left */
function written(paint, title, name, left) {
  paint.fillStyle = "#2b2a27";
  ["SPECIMEN", title, name, crypto.randomUUID()].forEach((line, place) => {
    paint.font = `${place === 1 ? 54 : 40}px sans-serif`;
    paint.fillText(line, left, 150 + place * 120, PAPER.width - 80 - left);
  });
}
