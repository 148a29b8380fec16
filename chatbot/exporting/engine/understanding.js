/* What was meant by what was typed: the modules of chatbot/answering/understanding, one after the other. */
import { all, found, init as initText, RULES, setOf, split, start, stem, STOP_WORDS, weights, whole, words } from "./text.js";

let small, foreign, spell, phrase, talk, compare, also, written, elsewise, sets;

export const init = (rules) => {
  initText(rules);
  ({ small_talk: small, foreign_language: foreign, spelling: spell, phrases: phrase, conversation: talk } = RULES);
  compare = RULES.comparison;
  sets = {};
  for (const [group, names] of [
    [small, ["MANNERS", "ANY_TIME"]],
    [spell, ["VOWELS", "SOUNDS", "BESIDE"]],
    [phrase, ["BREAKS", "MODIFIERS", "ENDINGS", "GENERIC", "ASPECTS"]],
  ])
    for (const name of names) sets[name] = setOf(group[name]);
  sets.languages = Object.entries(foreign.languages).map(([code, { telling, common, shared, ...rest }]) =>
    [code, { telling: setOf(telling), common: setOf(common), shared: setOf(shared), ...rest }]);
  const { groups, beside, written: more, unwritten } = RULES.vocabulary;
  also = new Map();
  for (const group of groups.map((each) => each.split("|")))
    for (const form of group) also.set(form, group.filter((other) => other !== form));
  for (const [form, others] of Object.entries(beside))
    also.set(form, [...(also.get(form) ?? []), ...others.split("|")]);
  written = setOf([...also].flat(2).concat(more).join(" "));
  for (const word of split(unwritten)) written.delete(word);
  elsewise = new Set([...written].map(stem));
};

const SPACE = "[\\p{White_Space}\\x1c-\\x1f]+";
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, "gu");
const trim = (text) => text.replace(EDGES, "");
const strip = (text, marks) => {
  let from = 0, to = text.length;
  while (from < to && marks.includes(text[from])) from++;
  while (from < to && marks.includes(text[to - 1])) to--;
  return text.slice(from, to);
};
const size = (text) => [...text].length;
const isUpper = (text) => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
const isLower = (text) => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
const unique = (list) => [...new Set(list.filter(Boolean))];
const among = (list, set) => list.filter((each) => set.has(each)).length;

/* --- Small talk --- */
const normal = (text) => split(text.toLowerCase().replaceAll("’", "'")).join(" ").replace(all(small.ENDS), "");

const kindOfPart = (part) => {
  for (let shorter; part; part = shorter) {
    for (const [kind, { phrases }] of Object.entries(small.kinds)) if (whole(phrases).test(part)) return kind;
    shorter = part.replace(small.OPENING.test(part) ? small.OPENING : small.CLOSING, "");
    if (shorter === part) return;
  }
};

const wholeKind = (utterance, opening) => {
  if (size(utterance) > small.LONGEST) return;
  if (!/[\p{L}\p{N}]/u.test(utterance)) return trim(utterance) && "wordless";
  const one = kindOfPart(normal(utterance.replaceAll(",", " ")));
  const parts = utterance.split(small.PARTS).map(normal).filter(Boolean);
  const kinds = parts.map((part) => one ?? kindOfPart(part));
  const leans = (kind, at) => !sets.ANY_TIME.has(kind) && small.LEANING.test(parts[at]);
  if (kinds.includes(undefined) || (!opening && kinds.some(leans))) return;
  return small.GRAVE.find((kind) => kinds.includes(kind))
    ?? kinds.filter((kind) => !sets.MANNERS.has(kind)).at(-1) ?? kinds.at(-1);
};

export const kindOf = (utterance, opening = true) => {
  const said = normal(utterance);
  return (small.GRAVE.find((kind) => small.kinds[kind].within.test(said)) ?? wholeKind(utterance, opening)) || null;
};

export const replyTo = (kind) => small.kinds[kind].reply;

