// What an answer shows of a ranking: marks, sentences in short, reasons, what to ask next. In Python: answering/hits.py,
// highlight.py, in_short.py, follow_ups.py, suggestions.py, ranking/own_page.py.
import { dot } from "./data.js";
import { namesEach } from "./ranking.js";
import { STOP_WORDS, stem, stems, words } from "./text.js";

const CLOSENESS = { very_close: "very close", close: "close", loose: "loosely related" };

const closeness = (cosine) => cosine >= .6 ? "very_close" : cosine >= .4 ? "close" : "loose";

// What may be named of a passage: the stems of each sentence, and how its text is cut, by code points.
export const readied = (passage) => {
  if (!passage.said) {
    const { points, spans } = passage, sentences = [];
    const cut = (start, end) => typeof points === "string" ? points.slice(start, end) : points.slice(start, end).join("");
    for (let n = 0; n < spans.length; n += 2) sentences.push(cut(spans[n], spans[n + 1]));
    Object.assign(passage, { cut, sentences, said: sentences.map(stems) });
  }
  return passage;
};

const marks = (passage, query, weights, total) => {
  const { vectors, questions, said, wholes, spans } = readied(passage);
  const coverage = said.map((there) => {
    let held = 0;
    for (const [term, weight] of weights) if (there.has(term)) held += weight;
    return total ? held / total : 0;
  });
  const own = said.map((_, n) => vectors.row(1 + questions + n));
  const scores = own.map((vector, n) => dot(vector, query.vector) + .3 * coverage[n] + (n ? 0 : .08));
  const found = [];
  for (const [first, last, least, stands, leans] of wholes) {
    if (coverage[first] < least) continue;
    let best = first;
    for (let n = first; n <= last; n++) if (scores[n] > scores[best]) best = n;
    found.push({ start: spans[2 * first], end: spans[2 * last + 1], best, score: scores[best], vector: own[best], stands, leans });
  }
  found.sort((one, other) => other.score - one.score);
  return found.slice(0, 2).filter((one, place) => !place || one.score >= .92 * found[0].score).sort((one, other) => one.best - other.best);
};

const matched = (question, texts) => {
  const there = new Set(texts.flatMap((text) => [...stems(text)]));
  return [...new Set(words(question).filter((word) => !STOP_WORDS.has(word) && there.has(stem(word))))];
};

// Halves are rounded to the even number, as Python does.
const percent = (share) => {
  const whole = share * 100, low = Math.floor(whole);
  return `${whole - low === .5 ? low + low % 2 : Math.round(whole)}%`;
};

const reason = ({ words: named, closeness: close, share, pinned }) => {
  if (pinned) return "chosen by the editors";
  const near = CLOSENESS[close];
  if (!named.length) return `${near[0].toUpperCase()}${near.slice(1)} in meaning`;
  const listed = named.slice(0, 4).map((word) => `“${word}”`).join(", ");
  return `Contains ${listed}; ${near} in meaning (words ${percent(share)}, meaning ${percent(1 - share)})`;
};

export const hitsOf = async (index, query, shown, { pinned, own }) => {
  await index.load([...query.weights.keys()]);
  const weights = [...query.weights].map(([term, weight]) => [term, weight * index.idf(term)]);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return shown.map((one, n) => {
    const { passage, cosine, score, bm25 } = one, chosen = marks(passage, query, weights, total);
    const article = index.head.articles[passage.article], { id, article_id, title, headings, start, text, url, columns } = passage;
    const why = { words: matched(query.text, [title, ...headings, ...columns, ...passage.sentences]), closeness: closeness(cosine),
      share: Math.min(Math.max(score > 0 ? one.words / score : 0, 0), 1), pinned: pinned === one, on_page: own === passage.article };
    return { marks: chosen, hit: { rank: n + 1,
      passage: { id, article_id, title, headings, start, end: start + passage.points.length, text, url,
        topics: article.topics || [], audience: article.audience || [], country: article.country || null,
        updated: article.updated || null, review_by: article.review_by || null, columns },
      score, cosine, bm25, highlights: chosen.map(({ start, end }) => ({ start, end })), why, reason: reason(why) } };
  });
};

