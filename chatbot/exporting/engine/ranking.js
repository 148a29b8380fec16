// Which passages are nearest, and whether they cover the question: answering/ranking and answering/verdict in Python.
import { dot } from "./data.js";
import { terms } from "./text.js";

const HIGHEST = 20, DECIDING = 11;
const by = (score) => (one, other) => score(other) - score(one) || one.row - other.row;
const most = (values, least = 0) => values.reduce((high, value) => Math.max(high, value), least);

// The best of all rows that are allowed, by their scores, best first.
const best = (scores, count, allowed) => {
  const rows = [];
  scores.forEach((score, row) => (!allowed || allowed[row]) && rows.push({ row, score }));
  return rows.sort(by(({ score }) => score)).slice(0, count);
};

// 0.5, 0.3 and 0.2 of the three nearest; the last stands for those that lack.
const threeNearest = (near) => {
  if (!near.length) return -1;
  const sorted = [...new Set(near)].sort((one, other) => other - one);
  return [.5, .3, .2].reduce((sum, share, n) => sum + share * sorted[Math.min(n, sorted.length - 1)], 0);
};

export const rank = async (index, { vector, weights, favoured }, allowed) => {
  const bm25 = await index.scored(weights), heads = index.heads.dots(vector);
  const highest = best(bm25, HIGHEST, allowed).map(({ score }) => score).filter((score) => score > 0);
  const eleventh = highest[Math.min(index.length, DECIDING) - 1] || 0;
  const decided = highest.length ? (highest[0] - eleventh) / highest[0] : 0;
  const share = highest.length ? (.1 + .7 * decided) / highest[0] : 0;
  const first = best(heads.map((head, row) => head + index.added[row] + share * bm25[row]), index.head.opened, allowed);
  const found = (await Promise.all(first.map(({ row }) => index.passage(row)))).map((passage) => {
    const { row, hubs, vectors, spans } = passage, cosine = dot(passage.vector, vector), words = share * bm25[row];
    const near = (first, count) => Array.from({ length: count }, (_, n) => dot(vectors.row(first + n), vector));
    const asked = threeNearest(near(1, hubs.length).map((one, n) => one + hubs[n]));
    const best = hubs.length || !spans.length ? cosine : most(near(1, spans.length / 2), -1);
    const own = (cosine + best) / 2, known = [0, .4, .64, .8][Math.min(hubs.length, 3)];
    const meaning = own + known * (asked - own) - .2 * index.hubs[row];
    return { row, passage, cosine, best, asked, words, bm25: bm25[row], score: meaning + words };
  }).sort((one, other) => one.row - other.row);
  const nearest = most(found.map(({ cosine, asked }) => Math.max(cosine, asked)));
  const vague = Math.min(Math.max((.7 - nearest) / .2, 0), 1);
  if (vague > 0 && found.length > 1) {
    const ten = [...found].sort((one, other) => other.score - one.score).slice(0, 10);
    const centre = new Float32Array(vector.length);
    for (const { passage, score } of ten) {
      const weight = Math.exp((score - ten[0].score) / .05);
      passage.vector.forEach((one, n) => centre[n] += weight * one);
    }
    const length = Math.max(Math.sqrt(dot(centre, centre)), 1e-9);
    for (const one of found) one.score += .5 * vague * dot(one.passage.vector, centre) / length;
  }
  for (const one of found) one.score += favoured?.get(one.passage.article_id) || 0;
  return found.sort(by(({ score }) => score));
};

// The ranking of a completed question and of its words alone as one, see `together`.
export const together = (completed, alone, leaning) => {
  if (!completed.length || !alone.length) return completed.length ? completed : alone;
  const gained = [...completed.map((one) => [one, one.score + .06 * leaning]), ...alone.map((one) => [one, one.score])];
  const seen = new Set(), both = [];
  for (const [one] of gained.sort(([, one], [, other]) => other - one)) {
    if (!seen.has(one.row)) both.push(one);
    seen.add(one.row);
  }
  const place = both.findIndex(({ row }) => row === alone[0].row), [first] = both.splice(place, 1);
  both.splice(Math.min(place, 1), 0, first);
  return both;
};

const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
const pairs = (text) => {
  const said = ["", ...text.toLowerCase().match(WORD) || [], ""];
  return new Set(said.slice(1).map((word, n) => `${said[n]} ${word}`));
};
const resemble = (one, other) => {
  const left = pairs(one), right = pairs(other), shared = [...left].filter((pair) => right.has(pair)).length;
  return shared / Math.max(left.size + right.size - shared, 1) >= .8;
};