export const without = (turns) => {
  const kept = [];
  for (const turn of turns) if (turn.shown.length || !kindOf(turn.question, !kept.length)) kept.push(turn);
  return kept;
};

/* --- Other languages --- */
export const languageOf = (question) => {
  const text = question.normalize("NFKC"), letters = text.match(/\p{L}/gu) ?? [];
  if (letters.length >= foreign.FEWEST && 2 * letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).length < letters.length) {
    const writes = ([, { letters, others }]) => letters?.test(text) && !others?.test(text);
    return sets.languages.find(writes)?.[0] ?? "und";
  }
  // Capitals are abbreviations: LA, MI, SE.
  const typed = found(foreign.WORD, text).filter((word) => !isUpper(word) || isUpper(text));
  const own = unique(typed.map((word) => word.toLowerCase().replaceAll("’", "'")));
  const english = unique(words(text)).filter((word) => STOP_WORDS.has(word));
  let most = foreign.FEWEST - 1, likeliest = null;
  for (const [code, { telling, common, shared }] of sets.languages) {
    const told = among(own, telling), count = told + among(own, common);
    if (told && count > Math.max(most, english.length - among(english, shared))) [most, likeliest] = [count, code];
  }
  return likeliest;
};

/* The sentence for a question in a language, and the code of the language that it is in. */
export const messageFor = (language) => {
  const message = foreign.languages[language]?.message;
  return message ? [message, language] : [foreign.MESSAGE, "en"];
};

/* --- Spelling --- */
const isTold = async (word, index) => written.has(word) || index.known(word);

const isWord = async (word, index) => {
  if (await isTold(word, index) || await index.isEnglish(word)) return true;
  const american = word.replace(all(spell.BRITISH), (match) => match.replace("ou", "o").replace("is", "iz"));
  return american !== word && index.isEnglish(american);
};

const isFormed = async (word, index) => {
  const bases = spell.PREFIXES.filter((prefix) => word.startsWith(prefix)).map((prefix) => word.slice(prefix.length));
  const base = (ending) => word.endsWith(ending) ? word.slice(0, -ending.length) : "";
  for (const [ending, replaced] of spell.ENDINGS) {
    const formed = word.endsWith(ending) ? base(ending) + replaced : "";
    if (!formed.endsWith("s") && !STOP_WORDS.has(formed)) bases.push(formed);
  }
  for (const formed of bases) if (formed.length >= spell.BASE && await isWord(formed, index)) return true;
  for (const formed of spell.VERBAL.map(base))
    if (formed.length >= spell.BASE && await isTold(formed, index) && !await index.isEnglish(formed)) return true;
};

const isKnown = async (word, index) =>
  word.length < spell.SHORTEST || word.length > spell.LONGEST || !whole(spell.LETTERS).test(word) ||
  await isWord(word, index) || whole(spell.LEARNED).test(word) || isFormed(word, index);

const lexicons = new WeakMap();

const lexiconOf = async (index) => {
  if (lexicons.has(index)) return lexicons.get(index);
  const { counts, common } = await index.lexicon(), firsts = new Map();
  for (const word of new Set([...counts.keys(), ...common, ...written]))
    if (whole(spell.LETTERS).test(word) && word.length >= spell.SHORTEST - 1 && word.length <= spell.LONGEST)
      (firsts.get(word[0]) ?? firsts.set(word[0], []).get(word[0])).push(word);
  let most = 1;
  for (const count of counts.values()) most = Math.max(most, count);
  const lexicon = { counts, firsts, most: Math.log1p(most) };
  lexicons.set(index, lexicon);
  return lexicon;
};

const swapCost = (typed, meant) => {
  const pair = typed < meant ? typed + meant : meant + typed;
  if (sets.SOUNDS.has(pair) || (sets.VOWELS.has(typed) && sets.VOWELS.has(meant))) return 0.7;
  return sets.BESIDE.has(pair) ? 0.8 : 1;
};