// The sentences of the first hits that together answer; of a comparison those that name all sides.
export const inShort = (shown, forms) => {
  const all = shown.slice(0, 3).flatMap(({ hit, marks }) =>
    marks.map((mark) => ({ ...mark, rank: hit.rank, text: [...hit.passage.text].slice(mark.start, mark.end).join("") })))
    .filter(({ text }) => namesEach(text, forms));
  const whole = all.filter(({ stands }) => stands), firm = whole.filter(({ leans }) => !leans), usable = firm.length ? firm : whole;
  if (!usable.length) return [];
  const lead = usable.filter(({ rank }) => rank === usable[0].rank).reduce((best, one) => one.score > best.score ? one : best);
  const taken = [lead];
  for (const one of [...usable].sort((a, b) => b.score - a.score)) {
    if (taken.length === 3 || one.score < .95 * lead.score) break;
    const beside = taken.filter(({ rank }) => rank === one.rank).length;
    if (beside < 2 && Math.max(...taken.map(({ vector }) => dot(vector, one.vector))) < .8) taken.push(one);
  }
  const [, ...others] = taken, place = (one) => all.indexOf(one);
  return [lead, ...others.sort((one, other) => place(one) - place(other))].map(({ rank, text }) => ({ rank, text }));
};

// What a question asks, whatever its wording.
const keyOf = (text) => new Set(words(text).filter((word) => !STOP_WORDS.has(word)).map(stem));
const same = (one, other) => one.size === other.size && [...one].every((term) => other.has(term));
const sharing = (one, other) => [...one].filter((term) => other.has(term)).length;

// Editors' questions that lead to the first passages, nearest to what was asked first; none that was asked or answered,
// and none with a cosine below `least`.
export const after = (asked, ranking, vector, said, shown, least) => {
  const found = new Map(ranking.slice(0, 20).filter(({ row }) => !shown.has(row)).map(({ row, passage }) => [row, passage]));
  const before = said.map(keyOf);
  const ordered = asked.filter(([question, , row]) => found.has(row) && !before.some((one) => same(one, keyOf(question))))
    .map(([question, , row, nth]) => ({ question, near: dot(found.get(row).vectors.row(1 + nth), vector) }))
    .sort((one, other) => other.near - one.near || (one.question < other.question ? -1 : 1));
  return [...new Set(ordered.filter((one) => one.near >= least).map(({ question }) => question))].slice(0, 3);
};

// Questions that what is typed may become.
export const starting = (suggestions, text, n) => {
  const typed = words(text), telling = [...typed.slice(0, -1).filter((word) => !STOP_WORDS.has(word)), ...typed.slice(-1)];
  if (!telling.length) return [];
  const beginning = typed.join(" ");
  return suggestions.map(([question], number) => ({ question, number, said: words(question).join(" ") }))
    .filter(({ said }) => telling.every((word) => ` ${said}`.includes(` ${word}`)))
    .map((one) => ({ ...one, begins: one.said.startsWith(beginning) ? 0 : 1,
      missing: [...new Set(telling)].filter((word) => !one.said.split(" ").includes(word)).length }))
    .sort((a, b) => a.begins - b.begins || a.missing - b.missing || a.said.length - b.said.length || a.number - b.number)
    .slice(0, n).map(({ question }) => question);
};

export const canBeMeant = (text) => {
  const typed = words(text);
  return typed.length >= 4 && typed.filter((word) => !STOP_WORDS.has(word)).length >= 2;
};

// The questions of articles, best article first, those that share more words with the text before.
export const near = (suggestions, text, articles) => {
  const own = keyOf(text);
  return suggestions.filter(([, article]) => articles.includes(article)).map(([question, article]) => {
    const place = articles.indexOf(article), said = new Set(words(question).map(stem));
    return { question, place, order: place - sharing(own, said) };
  }).sort((a, b) => a.order - b.order || a.place - b.place || (a.question < b.question ? -1 : 1)).map(({ question }) => question);
};

// Host, path and query of an address; none where it is none of a page.
const parts = (address) => {
  try {
    const { protocol, hostname, pathname, searchParams } = new URL(address);
    if (!/^https?:$/.test(protocol)) return null;
    return { at: hostname.replace(/^www\./, "") + pathname.replace(/\/+$/, ""), query: new Set([...searchParams].map(String)) };
  } catch {
    return null;
  }
};

// The number of the article whose address is that of a page.
export const articleOf = (page, articles) => {
  const own = parts(page);
  let best = null, most = -1;
  articles.forEach(({ url }, number) => {
    const { at, query } = url && own && parts(url) || {};
    if (at && at === own.at && [...query].every((one) => own.query.has(one)) && query.size > most) [best, most] = [number, query.size];
  });
  return best;
};
