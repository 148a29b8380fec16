/* Text to the terms that are counted, as chatbot/indexing/words/tokens.py has them. `init` comes before all else. */
export let RULES, STOP_WORDS;

const compiled = (value) => {
  if (value?.source) return new RegExp(value.source, value.flags);
  if (!value || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, compiled(each)]));
};

/* Takes the rules of an export, with each pattern compiled once. */
export const init = (rules) => {
  RULES = compiled(rules);
  STOP_WORDS = setOf(RULES.tokens.STOP_WORDS);
  cache.clear();
};

/* Patterns are shared: these make one for all of a text, or for the whole of it. */
const kept = (make, made = new Map()) => (pattern) =>
  made.get(pattern) ?? made.set(pattern, make(pattern)).get(pattern);
export const all = kept((pattern) => new RegExp(pattern, pattern.flags + "g"));
export const whole = kept((pattern) => new RegExp(`^(?:${pattern.source})$`, pattern.flags));
export const start = kept((pattern) => new RegExp(`^(?:${pattern.source})`, pattern.flags));
export const found = (pattern, text) => text.match(all(pattern)) ?? [];

/* White space as Python has it. */
export const split = (text) => text.match(/[^\p{White_Space}\x1c-\x1f]+/gu) ?? [];
export const setOf = (text = "") => new Set(split(text));

/* A mark has a class by which it is sorted if it changes places with the mark of the highest class. */
const isCombining = (mark) => mark === "\u0345" || !("\u0345" + mark).normalize("NFD").startsWith("\u0345");

/* Without characters that are not seen and mean nothing, such as soft hyphens. */
export const seen = (text) => text.replace(all(RULES.tokens.UNSEEN), "");

const fold = (text) => seen(text.toLowerCase()).normalize("NFKD").replace(/\p{M}/gu, (mark) => isCombining(mark) ? "" : mark);

const bare = (word) =>
  /^[\p{Nd}፩-፱᧚⓵-⓽⓿❶-❾➀-➈➊-➒𐩀-𐩃𐹠-𐹨𑁒-𑁚]/u.test(word)
    ? word.replace(all(RULES.tokens.NUMBER_MARKS), "")
    : word.replace(/['’](s$)?/, "");

export const words = (text) => {
  const { TOKEN, DOTTED, JOINED, PAIR } = RULES.tokens;
  const folded = fold(text)
    .replace(all(DOTTED), (match) => match.replaceAll(".", ""))
    .replace(all(JOINED), "$1$2");
  return [...found(TOKEN, folded).map(bare), ...[...folded.matchAll(all(PAIR))].map((pair) => pair[1] + pair[2])];
};

/* Snowball's English stemmer, version 3: https://snowballstem.org/algorithms/english/stemmer.html */
const table = (text) => {
  const ends = new Map(text.split(" ").map((entry) => entry.split(">")));
  return [new RegExp(`(?:${[...ends.keys()].join("|")})$`, "u"), ends];
};
const SPECIAL = new Map(("skis>ski skies>sky idly>idl gently>gentl ugly>ugli early>earli only>onli singly>singl sky>sky " +
  "news>news howe>howe atlas>atlas cosmos>cosmos bias>bias andes>andes").split(" ").map((entry) => entry.split(">")));
const STEPS = [
  table("tional>tion enci>ence anci>ance abli>able entli>ent izer>ize ization>ize ational>ate ation>ate ator>ate " +
    "alism>al aliti>al alli>al fulness>ful ousli>ous ousness>ous iveness>ive iviti>ive biliti>ble bli>ble ogist>og " +
    "ogi>og fulli>ful lessli>less li>"),
  table("tional>tion ational>ate alize>al icate>ic iciti>ic ical>ic ful> ness> ative>"),
  table("al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ism> ate> iti> ous> ive> ize> ion>"),
];
const BEFORE = { li: /[cdeghkmnrt]$/, ogi: /l$/, ion: /[st]$/ };
const SHORT = /[^aeiouy][aeiouy][^aeiouywxY]$|^[aeiouy][^aeiouy]$|past$/u;

const region = (word, from) => {
  const turn = /[aeiouy][^aeiouy]/gu;
  turn.lastIndex = from;
  return turn.test(word) ? turn.lastIndex : word.length;
};

const step1b = (word, r1) => {
  const [ending] = word.match(/(?:eed|ed|ing)(?:ly)?$/) ?? [""];
  const base = word.slice(0, word.length - ending.length);
  if (ending.startsWith("ee")) return r1 <= base.length && !/^(?:succ|proc|exc)$/.test(base) ? base + "ee" : word;
  if (ending === "ing") {
    if (/^[^aeiouy]y$/u.test(base)) return base.slice(0, -1) + "ie";
    if (/^(?:even|cann|inn|earr|herr|out)$/.test(base)) return word;
  }
  if (!ending || !/[aeiouy]/.test(base)) return word;
  if (/(?:at|bl|iz)$/.test(base)) return base + "e";
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(base)) return /^[aeo]..$/.test(base) ? base : base.slice(0, -1);
  return base.length === r1 && SHORT.test(base) ? base + "e" : base;
};

const stemmed = (typed) => {
  if (SPECIAL.has(typed)) return SPECIAL.get(typed);
  if ([...typed].length < 3) return typed;
  const marked = typed.replace(/^'/, "").replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
  const prefix = marked.match(/^(?:arsen|commun|emerg|gener|inter|later|organ|past|univers)/);
  const r1 = prefix ? prefix[0].length : region(marked, 0), r2 = region(marked, r1);
  let word = marked.replace(/'(?:s'?)?$/, "");
  if (/sses$/.test(word)) word = word.slice(0, -2);
  else if (/ie[ds]$/.test(word)) word = word.slice(0, /..ie.$/su.test(word) ? -2 : -1);
  else if (/[aeiouy].+(?<![us])s$/su.test(word)) word = word.slice(0, -1);
  word = step1b(word, r1).replace(/(?<=.[^aeiouy])[yY]$/su, "i");
  STEPS.forEach(([pattern, ends], step) => {
    const [ending] = word.match(pattern) ?? [];
    if (!ending) return;
    const base = word.slice(0, word.length - ending.length);
    const least = step === 2 || ending === "ative" ? r2 : r1;
    if (base.length >= least && (step === 1 || (BEFORE[ending]?.test(base) ?? true))) word = base + ends.get(ending);
  });
  const base = word.slice(0, -1);
  if (/e$/.test(word) ? base.length >= r2 || (base.length >= r1 && !SHORT.test(base)) : /ll$/.test(word) && base.length >= r2)
    word = base;
  return /Y/.test(marked) && marked !== typed.replace(/^'/, "") ? word.replaceAll("Y", "y") : word;
};

const cache = new Map();

export const stem = (word) => {
  if (cache.size > 65536) cache.clear();
  return cache.get(word) ?? cache.set(word, stemmed(word)).get(word);
};

export const terms = (text) => words(text).map(stem);

const sets = new Map();

/* The different terms of a text, kept: the same sentences are shown again and again. */
export const stems = (text) => {
  if (sets.size > 8192) sets.clear();
  return sets.get(text) ?? sets.set(text, new Set(terms(text))).get(text);
};

/* The terms of a question with their weights: their number, stop words less each. */
export const weights = (text) => {
  const weighed = new Map();
  for (const word of words(text)) {
    const term = stem(word);
    weighed.set(term, (weighed.get(term) ?? 0) + (STOP_WORDS.has(word) ? RULES.formulas.STOP_WEIGHT : 1));
  }
  return weighed;
};