/* Ways are [edits, cost]: the fewest edits count, then what they cost. */
const editCost = (typed, meant, limit) => {
  const add = (way, cost) => [way[0] + 1, way[1] + cost];
  let older, before, row = [...meant, ""].map((_, at) => [at, at]);
  for (let i = 1; i <= typed.length; i++) {
    [older, before, row] = [before, row, [[i, i]]];
    for (let j = 1; j <= meant.length; j++) {
      const letter = typed[i - 1], other = meant[j - 1], first = Math.min(i, j) === 1 ? 0.5 : 0;
      const ways = [
        letter === other ? before[j - 1] : add(before[j - 1], swapCost(letter, other) + first),
        add(before[j], (typed[i - 2] === letter ? 0.5 : 1) + first),
        add(row[j - 1], (meant[j - 2] === other ? 0.5 : 1) + first),
      ];
      if (i > 1 && j > 1 && letter === meant[j - 2] && typed[i - 2] === other)
        ways.push(add(older[j - 2], 0.6 + (Math.min(i, j) === 2 ? 0.5 : 0)));
      row.push(ways.reduce((least, way) => (way[0] - least[0] || way[1] - least[1]) < 0 ? way : least));
    }
  }
  const [edits, cost] = row.at(-1);
  return edits <= limit ? cost : limit + 1;
};

const nearest = (word, { counts, firsts, most }, name) => {
  if (name && word.length < spell.NAME) return;
  const limit = word.length >= spell.LONG ? 2 : 1, slip = word.length < spell.NAME ? 0.6 : 0.7, scored = [];
  for (const candidate of unique([...word.slice(0, 2)]).flatMap((first) => firsts.get(first) ?? [])) {
    // Each edit accounts for one letter that the word lacks.
    if (Math.abs(word.length - candidate.length) > limit) continue;
    if ([...word].reduce((left, letter) => left.replace(letter, ""), candidate).length > limit) continue;
    const cost = editCost(word, candidate, limit), count = counts.get(candidate);
    const weight = spell.COMMON + (1 - spell.COMMON) * Math.log1p(count ?? 0) / most;
    if (cost <= limit && (count !== undefined || (!name && cost <= slip)))
      scored.push([cost - 0.6 * Math.fround(weight), candidate]);
  }
  scored.sort((one, other) => one[0] - other[0] || (one[1] < other[1] ? -1 : 1));
  const rival = scored.find(([, candidate]) => stem(candidate) !== stem(scored[0][1]));
  if (scored.length && (!rival || rival[0] - scored[0][0] >= spell.MARGIN)) return scored[0][1];
};

const halves = (word, { counts }) => {
  let best = 1, halved;
  for (let place = spell.SHORTEST; place <= word.length - spell.SHORTEST; place++) {
    const parts = [word.slice(0, place), word.slice(place)];
    const count = Math.min(...parts.map((part) => counts.get(part) ?? 0));
    if (count > best) [best, halved] = [count, parts.join(" ")];
  }
  return halved;
};

const mend = async (typed, before, index) => {
  const [word, another] = words(typed), [first, ...rest] = typed;
  // Capitals inside a word, and short words of capitals, are names and abbreviations.
  if (!word || another || (!isLower(rest.join("")) && !(isUpper(typed) && rest.length >= spell.ABBREVIATION))) return typed;
  if (await isKnown(word, index)) return typed;
  const name = isUpper(first) && !isUpper(typed) && !spell.BEGINS.test(before), lexicon = await lexiconOf(index);
  const mended = halves(word, lexicon) ?? nearest(word, lexicon, name) ?? typed;
  return isUpper(first) ? mended[0].toUpperCase() + mended.slice(1) : mended;
};

export const repair = async (question, index) => {
  let mended = "", end = 0;
  for (const { 0: typed, index: at } of question.matchAll(all(spell.WORD))) {
    mended += question.slice(end, at) + await mend(typed, question.slice(0, at), index);
    end = at + typed.length;
  }
  return mended + question.slice(end);
};

