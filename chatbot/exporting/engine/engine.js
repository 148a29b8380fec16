// The chat of an export: the same answers as those of a server, from files. See docs/static.md.
import { Gone, Index, dot, fetched, unpacked } from "./data.js";
import { compared, rank, reach, repeated, spoken, spread, strength, together, verdict } from "./ranking.js";
import { after, articleOf, canBeMeant, hitsOf, inShort, near, readied, starting } from "./showing.js";
import { RULES, STOP_WORDS, seen, stem, weights, words } from "./text.js";
import { init, kindOf, lastTurns, meant, messageFor, origin, replyTo, understand, wasCovered, without } from "./understanding.js";

const LONGEST = 1000, SUGGESTED = 200, NEAR = .4;
const wrong = (detail) => ({ status: 422, detail });

const checked = (question) => {
  const text = seen(String(question)).replace(/[\p{C}\p{Z}]/gu, " ").split(" ").filter(Boolean).join(" ");
  const { length } = [...text];
  if (!length) throw wrong("the question is empty; type what you want to know");
  if (length > LONGEST) throw wrong(`the question has ${length} characters, at most ${LONGEST} are read; shorten it`);
  return text;
};

const meets = (wanted, own) => {
  const there = own.map((one) => one.toLowerCase());
  return wanted.some((one) => there.includes(one.toLowerCase()));
};
const keeps = ({ topics = [], audience = [], countries = [], updated_since: since }, article) => {
  const day = article.updated || article.published;
  return !(topics.length && !meets(topics, article.topics || [])
    || audience.length && article.audience && !meets(audience, article.audience)
    || countries.length && article.country && !meets(countries, [article.country])
    || since && (!day || day < since));
};

class Engine {
  constructor(index, told) {
    Object.assign(this, { index, told });
    index.language = told.articles_language;
  }

