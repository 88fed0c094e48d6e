// @ts-check
/**
 * A QR code (ISO/IEC 18004) of a text in capitals: alphanumeric mode, level L, versions 1 to 12. More
 * is not needed: a card's token has at most 500 such characters.
 */

const MARKS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** For each version: words of data, words of correction for each block, blocks. */
const VERSIONS = [[19, 7, 1], [34, 10, 1], [55, 15, 1], [80, 20, 1], [108, 26, 1], [136, 18, 2], [156, 20, 2], [194, 24, 2], [232, 30, 2], [274, 18, 4], [324, 20, 4], [370, 24, 4]];
const LAST_ALIGNMENT = [0, 18, 22, 26, 30, 34, 38, 42, 46, 50, 54, 58];
/** @type {((row: number, column: number) => boolean)[]} */
const MASKS = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** Rows of dark (true) and light. Raises RangeError for a text that does not fit. @param {string} text @returns {boolean[][]} */
export function qrCode(text) {
  const version = VERSIONS.findIndex(([words], place) => bitsOf(text, place + 1) <= words * 8) + 1;
  if (!version || [...text].some((mark) => !MARKS.includes(mark))) throw new RangeError("no code for this text");
  const words = interleaved(dataOf(text, version), version);
  const masked = MASKS.map((_, mask) => drawn(words, version, mask));
  return masked.reduce((best, one) => (disorder(one) < disorder(best) ? one : best));
}

/** @param {number} version */
const countBits = (version) => (version < 10 ? 9 : 11);
/** @param {string} text @param {number} version */
const bitsOf = (text, version) => 4 + countBits(version) + Math.floor(text.length / 2) * 11 + (text.length % 2) * 6;

/** Mode, length, characters in pairs, an end, and filling. @param {string} text @param {number} version */
function dataOf(text, version) {
  let bits = "0010" + binary(text.length, countBits(version));
  for (let at = 0; at < text.length; at += 2) {
    const [one, other] = [MARKS.indexOf(text[at]), MARKS.indexOf(text[at + 1] ?? "")];
    bits += at + 1 < text.length ? binary(one * 45 + other, 11) : binary(one, 6);
  }
  const whole = VERSIONS[version - 1][0] * 8;
  bits += "0".repeat(Math.min(4, whole - bits.length));
  bits += "0".repeat(-bits.length & 7);
  const words = (bits.match(/.{8}/g) ?? []).map((word) => parseInt(word, 2));
  for (let filler = 0xec; words.length < whole / 8; filler ^= 0xec ^ 0x11) words.push(filler);
  return words;
}

/** @param {number} value @param {number} length */
const binary = (value, length) => value.toString(2).padStart(length, "0");

// --- correction --------------------------------------------------------------------------------

/** A product in the field of 256 elements. @param {number} one @param {number} other */
function product(one, other) {
  let sum = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    sum = (sum << 1) ^ ((sum >> 7) * 0x11d);
    sum ^= ((other >> bit) & 1) * one;
  }
  return sum;
}

/** @param {number} degree */
function generator(degree) {
  const found = [...new Array(degree - 1).fill(0), 1];
  for (let turn = 0, root = 1; turn < degree; turn += 1, root = product(root, 2)) {
    for (let at = 0; at < degree; at += 1) found[at] = product(found[at], root) ^ (found[at + 1] ?? 0);
  }
  return found;
}

/** @param {number[]} block @param {number[]} divisor */
function correction(block, divisor) {
  const rest = new Array(divisor.length).fill(0);
  for (const word of block) {
    const factor = word ^ rest[0];
    rest.shift();
    rest.push(0);
    divisor.forEach((value, at) => { rest[at] ^= product(value, factor); });
  }
  return rest;
}

/** Blocks one word at a time, then their corrections. @param {number[]} data @param {number} version */
function interleaved(data, version) {
  const [whole, each, count] = VERSIONS[version - 1];
  const [short, longer] = [Math.floor(whole / count), whole % count];
  const divisor = generator(each);
  let at = 0;
  const blocks = Array.from({ length: count }, (_, number) => data.slice(at, (at += short + (number >= count - longer ? 1 : 0))));
  const checks = blocks.map((block) => correction(block, divisor));
  return [...inTurn(blocks), ...inTurn(checks)];
}