/* --- Vocabulary; a form is its words with one space between them --- */
const singular = (word) => {
  if (size(word) < 3 || !/(?<![sui])s$/.test(word)) return word;
  if (word.endsWith("ies") && size(word) > 4) return word.slice(0, -3) + "y";
  return word.slice(0, /(?:ch|sh|x|z)es$/.test(word) ? -2 : -1);
};

const formOf = (text) => words(text).map(singular);

const matches = (question) => {
  const each = question.map(singular), matched = [];
  for (let from = 0, to; from < each.length; from = Math.max(to, from + 1)) {
    let forms;
    for (to = Math.min(from + RULES.vocabulary.longest, each.length); to > from; to--)
      if ((forms = also.get(each.slice(from, to).join(" ")))) break;
    if (forms) matched.push({ from, to, forms });
  }
  return matched;
};

export const speltOut = (question) => {
  const { short } = RULES.vocabulary, lower = question.toLowerCase(), told = new Set();
  const shouted = question.includes(" ") && question === question.toUpperCase();
  return question.replace(/[\p{L}\p{N}]+(?:\.[\p{L}\p{N}]+)*/gu, (word) => {
    const written = shouted ? word.toLowerCase() : word, one = written.replace(/s$/, "");
    const long = short[[written, written.toLowerCase(), one, one.toLowerCase()].find((form) => Object.hasOwn(short, form))];
    if (!long || told.has(long) || lower.includes(long.toLowerCase())) return word;
    told.add(long);
    return `${long} / ${word}`;
  });
};

export const widened = async (weighed, question, index) => {
  const wider = new Map(weighed), added = [], matched = matches(question), { BESIDE, INSTEAD } = RULES.vocabulary;
  const termsOf = (form) => unique(split(form).map(stem));
  await index.load(unique([...question.map(stem), ...matched.flatMap(({ forms }) => forms.flatMap(termsOf))]));
  const has = (terms) => terms.every((term) => index.frequency(term));
  for (const { from, to, forms } of matched) {
    const own = question.slice(from, to).map(stem);
    const factor = Math.min(...own.map((term) => weighed.get(term) ?? 1)) * (has(own) ? BESIDE : INSTEAD);
    const covered = forms.filter((form) => has(termsOf(form)));
    for (const terms of covered.map(termsOf))
      for (const term of terms)
        if (!weighed.has(term)) wider.set(term, Math.max(wider.get(term) ?? 0, factor / Math.sqrt(terms.length)));
    if (covered.length) added.push({ words: question.slice(from, to).join(" "), forms: covered });
  }
  return [wider, added];
};

/* --- Phrases --- */
export const subjects = (text) => words(text).filter((word) => !STOP_WORDS.has(word) && !sets.GENERIC.has(stem(word)));
const areAspects = (text) => split(text).every((word) => sets.ASPECTS.has(stem(word)));