  #articles(filters) {
    const { articles } = this.index.head;
    return Object.values(filters).some((one) => one?.length) ? articles.map((one) => keeps(filters, one)) : null;
  }

  async ask({ question, k = 5, history = [], filters = {}, literal = false, page = "" }) {
    const began = performance.now(), asked = checked(question), said = history.map((turn) =>
      ({ shown: [], ...turn, searched_as: turn.searched_as || turn.question })), turns = without(lastTurns(said));
    if (!(k >= 1 && k <= 50)) throw wrong(`k is ${k}, expected 1 to 50`);
    const kind = literal ? null : kindOf(asked, !turns.length);
    const answer = await (kind ? this.#talk(asked, kind, turns, filters) : this.#found(asked, k, turns, filters, literal, page));
    return { question: asked, ...answer, generation: this.index.head.generation, took_ms: performance.now() - began };
  }

  async #talk(asked, kind, turns, filters) {
    const { contact, help_lines: lines } = this.told, grave = RULES.small_talk.GRAVE.includes(kind);
    const wanted = (filters.countries || []).map((one) => one.toLowerCase());
    const own = lines.filter(([country]) => wanted.includes(country.toLowerCase()));
    const helping = grave ? (own.length ? own : lines).map(([country, text]) => `${country}: ${text}`) : [];
    const before = turns.map((turn) => turn.question);
    const starters = RULES.small_talk.NOTHING_NEXT.includes(kind) ? [] : await this.starters(6, filters);
    return { searched_as: asked, verdict: "not_covered", confidence: 0, hits: [], message: [replyTo(kind), ...helping].join("\n"),
      topics: ["help", "who", "machine", "free", "privacy", "complaint", "wordless"].includes(kind) ? this.#covered(filters) : [],
      follow_ups: starters.filter((one) => !before.includes(one)).slice(0, 3), message_language: "en", notice: "small_talk",
      in_short: [], contact: ["machine", "complaint"].includes(kind) ? contact : "", read_as: "standalone", follows: "", comparison: null };
  }

  async #found(asked, k, turns, filters, literal, page) {
    const { index } = this, understood = await understand(asked, turns, index, literal), { reading, query, foreign } = understood;
    const rowsOf = (ids) => ids.map((id) => this.#row(id)).filter((row) => row >= 0);
    const articles = this.#articles(filters), before = rowsOf(reading.exclude);
    let allowed = articles && Array.from(index.articleOf, (article) => articles[article]);
    if (reading.kind === "pick") {
      const [row = -1] = rowsOf([reading.picked || ""]);
      allowed = Array.from(index.articleOf, (_, n) => n === row && (!allowed || allowed[n]));
    }
    const unshown = async (one) => (await rank(index, one, allowed)).filter(({ row }) => !before.includes(row));
    const judged = (one, found) => strength(index, one, found, [...new Set(words(one.text).filter((word) => !STOP_WORDS.has(word)).map(stem))]);
    let ranking = await unshown(query), weighed = await judged(query, ranking);
    if (understood.other) {
      const other = await unshown(understood.other), follows = reading.kind === "follow_up";
      if (follows) weighed = Math.max(weighed, await judged(understood.other, other));
      ranking = together(follows ? ranking : other, follows ? other : ranking, reading.leaning);
    }
    ranking.forEach(({ passage }) => readied(passage));
    if (understood.sides.length && ranking.length) ranking = compared(ranking, understood.forms);
    let [said, confidence] = verdict(index, weighed), notice = "", message_language = "en", message;
    // "How much do they earn?" after a job that no article knows: what is found is about others.
    if (reading.topic && said === "answered" && !wasCovered(turns)) [said, confidence] = ["uncertain", Math.min(confidence, .49)];
    if (!ranking.length) {
      said = "not_covered";
      const gone = reading.kind === "pick" && !rowsOf([reading.picked || ""]).length;
      notice = reading.kind === "more" ? "no_more" : gone ? "no_such_passage" : "no_article";
    } else if (reading.kind === "pick") said = "answered";
    else if (reading.kind === "more" && reading.exclude.length && said === "not_covered") notice = "no_more";
    else if (said !== "answered") notice = said;
    message = RULES.messages[notice];
    const again = ["pick", "more"].includes(reading.kind), pinned = again ? null : await this.#pinned(query, allowed);
    const chosen = again ? null : pinned ?? await this.#written([asked, query.text], ranking, allowed);
    if (chosen !== null) {
      const score = Math.max(...ranking.map((one) => one.score), 0), only = Array.from(index.articleOf, (_, row) => row === chosen);
      const own = ranking.find(({ row }) => row === chosen) ?? { ...(await rank(index, query, only))[0], words: 0 };
      readied(own.passage);
      ranking = [{ ...own, score }, ...ranking.filter(({ row }) => row !== chosen)];
      [said, notice, message] = ["answered", "", ""];
    } else if (foreign && ranking.length) {
      if (said === "answered") said = "uncertain";
      [confidence, notice] = [Math.min(confidence, .49), "other_language"];
      [message, message_language] = messageFor(foreign);
    }
    const shown = await Promise.all(before.map((row) => index.passage(row)));
    const found = spread(ranking, k, reading.kind === "more" ? 4 : 2, repeated(index, ranking.slice(0, 4 * k), shown));
    const scores = found.map((place) => ranking[place].score), whole = reading.kind === "more";
    let places = said === "not_covered" ? [] : whole ? found : found.slice(0, reach(scores, 3));
    const own = page ? articleOf(page, index.head.articles) : null;
    if (own !== null && places.length) {
      const here = found.filter((place) => ranking[place].passage.article === own && ranking[place].score >= .5 * scores[0]);
      places = [...new Set([...places.slice(0, chosen === null ? 0 : 1), ...here, ...places])];
    }
    const picked = places.map((place) => ranking[place]), hits = await hitsOf(index, query, picked, { pinned: pinned !== null ? ranking[0] : null, own });
    const searched_as = reading.searchedAs, refused = notice === "not_covered";
    const asks = turns.flatMap((turn) => refused ? [turn.question] : [turn.question, turn.searched_as]);
    return { searched_as, verdict: said, confidence, hits: hits.map(({ hit }) => hit), message,
      topics: this.#topics(said, notice, reading, foreign, ranking, filters),
      follow_ups: foreign && !places.length ? await this.starters(3, filters)
        : after((await index.next())[0], ranking, query.vector, refused ? asks : [...asks, searched_as],
          new Set(refused ? [] : [...picked.map(({ row }) => row), ...rowsOf(turns.flatMap((turn) => turn.shown))]), refused ? NEAR : -1),
      message_language, notice, in_short: said === "answered" ? inShort(hits, understood.forms) : [],
      contact: said === "answered" ? "" : this.told.contact, read_as: reading.kind,
      follows: ["follow_up", "more", "pick"].includes(reading.kind) ? origin(reading, turns) : "",
      comparison: this.#comparison(understood, picked) };
  }

  #row(id) {
    const cut = id.lastIndexOf("#"), { articles } = this.index.head;
    let row = 0;
    for (const article of articles) {
      if (article.id === id.slice(0, cut)) return id.slice(cut + 1) <= article.passages ? row + Number(id.slice(cut + 1)) - 1 : -1;
      row += article.passages || 0;
    }
    return -1;
  }

  async #pinned({ text, vector }, allowed) {
    const today = new Date().toISOString().slice(0, 10), asked = words(text).join(" ");
    const found = (row) => row !== null && (!allowed || allowed[row]);
    const alive = this.index.head.pins.filter(([, , until, row]) => (!until || today <= until) && found(row));
    const same = alive.find(([, question]) => words(question).join(" ") === asked);
    if (same) return same[3];
    const cosines = await Promise.all(alive.map(async ([, question]) => dot(await meant(question, this.index), vector)));
    const place = cosines.indexOf(Math.max(...cosines));
    return cosines[place] >= .9 ? alive[place][3] : null;
  }

  async #written(texts, ranking, allowed) {
    const rows = (await Promise.all(texts.map((text) => this.index.asked(text)))).flat().filter((row) => !allowed || allowed[row]);
    const ranked = ranking.find(({ row }) => rows.includes(row));
    return ranked ? ranked.row : rows.length ? Math.min(...rows) : null;
  }

  #kept(filters) {
    return this.index.head.articles.filter((article) => keeps(filters, article));
  }

  #covered(filters) {
    const counted = new Map();
    for (const topic of this.#kept(filters).flatMap(({ topics = [] }) => topics)) counted.set(topic, (counted.get(topic) || 0) + 1);
    return [...counted].sort(([, one], [, other]) => other - one).slice(0, 10).map(([topic]) => topic);
  }

  #topics(said, notice, { kind }, foreign, ranking, filters) {
    if (said === "answered" || ["more", "pick"].includes(kind) || foreign) return [];
    const numbers = new Set(ranking.slice(0, 10).map(({ passage }) => passage.article));
    const nearest = [...new Set([...numbers].flatMap((number) => this.index.head.articles[number].topics || []))].slice(0, 4);
    return notice === "not_covered" ? [...new Set([...nearest, ...this.#covered(filters)])].slice(0, 10) : nearest;
  }

  #comparison({ sides, forms }, shown) {
    if (!sides.length) return null;
    const told = shown.map(({ passage }) => spoken(passage, forms).of), of = told.map((own) => own.filter(Boolean).length);
    const ranks = (n) => told.flatMap((own, place) => own[n] && of[place] === 1 ? [place + 1] : []);
    const named = sides.map((label, n) => ({ label, ranks: ranks(n), any: told.some((own) => own[n]) })).filter(({ any }) => any);
    return named.length > 1 ? { sides: named.map(({ label, ranks }) => ({ label, ranks })),
      together: of.flatMap((count, place) => count > 1 ? [place + 1] : []) } : null;
  }

  // The first question of articles spread evenly over those that the filters keep.
  async starters(n, filters = {}) {
    const kept = new Set(), all = this.index.head.articles, firsts = [];
    for (const [question, article] of (await this.index.next())[0]) {
      if (!kept.has(article) && keeps(filters, all[article])) firsts.push(question);
      kept.add(article);
    }
    const count = Math.min(n, firsts.length);
    return Array.from({ length: count }, (_, place) => firsts[Math.floor(place * firsts.length / count)]);
  }

  async suggest(text, n = 5, filters = {}) {
    const typed = [...text].slice(0, SUGGESTED).join("").split(/\s+/).filter(Boolean).join(" "), [asked, headings] = await this.index.next();
    const seen = new Set(), articles = this.#articles(filters);
    const all = [...asked, ...headings].filter(([question]) => {
      const said = words(question).join(" "), first = !seen.has(said);
      seen.add(said);
      return first;
    }).filter(([, article]) => !articles || articles[article]);
    const found = starting(all, typed, n);
    if (found.length < n && canBeMeant(typed)) {
      const query = { text: typed, vector: await meant(typed, this.index), weights: weights(typed) };
      const allowed = articles && Array.from(this.index.articleOf, (article) => articles[article]);
      const ranking = await rank(this.index, query, allowed);
      const content = [...new Set(words(typed).filter((word) => !STOP_WORDS.has(word)).map(stem))];
      if (verdict(this.index, await strength(this.index, query, ranking, content))[0] !== "not_covered") {
        found.push(...near(all, typed, [...new Set(ranking.slice(0, 10).map(({ passage }) => passage.article))]));
      }
    }
    return [...new Set(found)].slice(0, n);
  }

  async site() {
    const { name, language, greeting, topics, articles_language, contact } = this.told;
    return { name, language, greeting, topics, starters: await this.starters(6), articles_language, contact };
  }
}

// `base` is the address of the export. After another was put there, what is asked next is asked of that.
export default async (base) => {
  const opened = async (mode) => {
    const manifest = await (await fetched(`${base}manifest.json`, mode)).json();
    const [index, rules] = await Promise.all([Index.open(base, manifest.base), unpacked(base + manifest.rules)]);
    init(rules.head);
    return new Engine(index, manifest.site);
  };
  let engine = await opened();
  const call = (name) => async (...said) => {
    try {
      return await engine[name](...said);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      engine = await opened("reload");
      return engine[name](...said);
    }
  };
  return { ask: call("ask"), suggest: call("suggest"), site: call("site") };
};
