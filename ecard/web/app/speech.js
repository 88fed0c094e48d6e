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
  if (!wanted && canSpeak()) speechSynthesis.cancel();
}

/** Say it now, in place of what is being said; nothing where speech is off. @param {string} text */
export function say(text) {
  if (isSpeaking()) aloud(text);
}

/** @param {string} text */
export function aloud(text) {
  if (!canSpeak()) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = VOICES[spoken()];
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
}