// Places that say nearly what one before them says, or one of those shown, in another article.
export const repeated = (index, ranking, shown) => {
  const whole = [...shown, ...ranking.map(({ passage }) => passage)], found = new Set();
  const readers = ({ article }) => JSON.stringify([index.head.articles[article].country || "", index.head.articles[article].audience || []]);
  whole.forEach((one, n) => {
    if (n >= shown.length && found.has(n)) return;
    whole.slice(n + 1).forEach((other, m) => {
      const place = n + 1 + m;
      if (place < shown.length || one.article === other.article || dot(one.vector, other.vector) < .95) return;
      if (readers(one) === readers(other) && String(one.columns) === String(other.columns) && resemble(one.text, other.text)) {
        found.add(place);
      }
    });
  });
  return new Set([...found].map((place) => place - shown.length));
};

export const spread = (ranking, k, perArticle, left) => {
  const count = new Map(), first = [], rest = [];
  for (const [place, { passage: { article } }] of ranking.entries()) {
    if (left.has(place)) continue;
    count.set(article, (count.get(article) || 0) + 1);
    (count.get(article) <= perArticle ? first : rest).push(place);
    if (first.length === k) return first;
  }
  return [...first, ...rest.slice(0, k - first.length)].sort((one, other) => one - other);
};

// How many are worth showing.
export const reach = (scores, fewest) =>
  Math.max(scores.filter((score, n) => (scores[0] - score) * n <= .5).length, Math.min(fewest, scores.length));

const beside = (form, there) =>
  there.some((_, start) => {
    const some = new Set(there.slice(start, start + form.size));
    return start + form.size <= there.length && some.size === form.size && [...form].every((term) => some.has(term));
  });
const named = (texts, forms) => {
  const there = texts.map(terms);
  return forms.map((side) => side.some((form) => there.some((own) => beside(form, own))));
};

// What a passage speaks of: which sides, and whether it is about all of them.
export const spoken = ({ headings, title, names, said }, forms) => {
  const headed = named(headings.length ? headings : [title], forms);
  const of = forms.map((side, n) => headed[n] || side.some((form) => said.some((there) => [...form].every((term) => there.has(term)))));
  return { of, about: headed.every(Boolean) || named(names || [], forms).every(Boolean) };
};

// Whether the words of a sentence, where its links lead left aside, name every side.
export const namesEach = (sentence, forms) => named([sentence.replace(/\]\([^)]*\)/g, "]")], forms).every(Boolean);

// What speaks of the sides of a comparison is brought forward, see `compared`.
export const compared = (ranking, forms) => {
  const first = ranking.slice(0, 6), told = first.map(({ passage }) => spoken(passage, forms));
  const section = ({ passage: { article, headings } }) => JSON.stringify([article, headings]);
  const joined = first.map((one) => told.filter((_, n) => section(first[n]) === section(one)));
  const gained = first.map((one, n) => {
    const sides = forms.filter((_, side) => joined[n].some(({ of }) => of[side])).length;
    return { one: { ...one, score: one.score + .1 * sides / forms.length }, about: joined[n].some(({ about }) => about) };
  }).sort((one, other) => other.one.score - one.one.score);
  const lead = gained.slice(0, 3).find(({ about }) => about);
  return [...lead ? [lead] : [], ...gained.filter((one) => one !== lead)].map(({ one }) => one).concat(ranking.slice(6));
};

// What is held against the limits of verdicts, see evidence.py and judge.py.
export const strength = async (index, { text, vector }, ranking, content) => {
  const { scale: [mean, deviation], limits: [refuse], known } = index.head;
  const asked = ranking.map((one) => one.asked).filter((one) => one > -1).sort((one, other) => other - one).slice(0, 3);
  const near = [...index.outside.dots(vector)].sort((one, other) => other - one).slice(0, 3);
  const average = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const meaning = most(ranking.map((one) => (one.cosine + Math.max(one.best, one.asked)) / 2), -1);
  const words = Math.log1p(most(ranking.map(({ bm25 }) => bm25))), nearest = asked.length ? average(asked) : -1;
  const told = ranking.length ? [meaning, words, near.length ? average(near) : mean[2], nearest] : [-1, 0, 1, -1];
  const [of, lexical, astray, closeness] = told.map((value, n) => (value - mean[n]) / deviation[n]);
  const shared = .5 * Math.max(lexical, 0);
  const score = of - .4 * astray + shared + (known ? closeness + shared : 0);
  if (score >= refuse) return score;
  // The first passage holds every telling word, together as rare as one that no other passage has.
  await index.load(content);
  const rarity = content.reduce((sum, term) => sum + index.idf(term), 0);
  const held = content.length && ranking.length && rarity >= index.head.rare && content.every((term) => index.holds(ranking[0].row, term));
  return held ? refuse : score;
};

export const verdict = (index, score) => {
  const [refuse, answer, slope] = index.head.limits;
  const confidence = 1 / (1 + Math.exp(Math.min(-slope * (score - answer), 500)));
  return [score >= answer ? "answered" : score >= refuse ? "uncertain" : "not_covered", confidence];
};