/** @param {number[][]} lists @returns {number[]} */
function inTurn(lists) {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.filter((list) => at < list.length).map((list) => list[at])).flat();
}

// --- the picture -------------------------------------------------------------------------------

/** @param {number[]} words @param {number} version @param {number} mask @returns {boolean[][]} */
function drawn(words, version, mask) {
  const size = version * 4 + 17;
  /** @type {(boolean | null)[][]} */
  const picture = Array.from({ length: size }, () => new Array(size).fill(null));
  /** @param {number} row @param {number} column @param {boolean} dark */
  const put = (row, column, dark) => { if (picture[row]?.[column] !== undefined) picture[row][column] = dark; };
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(put, row, column, 4, [2, 4]);
  for (let at = 8; at < size - 8; at += 1) { put(6, at, at % 2 === 0); put(at, 6, at % 2 === 0); }
  for (const [row, column] of alignments(version)) square(put, row, column, 2, [1]);
  marks(put, size, version, mask);
  fill(picture, words, mask);
  return /** @type {boolean[][]} */ (picture);
}

/** Rings round a middle; those named are light. @param {(row: number, column: number, dark: boolean) => void} put @param {number} row @param {number} column @param {number} reach @param {number[]} light */
function square(put, row, column, reach, light) {
  for (let down = -reach; down <= reach; down += 1) {
    for (let right = -reach; right <= reach; right += 1) put(row + down, column + right, !light.includes(Math.max(Math.abs(down), Math.abs(right))));
  }
}

/** @param {number} version */
function alignments(version) {
  const last = LAST_ALIGNMENT[version - 1];
  if (!last) return [];
  const places = version < 7 ? [6, last] : [6, (6 + last) / 2, last];
  const corners = new Set([`6,6`, `6,${last}`, `${last},6`]);
  return places.flatMap((row) => places.map((column) => [row, column])).filter(([row, column]) => !corners.has(`${row},${column}`));
}

/** What says level, mask and version. @param {(row: number, column: number, dark: boolean) => void} put @param {number} size @param {number} version @param {number} mask */
function marks(put, size, version, mask) {
  const format = (((1 << 3) | mask) << 10 | remainder(((1 << 3) | mask) << 10, 0x537, 10)) ^ 0x5412;
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = ((format >> bit) & 1) === 1;
    put(bit < 6 ? bit : bit < 8 ? bit + 1 : size - 15 + bit, 8, dark);
    put(8, bit < 8 ? size - 1 - bit : bit === 8 ? 7 : 14 - bit, dark);
  }
  put(size - 8, 8, true);
  const about = version < 7 ? 0 : version << 12 | remainder(version << 12, 0x1f25, 12);
  for (let bit = 0; about && bit < 18; bit += 1) {
    const [near, far, dark] = [Math.floor(bit / 3), size - 11 + (bit % 3), ((about >> bit) & 1) === 1];
    put(near, far, dark);
    put(far, near, dark);
  }
}

/** @param {number} value @param {number} divisor @param {number} degree */
function remainder(value, divisor, degree) {
  let rest = value;
  for (let bit = 31 - Math.clz32(rest); bit >= degree; bit = 31 - Math.clz32(rest)) rest ^= divisor << (bit - degree);
  return rest;
}

/** In columns of two, up and down, round what is there. @param {(boolean | null)[][]} picture @param {number[]} words @param {number} mask */
function fill(picture, words, mask) {
  const size = picture.length;
  let bit = 0;
  for (let right = size - 1; right > 0; right -= right === 8 ? 3 : 2) {
    const up = ((right + (right < 6 ? 1 : 0)) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const row = up ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (picture[row][column] !== null) continue;
        const dark = ((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        picture[row][column] = (dark === 1) !== MASKS[mask](row, column);
        bit += 1;
      }
    }
  }
}

/** Long runs and an uneven share of dark, which readers dislike. @param {boolean[][]} picture */
function disorder(picture) {
  const columns = picture.map((_, at) => picture.map((row) => row[at]));
  const runs = [...picture, ...columns].flatMap((line) => line.map((dark) => (dark ? "1" : "0")).join("").match(/0{5,}|1{5,}/g) ?? []);
  const dark = picture.flat().filter(Boolean).length / picture.length ** 2;
  return runs.reduce((sum, run) => sum + run.length - 2, 0) + Math.abs(dark - 0.5) * 200;
}