const roleOf = (token) => {
  const low = strip(token, phrase.EDGES).toLowerCase();
  const named = isUpper(token) && size(token) > 1; // "IT" and "US" are no pronouns
  if (!/[\p{L}\p{N}_]/u.test(token) || (sets.BREAKS.has(low.split(/n?['’]/)[0]) && !named)) return "";
  if (sets.MODIFIERS.has(low)) return "modifier";
  const said = named ? token.toLowerCase() : subjects(token).join(" ");
  return !split(said).length ? "between" : areAspects(said) ? "aspect" : "subject";
};

/* "how do I ask" as "how do I asking". */
const asNoun = (asked, verb) => {
  if (roleOf(verb) !== "subject" || verb.endsWith("ing") || !isLower(verb)) return asked;
  if (/(?<![eoy])e$/.test(verb)) return asked.slice(0, -1) + "ing";
  return asked + (!verb.endsWith("e") && whole(phrase.DOUBLING).test(verb) ? verb.at(-1) : "") + "ing";
};

const phraseOf = (run, wanted) => {
  const places = [...run.keys()].filter((place) => wanted.includes(run[place][1]));
  if (!places.length) return "";
  let from = run[0][0].endsWith("ing") ? 0 : places[0], to = places.at(-1) + 1;
  while (from && run[from - 1][1] === "modifier") from--;
  if (to < run.length && sets.ENDINGS.has(run[to][0].toLowerCase())) to++;
  return run.slice(from, to).map(([token]) => token).join(" ").replace(/['’]s$/, "");
};

export const topic = (text, withAspects) => {
  const told = text.replace(all(phrase.WHEN), " ")
    .replace(all(phrase.VERB), (...match) => asNoun(match[0], match.at(-1).verb));
  const runs = [[]];
  for (const token of found(phrase.TOKEN, told)) {
    const role = roleOf(token.replace(/\.+$/, ""));
    if (role) runs.at(-1).push([strip(token, phrase.EDGES), role]);
    if (!role || token.endsWith(".")) runs.push([]);
  }
  const subject = runs.flat().some(([, role]) => role === "subject");
  return unique(runs.map((run) => phraseOf(run, subject && !withAspects ? ["subject"] : ["subject", "aspect"])));
};

export const aspects = (text) =>
  found(phrase.TOKEN, text).map((token) => strip(token, phrase.EDGES)).filter((token) => {
    const said = words(token).join(" ");
    return said && areAspects(said);
  });

export const afterAnnouncement = (question) => {
  const rest = question.replace(phrase.NEW_TOPIC, "");
  return rest !== question && subjects(rest).length ? rest : null;
};

export const asksForMore = (question) => whole(phrase.MORE).test(trim(question));

export const placeNamed = (question) => {
  const { number, digit, named, bare } = trim(question).match(whole(phrase.PICK))?.groups ?? {};
  return number ?? digit ? (number ?? digit) - 1 : phrase.PLACES[(named ?? bare)?.toLowerCase()] ?? null;
};

const withoutOpening = (question) => question.replace(phrase.OPENING, "");
const continues = (question) => start(phrase.CONTINUING).test(question);

export const leans = (question) => {
  if (phrase.LEANING_AFTER.test(question)) return true;
  const pronoun = question.match(phrase.LEANING), before = question.slice(0, pronoun?.index);
  // In "What are RSUs and how do they vest?" the word that "they" stands for is in the question itself.
  return !!pronoun && !(subjects(before).length && phrase.CLAUSE.test(before));
};

/* --- Comparisons --- */
const withoutRest = (text) =>
  compare.LISTED.test(text) && !compare.ASKED_AFTER.test(text) ? text : text.split(",")[0];

const alternatives = ([first, ...others]) => {
  const listed = [], begins = (pattern, text) => start(pattern).test(text), { FRAME, VERB } = compare;
  for (const piece of first.split(",").reverse().map(trim)) {
    if (listed.length && (begins(compare.ASKS, piece) || begins(compare.CHOOSES, piece)) && !FRAME.test(piece)) break;
    const own = piece.replace(FRAME, "");
    if (listed.length && (split(own).length > compare.LONGEST_LISTED || (VERB.test(listed[0]) && !VERB.test(own)))) break;
    listed.unshift(own);
    if (own !== piece) break;
  }
  return [...listed, ...others.slice(0, -1).flatMap((piece) => piece.split(",")), withoutRest(others.at(-1))];
};

const compared = (sentence) => {
  const between = sentence.match(compare.BETWEEN)?.groups;
  if (between) {
    const told = between.list ?? between.compared ?? between.both;
    if (told) return withoutRest(told).split(compare.LIST);
    const first = (between.one ?? between.this).replace(compare.FRAME, "");
    return [first, ...withoutRest(between.other ?? between.that).split(compare.OR)];
  }
  if (compare.VERSUS.test(sentence)) return alternatives(sentence.split(compare.VERSUS));
  const than = sentence.match(compare.THAN)?.groups;
  if (than) return [than.one, withoutRest(than.other)];
  const pieces = sentence.split(compare.OR), choosing = compare.CHOOSES.test(sentence) || !compare.ASKS.test(pieces[0]);
  if (pieces.length < 2 || !choosing || compare.LISTING.test(pieces[0]) || compare.NUMBERS.test(sentence)) return [];
  return alternatives(pieces);
};

const shortened = (side, end) => {
  const shorter = side.replace(all(end), "");
  return subjects(shorter).length ? shorter : side;
};

const cleaned = (pieces) => {
  if (pieces.length < 2) return [];
  const { QUOTES, DETERMINER, VERB, SHARED } = compare;
  let [first, ...others] = pieces.map((piece) => strip(piece, QUOTES));
  const last = others.at(-1);
  if (DETERMINER.test(last)) first = first.replace(compare.LAST_DETERMINER, "");
  else if (!VERB.test(last)) first = first.replace(VERB, "") || first;
  const cut = [first, ...others].map((side) => shortened(side, compare.FOR_ALL));
  const shared = cut.at(-1).match(SHARED)?.groups.word.toLowerCase();
  if (shared && !split([first, ...others.slice(0, -1)].join(" ").toLowerCase()).includes(shared))
    cut.push(shortened(cut.pop(), SHARED));
  return unique(cut.map((side) => strip(trim(side).replace(DETERMINER, ""), QUOTES)));
};

const endsInTheSame = (one, other) =>
  also.get(other)?.some((way) => ` ${one}`.endsWith(` ${way}`) && also.get(way)?.includes(other));

const areSides = (sides) => {
  if (sides.length < 2 || sides.length > compare.MOST || start(compare.ASKS).test(sides[0])) return false;
  if (sides.some((side) => split(side).length > compare.LONGEST || !subjects(side).length || compare.NO_SIDE.test(side)))
    return false;
  const told = sides.map((side) => formOf(side).join(" "));
  const same = told.some((one, at) => told.some((other, place) =>
    at !== place && endsInTheSame(one, other)));
  return !same && formsOf(sides).every((ways) => ways.length);
};

export const sidesOf = (question) => {
  for (const sentence of question.replace(all(compare.ASIDE), " ").split(compare.SENTENCE).map(trim)) {
    const sides = split(sentence).length > compare.LONGEST_CLAUSE ? [] : cleaned(compared(sentence));
    if (areSides(sides)) return sides;
  }
  return [];
};

const subjectOf = (form) => {
  const asked = aspects(form.join(" ")), own = form.filter((word) => !asked.includes(word));
  return own.length ? own : form;
};

/* The stems of each way to name a form, sorted, as a text: sets that are the same are one. */
const waysOf = (form) => {
  const others = matches(form).flatMap(({ from, to, forms }) =>
    forms.map((other) => [...form.slice(0, from), ...other.split(" "), ...form.slice(to)]));
  const content = (way) => unique(way.filter((word) => !STOP_WORDS.has(word)).map(stem)).sort().join(" ");
  return unique([form, ...others].map(content));
};

export const formsOf = (sides) => {
  const told = sides.map((side) => subjectOf(formOf(side)));
  while (told.length && told.every((form) => form.length > 1 && form.at(-1) === told[0].at(-1)))
    told.forEach((form) => form.pop());
  const ways = told.map(waysOf), counted = ways.flat();
  const single = (way) => counted.indexOf(way) === counted.lastIndexOf(way);
  return ways.map((side) => side.filter(single).map(setOf));
};

/* --- Conversations; a turn is { question, searched_as, shown } --- */
const reading = (kind, question, more) => {
  const told = { kind, question, topic: "", exclude: [], picked: null, independence: 0, leaning: 0, other: null, ...more };
  return { ...told, searchedAs: told.topic ? `${question} (about ${told.topic})` : question };
};

const embedded = ({ question, topic }) => topic ? `${topic}: ${question.replace(phrase.CONNECTION, "")}` : question;
const articleOf = (passage) => passage.slice(0, Math.max(passage.lastIndexOf("#"), 0));

export const lastTurns = (turns) => turns.slice(-talk.MOST_TURNS);

const partsOf = (searched) => {
  const { question, topic } = searched.match(whole(talk.COMPLETED))?.groups ?? {};
  return topic ? [question, topic] : [searched, ""];
};

/* The earlier question that a reading goes back to, as typed: the one asked again, or the latest that the topic is of. */
export const origin = ({ kind, searchedAs, topic }, turns) => {
  const taken = new Set(subjects(topic).map(stem));
  const same = turns.find(({ searched_as }) => searched_as === searchedAs);
  const named = turns.findLast(({ searched_as }) => subjects(partsOf(searched_as)[0]).some((word) => taken.has(stem(word))));
  return ((kind === "follow_up" ? named : same) ?? turns[0])?.question ?? "";
};

/* Whether anything was shown for what a conversation is about, as far back as its latest topic reaches. */
export const wasCovered = (turns) => {
  const last = turns.findLast(({ searched_as, shown }) => shown.length || !partsOf(searched_as)[1]);
  return !last || last.shown.length > 0;
};

const isUnknown = (body, own, frequency) => {
  if (leans(body)) return false;
  if (!own.length) return !(phrase.ASKING.test(body) || continues(body));
  const known = own.filter((word) => frequency(stem(word))).length;
  return continues(body) ? !known : 2 * known < own.length;
};

const inheritedBy = (body, before, about, own) => {
  const handedOn = about ? about.split(", ") : [];
  const isAspect = (text) => aspects(text).join(" ") === split(text).join(" ");
  if (handedOn.length && own.length && !handedOn.every(isAspect))
    // After "and a bootcamp?" it is the bootcamp that "it" stands for.
    return [...(leans(body) && continues(withoutOpening(before)) ? topic(before, false) : []), ...handedOn];
  // "Why?" leans on all that was just asked, "and the salary?" only on what it was asked about.
  const asked = topic(before, !own.length);
  return own.length ? [...asked, ...handedOn] : [...handedOn, ...asked];
};

const putsAnother = (own, inherited) => {
  const known = new Set(inherited.flatMap(words).map(stem));
  const told = own.filter((word) => !aspects(word).includes(word)).map(stem), count = among(told, known);
  return count > 0 && count < told.length;
};

const pickedAt = (place, turns) => {
  const last = turns.at(-1), at = (turn) => turn.shown.at(place) ?? null;
  for (const turn of [...turns].reverse()) {
    if (turn.searched_as !== last.searched_as) break;
    if (place < turn.shown.length && (turn.shown.length > 1 || turn === turns[0])) return at(turn);
  }
  return place < last.shown.length ? at(last) : null;
};

const completing = (inherited, question) => {
  const own = new Set(words(question).map(stem));
  let about = "";
  for (const each of unique(inherited)) {
    if (subjects(each).every((word) => own.has(stem(word)))) continue;
    const longer = about ? `${about}, ${each}` : each;
    if (size(longer) > talk.TOPIC_CHARACTERS) break;
    about = longer;
  }
  return about;
};

const independenceOf = (body, own, frequency, passages) => {
  const idf = (count) => Math.log1p((passages - count + 0.5) / (count + 0.5));
  const rarity = own.reduce((sum, word) => sum + idf(frequency(stem(word))), 0) / idf(0);
  const score = 0.25 * Math.min(words(body).length, 12) + 0.7 * Math.min(own.length, 5) + Math.min(rarity, 3);
  return score - 2.7 * leans(body) - 4.2 * continues(body);
};

export const read = async (question, turns, index) => {
  if (!turns.length) return reading("standalone", question);
  const last = turns.at(-1), [before, about] = partsOf(last.searched_as), place = placeNamed(question);
  if (place !== null) return reading("pick", before, { topic: about, picked: pickedAt(place, turns) });
  if (asksForMore(question)) {
    const other = turns.findLastIndex((turn) => turn.searched_as !== last.searched_as);
    const shown = turns.slice(other + 1).reverse().flatMap((turn) => turn.shown);
    return reading("more", before, { topic: about, exclude: [...new Set(shown)] });
  }
  const announced = afterAnnouncement(question);
  if (announced) return reading("change", announced);
  const body = withoutOpening(question), own = subjects(body);
  let inherited = inheritedBy(body, before, about, own);
  if (continues(body) && putsAnother(own, inherited)) inherited = aspects(before);
  const topic = completing(inherited, question);
  await index.load(own.map(stem));
  const frequency = (term) => index.frequency(term) || +elsewise.has(term);
  if (!topic || isUnknown(body, own, frequency)) return reading("change", question);
  return reading("follow_up", question, { topic, independence: independenceOf(body, own, frequency, index.length) });
};

export const settle = (leaning, raw, completed) => {
  const { question, independence } = leaning;
  const nearness = completed > 0 ? Math.min(raw / completed, 1.2) : 1;
  const score = talk.LEANS_BELOW - (independence + 10 * nearness), alone = reading("change", question);
  const [first, other] = score >= 0 ? [leaning, alone] : [alone, leaning];
  return { ...first, leaning: score, other: score > talk.SURELY_ALONE && score < talk.SURELY_LEANS ? other : null };
};

const blend = (raw, completed) => {
  const mixed = completed.map((value, at) => value + Math.fround(Math.fround(talk.OWN_SHARE) * raw[at]));
  const norm = Math.max(Math.hypot(...mixed), 1e-9);
  return mixed.map((value) => value / norm);
};

export const continuity = (shown) => {
  const articles = shown.map(articleOf), share = new Map();
  for (const article of articles)
    share.set(article, talk.CONTINUITY * articles.filter((other) => other === article).length / articles.length);
  return share;
};

/* --- All of it in order --- */
export const meant = (text, index) => index.vector(speltOut(text));
const queryOf = async (text, vector) => ({ text, vector: await vector, weights: weights(text), favoured: new Map() });

const searched = async (told, turns, index) => {
  const query = await queryOf(told.question, meant(told.question, index));
  if (told.topic) {
    query.text = told.searchedAs;
    query.vector = blend(query.vector, await meant(embedded(told), index));
    const about = [...weights(told.topic)].map(([term, weight]) => [term, talk.TOPIC_WEIGHT * weight]);
    query.weights = new Map([...about, ...query.weights]);
  }
  if (["follow_up", "more"].includes(told.kind)) query.favoured = continuity(turns.at(-1).shown);
  const [wider, added] = await widened(query.weights, words(told.searchedAs), index);
  return [{ ...query, weights: wider }, added];
};

const settled = async (told, index) => {
  const raw = await index.nearest(await meant(told.question, index));
  if (!raw) return told;
  const completed = await index.nearest(await meant(embedded(told), index));
  return settle(told, raw.cosine, completed.cosine);
};

/* What a question asks for after `turns`, the last of which there are and none of them small talk. */
export const understand = async (question, turns, index, literal) => {
  const english = (index.language ?? "en").split("-")[0].toLowerCase() === "en";
  const foreign = english ? languageOf(question) : null, none = { added: [], other: null, foreign, sides: [], forms: [] };
  if (literal || foreign)
    return { mended: question, reading: reading("standalone", question), query: await queryOf(question, index.vector(question)), ...none };
  const mended = await repair(question, index);
  let told = await read(mended, turns, index);
  if (told.kind === "follow_up") told = await settled(told, index);
  const [query, added] = await searched(told, turns, index);
  const other = told.other && (await searched(told.other, turns, index))[0];
  const sides = english && !["more", "pick"].includes(told.kind) ? sidesOf(told.question) : [];
  return { ...none, mended, reading: told, query, added, other, sides, forms: formsOf(sides) };
};
