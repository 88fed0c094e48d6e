// @ts-check
/** Sentences read aloud, where the person wants it and the phone can. */

import { spoken } from "./i18n.js";
import { browser } from "./kept.js";

const VOICES = { en: "en-GB", es: "es-ES", "zh-Hans": "zh-CN" };

export const canSpeak = () => "speechSynthesis" in window;
export const isSpeaking = () => canSpeak() && browser.read("aloud") === true;
/** @param {boolean} wanted */
export function wantSpeech(wanted) {
  browser.write("aloud", wanted);
  if (!wanted) hush();
}

/** Say it now, in place of what is being said; nothing where speech is off. @param {string} text */
export function say(text) {
  if (isSpeaking()) aloud(text);
}

/** Say nothing more: the page was left. */
export function hush() {
  if (canSpeak()) speechSynthesis.cancel();
}

/** Read a page; asked a second time, stop. @param {string} text */
export function readOut(text) {
  if (speechSynthesis.speaking) hush();
  else aloud(text);
}

/** @param {string} text */
function aloud(text) {
  if (!canSpeak()) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = VOICES[spoken()];
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
}
