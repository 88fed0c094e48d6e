// @ts-check
/**
 * What a number says by itself, before it is sent: its form and its check digits. The service
 * checks the same again (`ecard/registry/numbers.py`); here it only spares a way.
 */

const SEPARATORS = /[\s\u00a0\u3000\-‐‑–./]/g;
const RIC_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const RIC_MARKS = "10X98765432";

/** Plain digits and capitals, as the service compares them. @param {string} typed */
export const plain = (typed) => typed.normalize("NFKC").replace(SEPARATORS, "").toUpperCase();

/** Whether it can be right. @param {string} typed @param {string} format */
export function isNumber(typed, format) {
  const number = plain(typed);
  return format === "es.naf" ? isAffiliation(number) : isResident(number);
}

/** How many characters a whole one has. @param {string} format */
export const wholeLength = (format) => (format === "es.naf" ? 12 : 18);

/** @param {string} number */
function isResident(number) {
  if (!/^[0-9]{17}[0-9X]$/.test(number) || !isDay(number.slice(6, 14))) return false;
  const sum = RIC_WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0);
  return RIC_MARKS[sum % 11] === number[17];
}

/** @param {string} written  YYYYMMDD */
function isDay(written) {
  const [year, month, day] = [written.slice(0, 4), written.slice(4, 6), written.slice(6, 8)].map(Number);
  const at = new Date(Date.UTC(year, month - 1, day));
  return year >= 1850 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
}

/** @param {string} number */
function isAffiliation(number) {
  if (!/^[0-9]{12}$/.test(number)) return false;
  const [province, serial] = [Number(number.slice(0, 2)), Number(number.slice(2, 10))];
  const whole = serial < 1e7 ? province * 1e7 + serial : Number(number.slice(0, 10));
  return whole % 97 === Number(number.slice(10));
}
