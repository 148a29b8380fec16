// The files of an export (chatbot/exporting/shards.py, data.py): a head in JSON and numbers behind it, compressed.
import { words } from "./text.js";

const NAME = 6, WORDS = 0, TERMS = 1, KNOWN = 2, ASKED = 3;

// What has gone is of an export that was replaced: the engine is opened anew.
export class Gone extends TypeError {}

export const fetched = async (url, mode) => {
  const response = await fetch(url, { cache: mode || "default" });
  if (response.status === 404) throw new Gone(`${url} is not there`);
  if (!response.ok) throw new TypeError(`${url}: ${response.status}`);
  return response;
};

export const unpacked = async (url) => {
  const { body } = await fetched(url);
  const whole = new Uint8Array(await new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  const end = 4 + new DataView(whole.buffer).getUint32(0, true);
  return { head: JSON.parse(new TextDecoder().decode(whole.subarray(4, end))), rest: whole.slice(end).buffer };
};

// Vectors at four bits a number, see packed.py. Two numbers a byte: a table of what each byte gives spares the rest.
export class Packed {
  constructor(scales, codes, dim) {
    Object.assign(this, { scales, codes, dim, half: dim / 2 });
  }

  row(row) {
    const vector = new Float32Array(this.dim), scale = this.scales[row];
    for (let n = 0; n < this.half; n++) {
      const code = this.codes[row * this.half + n];
      vector[2 * n] = ((code & 15) - 8) * scale;
      vector[2 * n + 1] = ((code >> 4) - 8) * scale;
    }
    return vector;
  }

  dots(vector, count = this.scales.length) {
    const { codes, half } = this, found = new Float32Array(count), table = new Float32Array(half * 256);
    for (let n = 0; n < half; n++) {
      for (let code = 0; code < 256; code++) {
        table[n * 256 + code] = ((code & 15) - 8) * vector[2 * n] + ((code >> 4) - 8) * vector[2 * n + 1];
      }
    }
    for (let row = 0, at = 0; row < count; row++) {
      let sum = 0;
      for (let n = 0; n < half; n++) sum += table[n * 256 + codes[at++]];
      found[row] = sum * this.scales[row];
    }
    return found;
  }
}

export const dot = (one, other) => {
  let sum = 0;
  for (let n = 0; n < one.length; n++) sum += one[n] * other[n];
  return sum;
};

export const unit = (vector) => {
  const length = Math.max(Math.sqrt(dot(vector, vector)), 1e-9);
  return vector.map((one) => one / length);
};

// FNV-1a of the UTF-8 of a text, from two beginnings.
const hashes = (text) => {
  const found = [0x811c9dc5, 0x9747b28c];
  for (const byte of new TextEncoder().encode(text)) {
    for (const n of [0, 1]) found[n] = Math.imul(found[n] ^ byte, 0x01000193) >>> 0;
  }
  return found;
};

export class Index {
  #files = new Map();
  #terms = new Map();
  #rows = new Map();
  #vectors = new Map();

  static async open(base, path) {
    const index = new Index(), { head, rest } = await unpacked(base + path);
    const { passages: count, outside, dim, files } = head;
    let at = 0;
    const floats = (size) => new Float32Array(rest, (at += 4 * size) - 4 * size, size);
    const bytes = (size) => new Uint8Array(rest, (at += size) - size, size);
    const scales = floats(count), added = floats(count), hubs = floats(count), outer = floats(outside);
    index.outside = new Packed(outer, bytes(outside * dim / 2), dim);
    index.heads = new Packed(scales, bytes(count * dim / 2), dim);
    const names = bytes((rest.byteLength - at));
    const starts = [0];
    for (const one of [...files, count]) starts.push(starts.at(-1) + one);
    // What small files call a passage, its slot, to its row.
    index.rows = [];
    let row = 0;
    for (const [first, size] of head.slots) for (let n = 0; n < size; n++) index.rows[first + n] = row++;
    index.articleOf = new Uint32Array(count);
    row = 0;
    head.articles.forEach((article, number) => {
      index.articleOf.fill(number, row, row += article.passages || 0);
    });
    return Object.assign(index, { base, head, added, hubs, names, starts, length: count });
  }

  file(path) {
    if (!this.#files.has(path)) {
      const got = unpacked(this.base + path);
      got.catch(() => this.#files.delete(path));
      this.#files.set(path, got);
    }
    return this.#files.get(path);
  }

  // The nth file of a kind.
  #nth(kind, n, folder) {
    const at = (this.starts[kind] + n) * NAME;
    const name = [...this.names.subarray(at, at + NAME)].map((byte) => (byte | 256).toString(16).slice(1)).join("");
    return this.file(`data/${folder}/${name}.bin`);
  }

  // The files that may hold some keys, each once.
  #holding(kind, folder, keys) {
    const some = new Set(keys.map((key) => hashes(key)[0] % this.head.files[kind]));
    return Promise.all([...some].map((n) => this.#nth(kind, n, folder)));
  }

  async load(terms) {
    const missing = [...new Set(terms)].filter((term) => !this.#terms.has(term));
    if (!missing.length) return;
    for (const { head, rest } of await this.#holding(TERMS, "terms", missing)) {
      const bytes = new Uint8Array(rest);
      let at = 0;
      const gaps = (count) => {
        const rows = new Uint32Array(count);
        for (let n = 0, last = 0; n < count; n++) {
          let value = 0, shift = 0, byte;
          do {
            byte = bytes[at++];
            value |= (byte & 127) << shift;
            shift += 7;
          } while (byte > 127);
          rows[n] = this.rows[last += value];
        }
        return rows;
      };
      for (const [name, idf, frequency, count, articles, scale] of head) {
        const own = gaps(Math.min(frequency, count)), others = gaps(count - own.length), whole = gaps(articles);
        const codes = bytes.subarray(at, at += count), articleCodes = bytes.subarray(at, at += articles);
        this.#terms.set(name, { idf, frequency, own, others, articles: whole.map((row) => this.articleOf[row]), codes, articleCodes, scale });
      }
    }
    for (const term of missing) this.#terms.has(term) || this.#terms.set(term, null);
  }

  frequency = (term) => this.#terms.get(term)?.frequency || 0;

  idf = (term) => this.#terms.get(term)?.idf ?? this.head.rare;

  holds = (row, term) => !!this.#terms.get(term)?.own.includes(row);

  // What the words of a question add to each passage.
  async scored(weights) {
    await this.load([...weights.keys()]);
    const total = new Float32Array(this.length), ofArticles = new Float32Array(this.head.articles.length);
    for (const [name, weight] of weights) {
      const term = this.#terms.get(name);
      if (!term) continue;
      const factor = weight * term.scale;
      [...term.own, ...term.others].forEach((row, n) => n < term.codes.length && (total[row] += factor * term.codes[n]));
      term.articles.forEach((article, n) => ofArticles[article] += factor * term.articleCodes[n]);
    }
    return total.map((score, row) => score + ofArticles[this.articleOf[row]]);
  }

  // The rows of the table for some words and pairs of words.
  async #look(keys) {
    const missing = [...new Set(keys)].filter((key) => !this.#rows.has(key));
    for (const { head, rest } of missing.length ? await this.#holding(WORDS, "words", missing) : []) {
      const count = head.length, weights = new Float32Array(rest, 0, count);
      const rows = new Packed(new Float32Array(rest, 4 * count, count), new Uint8Array(rest, 8 * count), this.head.dim);
      head.forEach((key, n) => this.#rows.set(key, { weight: weights[n], rows, n }));
    }
    for (const key of missing) this.#rows.has(key) || this.#rows.set(key, null);
  }

  // The unit vector of a text: the mean of its words' rows and of those of its pairs, by how much each tells.
  vector(text) {
    if (!this.#vectors.has(text)) {
      const got = this.#embed(text);
      got.catch(() => this.#vectors.delete(text));
      this.#vectors.set(text, got);
    }
    return this.#vectors.get(text);
  }

  async #embed(text) {
    const own = words(text), pairs = own.slice(1).map((word, n) => `${own[n]} ${word}`);
    await this.#look([...own, ...pairs]);
    const sum = new Float32Array(this.head.dim), weight = (word) => this.#rows.get(word)?.weight || 0;
    const add = (key, share) => {
      const found = this.#rows.get(key);
      found?.rows.row(found.n).forEach((one, n) => sum[n] += share * one);
    };
    own.forEach((word) => add(word, weight(word)));
    pairs.forEach((pair, n) => add(pair, (weight(own[n]) + weight(own[n + 1])) / 2));
    return unit(sum);
  }

  async known(word) {
    await this.#look([word]);
    return !!this.#rows.get(word);
  }

  async isEnglish(word) {
    const [{ head }] = await this.#holding(KNOWN, "known", [word]);
    return head.includes(word);
  }

  async lexicon() {
    const { head: [words, counts] } = await this.file(this.head.lexicon);
    return { common: words, counts: new Map(words.map((word, n) => [word, counts[n]]).filter(([, count]) => count)) };
  }

  // The rows that known questions of these very words lead to.
  async asked(text) {
    const key = words(text).join(" "), [one, other] = hashes(key), [{ rest }] = await this.#holding(ASKED, "asked", [key]);
    const told = new Uint32Array(rest), rows = [];
    for (let n = 0; n < told.length; n += 3) if (told[n] === one && told[n + 1] === other) rows.push(this.rows[told[n + 2]]);
    return rows.sort((one, other) => one - other);
  }

  async next() {
    return (await this.file(this.head.next)).head;
  }

  // A passage with its vectors, those of its sentences, and those of the questions that lead to it.
  async passage(row) {
    const { head, rest } = await this.#nth(4, row, "passages"), count = 1 + head.questions + head.spans.length / 2;
    if (!head.vectors) {
      const scales = new Float32Array(rest, 0, count), hubs = new Float32Array(rest, 4 * count, head.questions);
      const vectors = new Packed(scales, new Uint8Array(rest, 4 * (count + head.questions)), this.head.dim);
      const article = this.articleOf[row], { id, title } = this.head.articles[article];
      Object.assign(head, { row, article, hubs, vectors, vector: vectors.row(0), article_id: id, title });
      head.points = /[\ud800-\udfff]/.test(head.text) ? [...head.text] : head.text;
    }
    return head;
  }

  // The passage that is nearest by its head.
  async nearest(vector) {
    const scores = this.heads.dots(vector);
    let row = 0;
    scores.forEach((score, n) => {
      scores[n] = score + this.added[n];
      if (scores[n] > scores[row]) row = n;
    });
    return { row, cosine: scores[row] };
  }
}
