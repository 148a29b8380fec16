/* What the widget needs once it is opened: the panel, its conversation, and how answers look. docs/widget.md. An older
   widget.js that a browser has kept gets the newest of this file: what the two hand each other stays. */
export default ({ h, icon, picture, json, LANGUAGES, PHONE }) => {
const SLOW = 4e3, TIMEOUT = 3e4, PAUSE = 150, YEAR = 365 * 864e5;
const REASONS = ["Off topic", "Outdated", "Incomplete", "Wrong", "Hard to read", "Other"];
const ICONS = {
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  full: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  widen: "M4 5h16v14H4zM13 5v14M10 9l-3 3 3 3",
  send: "M5 12h13M12 6l6 6-6 6",
  yes: "M7 11v9H4v-9zl4-8c2 0 3 1 3 3l-1 4h6c2 0 1 3 1 4l-2 6H7",
  no: "M7 13V4H4v9zl4 8c2 0 3-1 3-3l-1-4h6c2 0 1-3 1-4l-2-6H7",
};

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
h2,h3,h4,p,ul,ol,blockquote{margin:0;padding:0;font:inherit}
header{display:flex;align-items:center;padding:6px;padding-inline-start:16px;border-bottom:1px solid var(--line);background:var(--card)}
header img,.hello img{flex:none;width:28px;height:28px;margin-inline-end:10px;border-radius:8px;object-fit:contain}
.accent header{border:0;background:var(--accent);color:var(--on)}
.accent header :is(a,button){color:inherit;outline-color:currentColor}
h2{flex:1;min-width:0;font-size:16px;overflow:hidden;text-overflow:ellipsis}
h2,h3,h4,.head,b,th{font-weight:600}
header :is(a,button),.soft{color:var(--soft)}
.soft{font-size:13.5px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.log{position:relative;flex:1;min-height:0;padding:16px;overflow:auto;overscroll-behavior:contain;overflow-wrap:anywhere;outline-offset:-2px!important}
.quiet{outline:0!important}
.log>*+*{margin-top:12px}
.turn>*+*{margin-top:10px}
:is(.card,blockquote)>*+*,.short p+p{margin-top:8px}
iframe{flex:1;border:0}
.hello{display:flex;align-items:end}
.hello p{padding:9px 14px;border:1px solid var(--line);border-radius:16px;border-end-start-radius:3px;background:var(--card)}
.asked{width:fit-content;max-width:88%;margin-inline-start:auto;padding:9px 14px;border-radius:16px;border-end-end-radius:3px;background:var(--accent);color:var(--on)}
.short{padding-inline-start:12px;border-inline-start:3px solid var(--text)}
.cite{display:inline;min-width:24px;min-height:0;padding:0 7px;border-color:var(--line);border-radius:9px;color:var(--text);font-size:12.5px}
.card{padding:12px 16px 2px;border:1px solid var(--line);border-radius:14px;background:var(--card)}
h4,h4+p,summary{line-height:1.35}
h4 a{color:var(--text);text-decoration:none}
h4+p{margin-top:2px}
blockquote{line-height:1.45}
.tag{padding:1px 8px;border-radius:9px;background:var(--accent);color:var(--on);font-size:12.5px}
.others{padding:0}
.group{padding:9px 16px 4px}
.group+.group{margin:0;border-top:1px solid var(--line)}
.group h4{color:var(--soft);font-size:13.5px;font-weight:500}
details+details{border-top:1px solid var(--line)}
summary{display:flex;align-items:center;gap:8px;min-height:44px;padding:4px 0;cursor:pointer;list-style:none}
summary::-webkit-details-marker{display:none}
.row{flex:1;min-width:0}
.rank{display:inline-block;flex:none;min-width:20px;margin-inline-end:4px;border:1px solid var(--line);border-radius:7px;color:var(--text);font-size:12px;font-weight:600;line-height:18px;text-align:center}
summary .rank{margin:0}
summary b{display:block;font-size:14px}
summary:after{content:"";flex:none;width:7px;height:7px;margin:0 4px;border:solid var(--soft);border-width:0 2px 2px 0;rotate:45deg}
[open]>summary:after{rotate:-135deg}
.lead{display:-webkit-box;overflow:hidden;-webkit-box-orient:vertical;-webkit-line-clamp:2;color:var(--soft);font-size:13.5px}
b+.lead{-webkit-line-clamp:1}
[open] .lead{display:none}
.foot{display:flex;flex-wrap:wrap;align-items:center}
.foot p{margin-inline-start:auto;padding-block:4px}
:is(ul,ol){padding-inline-start:22px}
pre{margin:0;padding:8px 10px;border-radius:8px;background:var(--paper);font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap}
.scroll{overflow:auto;overflow-wrap:normal}
table{border-collapse:collapse;font-size:13.5px}
caption{text-align:start}
td,th{min-width:84px;padding:5px 10px;border:1px solid var(--line);text-align:start;vertical-align:top}
mark{padding:1px 0;background:var(--mark);color:inherit}
.act{margin-inline:-10px 18px;color:var(--text);font-size:14px;font-weight:600}
.soft .act{margin-block:-12px}
.say{padding:8px 14px;border-radius:10px;background:var(--mark);font-size:14.5px;line-height:1.4}
.say~.say{background:none;padding-block:0}
.hi{border:1px solid var(--line);background:var(--card)}
:is(.say,.note,.person) a{color:var(--text)}
.chips{display:flex;flex-wrap:wrap;align-items:center;gap:8px}
.chips p{flex-basis:100%}
.chip{padding:6px 14px;border-color:var(--line);border-radius:22px;background:var(--card);color:var(--text)}
.strip{display:grid;gap:4px 8px;grid-auto-flow:column;grid-auto-columns:max-content;margin-inline:-16px;padding:0 16px 6px;overflow-x:auto;scrollbar-width:thin}
.strip p{grid-row:1;grid-column:1/-1;position:sticky;inset-inline-start:0;justify-self:start}
.strip .chip{grid-row:2;max-width:290px;line-height:1.35}
.chip:hover{border-color:var(--text)}
.act:hover,h4 a:hover{text-decoration:underline}
form{position:relative;display:flex;align-items:end;gap:6px;margin:4px 12px 0;padding:4px;border:1px solid var(--soft);border-radius:14px;background:var(--card)}
form:focus-within{border-color:var(--text);box-shadow:0 0 0 1px var(--text)}
textarea{flex:1;min-width:0;max-height:132px;padding:10px;border:0;outline:0!important;background:none;font-size:16px;line-height:24px;resize:none}
textarea::placeholder{color:var(--soft);opacity:1}
textarea:placeholder-shown{direction:inherit}
form button{background:var(--accent);color:var(--on)}
form ul{position:absolute;inset:auto 0 100%;max-height:264px;margin-bottom:6px;padding:4px;overflow:auto;border:1px solid var(--line);border-radius:14px;background:var(--card);box-shadow:0 4px 16px #0003;list-style:none}
form li{display:flex;align-items:center;min-height:44px;padding:6px 10px;border-radius:10px;line-height:1.35;cursor:pointer}
li:is(:hover,[aria-selected=true]){background:var(--line)}
.note{padding:6px 12px 8px;font-size:12.5px;text-align:center}
.note p:not(.say,.unseen){display:inline}
.note a{margin-inline-start:8px}
[dir=rtl] .send{transform:scaleX(-1)}
@media(forced-colors:active){[aria-selected=true]{outline:2px solid Highlight}}`);

const sign = (name) => {
  const drawn = icon(name);
  if (ICONS[name]) drawn.firstChild.setAttribute("d", ICONS[name]);
  return drawn;
};
const soft = (...children) => h("p", { class: "soft", dir: "auto" }, ...children);
const button = (look, click, ...children) => h("button", { type: "button", class: look, click }, ...children);

// An address of a web page, or nothing.
const web = (address, base) => {
  try {
    const found = new URL(address, base);
    return /^https?:$/.test(found.protocol) && found.href;
  } catch {
    return null;
  }
};

const reached = (url, home) => web(url.replace(/^\/articles\//, "articles/"), home);

// The reading page is told what to mark.
const place = ({ url, id }, home) => {
  const found = reached(url, home);
  if (!found || url[0] !== "/") return found;
  const marked = new URL(found);
  marked.searchParams.set("passage", id);
  return marked.href;
};

const INLINE = /\\([!-/:-@[-`{-~])|!?\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)|(?<!`)(`+)(?!`)(.+?)(?<!`)\3(?!`)|(\*{1,3}|~~|(?<!\w)_{1,2})(?=\S)(.*?\S)\5(?!\w)/s;
const BLOCK = /^\s*(?:>\s?)?(?:(#{1,6})\s+|([-*+])\s+|(\d+)[.)]\s+|(\|)|([|:-]*$))?/;
const FENCE = /^(\s*(?:>\s?)?)(`{3,}(?=[^`]*$)|~{3,})?/;

// Markdown as plain blocks. Highlights count code points of the source, JavaScript counts UTF-16 units.
const prose = (text, highlights = [], columns = [], label = "", repeated = "") => {
  const points = [...text], units = (n) => points.slice(0, n).join("").length;
  const marks = highlights.map((mark) => [units(mark.start), units(mark.end)]);
  const box = h("blockquote", { dir: "auto" }), blocks = [];
  let at = 0, open, to, last, row, table, fence;

  const put = (from, end) => {
    if (from >= end) return;
    const inside = marks.findIndex(([start, stop]) => start <= from && from < stop);
    const stop = Math.min(end, ...marks.flat().filter((edge) => edge > from));
    let words = text.slice(from, stop);
    if (to.localName !== "pre") words = words.replace(/\s+/g, " ");
    if (/^t/.test(to.localName)) words = words.replace(/\\\|/g, "|");
    if (inside < 0) to.append(words);
    else if (last === inside && to.lastChild?.localName === "mark") to.lastChild.append(words);
    else to.append(h("mark", {}, words));
    last = inside;
    put(stop, end);
  };
  const walk = (from, end) => {
    const found = INLINE.exec(text.slice(from, end));
    if (!found) return put(from, end);
    const [all, escaped, label, ticks, code, sign = "", inner] = found;
    const start = from + found.index, words = escaped ?? label ?? code ?? inner, begin = start + ((ticks || sign).length || all.indexOf(words, 1));
    put(from, start);
    (escaped || code ? put : walk)(begin, begin + words.length);
    walk(start + all.length, end);
  };
  const fill = (element, from, end) => {
    to = element;
    last = -1;
    walk(from, end);
    return element;
  };
  const cells = (tag, from, end) => {
    const line = h("tr"), stop = text[end - 1] === "|" ? end - 1 : end;
    for (let n = from, start = from; n <= stop; n += 1) {
      if (text[n] === "\\") n += 1;
      else if (n === stop || text[n] === "|") {
        const words = text.slice(start, n), begin = start + words.length - words.trimStart().length;
        line.append(fill(h(words.trim() ? tag : "td"), begin, Math.max(begin, start + words.trimEnd().length)));
        start = n + 1;
      }
    }
    return line;
  };

  for (const line of text.split("\n")) {
    const [prefix, heading, bullet, number, cell, rule] = BLOCK.exec(line), end = at + line.trimEnd().length;
    const [, { length: inset }, ticks] = FENCE.exec(line);
    if (fence ? line.slice(inset).trimEnd() === ticks && ticks.startsWith(fence.ticks) : ticks) {
      fence = fence ? 0 : blocks[blocks.push({ ticks, inset, code: [] }) - 1];
      open = row = 0;
    } else if (fence) fence.code.push([at + Math.min(inset, fence.inset), end]);
    else if (rule != null || /^[\s|:-]*$/.test(line)) {
      open = 0;
      if (row?.first && cell) row.head = 1;
      row = cell && row;
    } else if (open && !heading && !bullet && !number && !cell) open.end = end;
    else {
      blocks.push(open = { from: at + prefix.length, end, heading, number, cell, first: cell && !row, list: bullet ? "ul" : number && "ol" });
      row = cell && open;
    }
    if (heading || cell) open = 0;
    at += line.length + 1;
  }
  for (const { list, heading, number, cell, from, end, first, head, code } of blocks) {
    if (first) {
      box.append(h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, table = h("table")));
      if (columns[0] != null) table.append(h("caption", { class: "soft" }, repeated), h("tr", {}, ...columns.map((name) => h(name ? "th" : "td", {}, name))));
      columns = [];
    }
    if (code) {
      box.append(fill(h("pre", { dir: "ltr" }), 0, 0));
      for (const line of code) {
        put(...line);
        to.append("\n");
      }
    } else if (cell) table.append(cells(head ? "th" : "td", from, end));
    else {
      const element = fill(h(list ? "li" : "p", { class: heading && "head", value: number }), from, end);
      if (!list) box.append(element);
      else (box.lastChild?.localName === list ? box.lastChild : box.appendChild(h(list))).append(element);
    }
  }
  return box;
};

// What a row says before it is opened: what answers, never the head of a table alone.
const lead = (whole) => {
  const mark = [...whole.querySelectorAll("mark")].find((one) => !one.closest("th"));
  const found = mark?.closest("td") ? mark.closest("tr") : mark
    || [...whole.querySelectorAll("p:not(.head),li,tr")].find((one) => !one.querySelector("th")) || whole;
  if (!found.cells) return found.textContent.slice(0, 240);
  const names = [...found.closest("table").rows[0].cells].filter(({ localName }) => localName === "th");
  const named = ({ textContent }, n) => textContent && names.length === found.cells.length ? `${names[n].textContent}: ${textContent}` : textContent;
  return [...found.cells].map(named).filter(Boolean).join(" — ").slice(0, 240);
};

// What is marked, of a table its whole rows; where nothing is, all.
const quote = (whole) => {
  const marked = new Set([...whole.querySelectorAll("mark")].map((mark) => mark.closest("tr") || mark.parentNode));
  return [...marked].map(({ cells, childNodes }) => cells ? [...cells].map((cell) => cell.textContent).join(" | ")
    : [...childNodes].map((part) => part.data?.trim() ? " … " : part.textContent).join("").split(/(?: … )+/).filter(Boolean).join(" … "))
    .join("\n").trim() || whole.innerText.trim();
};

return class {
  #turns = [];
  #stops = new Set();
  #words = {};
  #site = {};
  #hello = h("div", { class: "turn" });
  #note = h("p", { role: "status" });
  #told = h("p", { class: "unseen", role: "status" });
  #options = h("ul", { id: "options", role: "listbox", hidden: "" });
  #chosen = -1;
  #tries = 0;
  #engine; #widget; #core; #panel; #log; #input; #full; #wider; #last; #long; #said; #typing; #gone;

  constructor(widget, core) {
    this.#widget = widget;
    this.#core = core;
    core.root.getRootNode().adoptedStyleSheets.push(SHEET);
  }

  // The catalogues know a text by the English one.
  #t(text, ...values) {
    return (this.#words[text] || text).replace(/\{(\d)\}/g, (_, n) => values[n]);
  }

  #named(element, name, text) {
    element.title = element.ariaLabel = this.#t(text) + (element.target ? ` (${this.#t("New tab")})` : "");
    element.replaceChildren(sign(name));
    return element;
  }

  #elsewhere(href, look, ...children) {
    return h("a", { href, class: look, target: "_blank", rel: "noopener" }, ...children,
      h("span", { class: "unseen" }, ` (${this.#t("New tab")})`));
  }

  // For who has it read out: the words of the articles keep their language among those of the page.
  #speak(within) {
    const { lang } = this.#core.root, theirs = this.#site.articles_language || lang;
    const asked = this.#data.starters == null ? "" : ".turn~* ";
    for (const [which, tongue] of [[`blockquote,h4[dir],h4+p,.short span,.row,${asked}.chip span`, theirs], ["caption,.tag,.unseen", lang]]) {
      within.querySelectorAll(which).forEach((one) => { one.lang = tongue; });
    }
  }

  get #data() {
    return this.#widget.dataset;
  }

  // Whether there is no server, only the files of an export.
  get #static() {
    return "static" in this.#data;
  }

  get #gradio() {
    return this.#data.mode === "gradio" && !this.#static;
  }

  get #chat() {
    const { language = "", theme = "", color } = this.#data;
    return this.#static ? `${this.#widget.home}search.html` : `${this.#widget.home}chat/?${new URLSearchParams({ site: origin, lang: language, theme,
      color: color ? this.#core.colour() : "" })}`;
  }

  async furnish() {
    const { logo, privacy, header } = this.#data, widget = this.#widget, language = this.#said = this.#core.language();
    const gradio = this.#gradio, before = this.#panel, title = widget.label, away = web(privacy || "", document.baseURI);
    this.#words = language !== "en" && LANGUAGES[language] ? await this.#call(`widget/${language}.json`).catch(() => ({})) : {};
    // An answer is too long to be read out whole: what is said of it is in the status line.
    this.#log ||= h("div", { class: "log", role: "log", "aria-live": "off", tabindex: 0,
      blur: () => this.#log.classList.remove("quiet") }, this.#hello);
    this.#log.ariaLabel = this.#t("Conversation");
    this.#input ||= gradio ? h("iframe", { src: this.#chat, title, name: widget.key }) : h("textarea", { rows: 1, dir: "auto",
      enterkeyhint: "send", autocomplete: "off", "aria-haspopup": "listbox", "aria-controls": "options", "aria-autocomplete": "list",
      input: this.#grow, keydown: this.#typed, blur: () => this.#offer([]) });
    if (!gradio) {
      this.#input.ariaLabel = this.#input.placeholder = this.#t("Your question");
      this.#options.ariaLabel = this.#t("Questions the articles answer");
      this.#count();
    }
    this.#full = this.#named(h("a", { href: this.#chat, target: "_blank", rel: "noopener" }), "full", "Open the full chat");
    this.#full.hidden = !widget.bubble && web(".", location) === this.#chat.replace(/[^/]*$/, ""); // it is what this page is
    this.#wider = widget.bubble && button("", () => this.#core.widen());
    this.#panel = h("div", { class: `panel ${header || ""}`, role: widget.bubble && "dialog", "aria-label": widget.bubble && title },
      h("header", {}, ...picture(logo, widget.home), h("h2", {}, title),
        !gradio && this.#named(button("", () => this.clear(true)), "clear", "Delete this conversation"),
        this.#wider, this.#full,
        widget.bubble && this.#named(button("", () => widget.close()), "close", "Close")),
      ...gradio ? [this.#input] : [this.#log,
        h("form", {}, this.#options, this.#input, this.#named(button("", () => this.#send()), "send", "Ask")),
        h("div", { class: "note soft" }, this.#note, this.#told,
          privacy && away && this.#elsewhere(away, "", this.#t("Privacy")))]);
    this.#greet();
    if (!before) {
      this.#turns = this.#core.stored();
      this.#log.append(...this.#turns.map(({ question, answer }) => this.#filled(this.#turn(question), answer)));
    }
    this.#carry();
    before?.remove();
    this.#core.root.prepend(this.#panel);
    if (!before && this.#turns[0]) this.#up(this.#log.lastChild);
    if (before || gradio) return;
    this.#call("api/site").then((site) => this.#greet(site), (error) => this.#why(error));
  }

  // After each change of the tag, the page or the window.
  dressed(modal) {
    const { bubble, opened } = this.#widget;
    if (this.#said !== this.#core.language() && !this.#gradio) this.furnish().then(() => this.dressed(modal));
    if (!bubble) return;
    if (!opened) this.#gone?.remove();
    Object.assign(this.#panel, { hidden: !opened, ariaModal: modal });
    this.#named(this.#wider, "widen", this.#core.wide() ? "Make smaller" : "Enlarge").hidden = modal;
  }

  #greet(site = this.#site) {
    this.#site = site;
    const { greeting, starters, logo } = this.#data, code = site.articles_language;
    const own = this.#core.root.lang, foreign = code && code.split("-")[0] !== own;
    this.#hello.replaceChildren(...[h("div", { class: "hello" }, ...picture(logo, this.#widget.home),
      h("p", { dir: "auto" }, greeting || site.greeting || this.#t("Hello! Ask about work and careers."))),
      foreign && soft(this.#t("The articles are in {0}; questions work best in {0}, too.",
        new Intl.DisplayNames(own, { type: "language" }).of(code.split("-")[0])))].filter(Boolean),
      ...this.#chips("", starters == null ? site.starters || [] : starters.split("|")));
    this.#speak(this.#log);
  }

  #chips(label, texts, look = "", literal) {
    return texts[0] ? [h("div", { class: "chips" + look, role: "group", "aria-label": label || null }, label && soft(label),
      ...texts.map((text) => button("chip", () => this.#widget.ask(text, literal), h("span", { dir: "auto" }, text))))] : [];
  }

  // On a phone the keyboard would cover what there is to read. No frame is drawn but for who came with the Tab key.
  focus() {
    const log = PHONE.matches && this.#log.isConnected;
    if (log) this.#log.classList.add("quiet");
    (log ? this.#log : this.#input).focus({ preventScroll: true });
  }

  halt() {
    this.#stops.forEach((stop) => stop.abort("gone"));
  }

  // The button stands beside others and can be pressed by mistake: until the next question, or until who sits there next
  // opens the panel, it can be taken back. What a page clears is gone.
  clear(mistaken) {
    const turns = this.#turns, before = [...this.#log.children];
    const show = (some, ...shown) => {
      this.#turns = some;
      this.#keep();
      this.#log.replaceChildren(...shown);
      this.#widget.focus();
    };
    this.halt();
    this.#gone = mistaken && turns[0] && soft(this.#told.textContent = this.#t("Deleted."), " ", button("act", () => show(turns, ...before), this.#t("Undo")));
    show([], this.#gone || "", this.#hello);
  }

  #keep() {
    this.#core.store((store, key) => this.#turns[0] ? store.setItem(key, json([Date.now(), this.#turns])) : store.removeItem(key));
    this.#carry();
  }

  // The full chat goes on with what was asked here.
  #carry() {
    const { topics } = this.#data, filters = topics ? { topics: topics.split("|") } : {};
    const steps = this.#turns.map(({ question, literal }) => ({ kind: literal ? "literal" : "ask", value: question, filters }));
    this.#full.hash = steps[0] ? new URLSearchParams({ talk: json({ steps, earlier: false }) }) : "";
  }

  #grow = () => {
    const { style } = this.#input, text = this.#input.value.trim();
    style.height = "auto";
    style.height = `${this.#input.scrollHeight}px`;
    this.#count();
    clearTimeout(this.#typing);
    // Those of all articles may be none that this widget answers.
    if (text.length < 2 || text.length > 200 || this.#data.topics) this.#offer([]);
    else this.#typing = setTimeout(() => this.#suggest(text), PAUSE);
  };

  async #suggest(text) {
    try {
      const { suggestions } = await this.#call("api/suggest", { q: text, n: 5 });
      if (this.#input.value.trim() === text && this.#input.matches(":focus")) this.#offer(suggestions.filter((one) => one !== text));
    } catch { /* without suggestions a question is typed to its end */ }
  }

  #offer(questions) {
    clearTimeout(this.#typing);
    this.#options.replaceChildren(...questions.map((question, n) => h("li", { id: `option-${n}`, role: "option", dir: "auto", lang: this.#site.articles_language,
      mousedown: (event) => event.preventDefault(), click: () => this.#send(question) }, question)));
    this.#options.hidden = !questions[0];
    this.#choose(-1);
    if (questions[0]) this.#told.textContent = this.#t("Suggestions: {0}. Use the arrow keys.", questions.length);
  }

  #choose(place) {
    const all = [...this.#options.children], one = all[this.#chosen = place];
    all.forEach((option) => option.setAttribute("aria-selected", option === one));
    one ? this.#input.setAttribute("aria-activedescendant", one.id) : this.#input.removeAttribute("aria-activedescendant");
    if (one) this.#options.scrollTop = one.offsetTop - 60;
  }

  // Nothing is cut off: what is too long stays, to be shortened.
  #count() {
    const { length } = [...this.#input.value.trim()];
    this.#long = length > 1000;
    this.#note.className = this.#long ? "say" : "";
    this.#note.textContent = this.#long ? this.#t("{0} characters; at most 1000 can be sent. Please shorten the text.", length)
      : this.#t("Quoted word for word. Nothing is generated.");
  }

  #typed = (event) => {
    const { key } = event, { length } = this.#options.children, step = { ArrowDown: 1, ArrowUp: -1 }[key];
    // Safari reports 229 for the Enter that ends a composition.
    if (event.isComposing || event.keyCode === 229) return;
    // One place more than there are questions: the text as it was typed.
    if (length && step) this.#choose((this.#chosen + 1 + step + length + 1) % (length + 1) - 1);
    else if (length && key === "Escape") {
      this.#offer([]);
      event.stopPropagation();
    } else if (key === "Enter" && !event.shiftKey) this.#send(this.#options.children[this.#chosen]?.textContent);
    else return;
    event.preventDefault();
  };

  #send(text = this.#input.value) {
    if (this.#long) return;
    this.#input.value = "";
    this.#grow();
    this.#widget.ask(text);
  }

  // The page that is read, without what may be secret in its address.
  get #page() {
    const said = this.#data.page ?? (document.querySelector("link[rel=canonical]")?.href || location.origin + location.pathname);
    return said && (web(said, document.baseURI) || "").slice(0, 2000);
  }

  // `mended` is the turn whose reading was not meant: it is answered anew in its place, from the line that said so.
  async ask(question, literal, mended) {
    const stop = new AbortController(), before = this.#last, words = h("span", {}, this.#t("Searching …"));
    const wait = soft(h("i"), words, button("act", () => stop.abort("cancelled"), this.#t("Cancel")));
    const turn = mended?.turn || this.#turn(question, wait), { topics } = this.#data;
    const timers = [setTimeout(() => words.textContent = this.#t("Still searching …"), SLOW),
      setTimeout(() => stop.abort("late"), TIMEOUT)];
    let done;
    // Questions are answered in the order in which they were asked.
    this.#last = new Promise((go) => done = go);
    this.#stops.add(stop);
    if (mended) {
      mended.line.replaceWith(wait);
      this.#widget.focus(); // what was pressed is gone
    } else this.#log.append(turn);
    this.#gone?.remove();
    this.#up(turn);
    this.#told.textContent = this.#t("Searching …");
    this.#core.emit("question", { question });
    try {
      await Promise.race([before, new Promise((_, no) => stop.signal.onabort = () => no(stop.signal.reason))]);
      const turns = this.#turns, place = turns.findIndex(({ answer }) => answer === mended?.answer);
      const earlier = place < 0 ? turns : turns.slice(0, place);
      const history = earlier.map(({ answer: { question, searched_as, hits } }) =>
        ({ question, searched_as, shown: hits.map((hit) => hit.passage.id) }));
      // The server takes 64 KB, which letters of three bytes fill with fewer questions.
      while (new Blob([json(history)]).size > 48e3) history.shift();
      const answer = await this.#call("api/ask", { question, literal, page: this.#page,
        filters: { topics: topics ? topics.split("|") : [] }, history }, stop.signal);
      this.#turns = [...earlier, { question, literal, answer }, ...turns.slice(earlier.length + 1)].slice(-20);
      this.#keep();
      this.#filled(turn, answer);
      const { in_short: [first] = [], message } = answer;
      this.#told.textContent = [first ? prose(first.text).textContent : this.#t(message), this.#counted(answer)].filter(Boolean).join(" · ");
      this.#core.emit("answer", { question, answer });
      return answer;
    } catch (error) {
      const why = this.#told.textContent = this.#why(error), line = h("div", {}, h("p", { class: "say" }, why));
      const again = line.appendChild(button("act", () => {
        if (mended) return this.ask(question, literal, { ...mended, line });
        turn.remove();
        this.#widget.ask(question, literal);
      }, this.#t("Try again")));
      wait.replaceWith(line);
      if (error === "cancelled") again.focus();
      this.#core.emit("error", { question, reason: error.detail || String(error) });
    } finally {
      timers.forEach(clearTimeout);
      this.#stops.delete(stop);
      done(before);
      this.#up(mended ? turn : this.#log.lastChild);
    }
  }

  // The engine comes with the first question to it; where it does not come, the next one tries again.
  #opened(home) {
    return this.#engine ||= (async () => {
      try {
        const { engine } = await (await fetch(home + "manifest.json", { cache: "no-cache" })).json();
        return await (await import(home + engine + (this.#tries ? `?try=${this.#tries}` : ""))).default(home);
      } catch (error) {
        this.#tries += 1;
        this.#engine = null;
        throw error;
      }
    })();
  }

  async #asked(name, body) {
    const engine = await this.#opened(this.#widget.home);
    return name === "suggest" ? { suggestions: await engine.suggest(body.q, body.n) } : engine[name](body);
  }

  async #call(path, body, signal) {
    const [, name] = this.#static && /^api\/(ask|suggest|site)$/.exec(path) || [];
    if (name) return Promise.race([this.#asked(name, body), new Promise((_, no) => signal?.addEventListener("abort", () => no(signal.reason)))]);
    const response = await fetch(this.#static && body ? this.#data.feedback : this.#widget.home + path, body && { method: "POST", signal,
      headers: { "Content-Type": "application/json" }, body: json(body) });
    const told = await response.json().catch(() => ({}));
    if (!response.ok) throw { ...told, status: response.status, wait: response.headers.get("Retry-After") || 60 };
    return told;
  }

  #why(error) {
    const { status, detail, wait } = error;
    if (status === 403) console.error(`career-chatbot: ${detail}`);
    return this.#t(error === "late" ? "The chatbot takes too long."
      : typeof error === "string" ? "Cancelled."
      : status === 403 ? "The chatbot is not available on this page."
      : status === 429 ? "Too many questions. Try again in {0} seconds."
      : status === 422 ? detail
      : status === 503 ? "The chatbot cannot answer at the moment; please try again soon."
      : status ? "The chatbot has a problem."
      : navigator.onLine ? "The chatbot cannot be reached." : "You are offline.", wait);
  }

  // scrollIntoView would move the page, too.
  #up(turn) {
    this.#log.scrollTop = turn.offsetTop - 12;
  }

  #turn(question, wait) {
    return h("div", { class: "turn" }, h("p", { class: "asked" }, h("span", { dir: "auto" }, question)), wait);
  }

  #filled(turn, answer) {
    turn.replaceChildren(turn.firstChild, ...this.#found(answer, turn));
    this.#speak(turn);
    return turn;
  }

  // What the question was completed from or mended to, and the way back.
  #reading(answer, turn) {
    const { question, searched_as, follows, hits } = answer;
    // What is not covered is so however it was read.
    const line = searched_as !== question && (hits[0] || !follows) && soft(this.#t(follows ? "Understood as a follow-up to" : "Searched for"), " ",
      h("q", { dir: "auto" }, follows || searched_as), " · ", button("act", () => this.ask(question, true, { turn, answer, line }),
        this.#t(follows ? "Ask on its own" : "Search for exactly what I wrote")));
    return line;
  }

  #counted({ hits }) {
    const articles = new Set(hits.map((hit) => hit.passage.article_id)).size;
    return hits[0] && this.#t(articles > 1 ? "{0} passages from {1} articles"
      : hits[1] ? "{0} passages from an article" : "One passage", hits.length, articles);
  }

  #found(answer, turn) {
    const { question, hits, verdict, notice, message, message_language: tongue, topics, follow_ups, in_short = [], contact, comparison } = answer;
    const [said, ...lines] = message.split("\n"), cards = {};
    const show = (rank) => {
      cards[rank].open = true;
      this.#up(cards[rank]);
      cards[rank].querySelector("summary,a,button").focus({ preventScroll: true });
    };
    const whole = (hit) => cards[hit.rank] = this.#card(hit);
    // A row for each passage, under its article's title, which the passage `above` has said already.
    const listed = (some, above) => {
      const groups = new Map();
      for (const hit of some) {
        const id = hit.passage.article_id;
        groups.set(id, [...groups.get(id) || [], hit]);
      }
      const blocks = [...groups].map(([id, group]) => h("article", { class: "group" },
        ...above && id === above.passage.article_id ? [h("h4", {}, this.#t("More from this article"))] : this.#heading(group[0]),
        ...group.map((hit) => cards[hit.rank] = this.#row(hit))));
      return blocks[0] && h("div", { class: "card others" }, ...blocks);
    };
    // What a question compares stands under its name, where two sides have passages of their own.
    let sides = comparison?.sides.filter(({ ranks }) => ranks[0]) || [];
    if (!sides[1]) sides = [];
    const beside = sides.flatMap(({ ranks }) => ranks), own = ({ rank }) => beside.includes(rank), [first, ...rest] = hits;
    const passages = [
      first && !own(first) && whole(first),
      ...sides.flatMap(({ label, ranks: [one, ...more] }) => [h("h3", { dir: "auto" }, label), one === 1 && whole(first),
        listed((one === 1 ? more : [one, ...more]).map((rank) => hits[rank - 1]), one === 1 && first)]),
      listed(rest.filter((hit) => !own(hit)), !sides[0] && first)];
    return [
      this.#reading(answer, turn),
      said && h("p", { class: `say ${notice === "small_talk" ? "hi" : ""}`, dir: "auto", lang: tongue !== "en" && tongue }, this.#t(said)),
      ...lines.map((line) => h("p", { class: "say", dir: "auto" },
        ...line.split(/(https?:\/\/[^\s<>()]+)/).map((part, n) => n % 2 ? this.#elsewhere(part, "", part) : part))),
      in_short[0] && h("div", { class: "short" }, h("h3", { class: "soft" }, this.#t("In short")),
        ...in_short.map(({ rank, text }) => h("p", { dir: "auto" }, h("span", {}, prose(text).textContent), " ", cards[rank]
          && h("button", { type: "button", class: "cite", click: () => show(rank), "aria-label": this.#t("Passage {0}", rank) }, `${rank}`)))),
      hits[0] && h("h3", { class: "soft" }, this.#counted(answer)),
      ...passages,
      hits[0] && this.#heard && (answer.told ? this.#thanks : this.#feedback(answer)),
      (contact || verdict !== "answered" && notice !== "small_talk") && this.#person(contact, question),
      notice === "not_covered" && this.#heard && (answer.told ? this.#thanks : this.#lacking(answer)),
      ...verdict === "answered" ? [] : this.#chips(this.#t("Topics"), topics, hits[0] && " strip", true),
      ...this.#chips(this.#t("Ask next"), follow_ups, " strip"),
    ].filter(Boolean);
  }

  // Whom to ask instead: people of the tag, else those of the chatbot. A mail to them begins with the question.
  #person(contact, question) {
    contact = this.#data.contact ?? contact;
    const [, scheme, name] = /^(https?|mailto|tel):([^?]*)/.exec(contact) || [];
    return scheme && h("p", { class: "person" }, this.#t("Ask a person:"), " ", this.#elsewhere(scheme === "mailto"
      ? `${contact}${contact.includes("?") ? "&" : "?"}subject=${encodeURIComponent(question)}` : contact, "", scheme[0] === "h" ? contact : name));
  }

  // The article, or a name within it, as a link to the passage, and whether it is the one of the page.
  #heading({ passage, why }, rank, name = passage.title) {
    const link = place(passage, this.#widget.home);
    return [h("h4", { dir: "auto" }, rank, rank && " ", link ? this.#elsewhere(link, "", name) : name,
      why?.on_page && " ", why?.on_page && h("span", { class: "tag" }, this.#t("On this page")))];
  }

  #whole({ passage: { text, columns }, highlights }) {
    return prose(text, highlights, columns, this.#t("Table"), this.#t("Columns repeated from above"));
  }

  // What "in short" calls a passage.
  #rank({ rank }) {
    return h("span", { class: "rank", role: "img", "aria-label": this.#t("Passage {0}", rank) }, `${rank}`);
  }

  #card(hit) {
    const { title, headings } = hit.passage, whole = this.#whole(hit);
    return h("article", { class: "card" }, ...this.#heading(hit, this.#rank(hit), headings.at(-1)),
      headings[0] && soft([title, ...headings].slice(0, -1).join(" › ")), whole, ...this.#foot(hit, whole));
  }

  #row(hit) {
    const { headings } = hit.passage, whole = this.#whole(hit);
    return h("details", {}, h("summary", {}, this.#rank(hit), h("span", { class: "row", dir: "auto" }, headings[0] && h("b", {}, headings.at(-1)),
      h("span", { class: "lead" }, lead(whole)))), whole, ...this.#foot(hit, whole));
  }

  #foot({ passage }, whole) {
    const { title, headings, url, updated, review_by, country } = passage, link = place(passage, this.#widget.home);
    const due = Date.parse(review_by) < Date.now(); // never where there is no such day
    const copy = button("act", async () => {
      await this.#copy(`“${quote(whole)}”\n— ${[title, ...headings].join(" › ")}\n${reached(url.replace(/#?:~:.*/, ""), this.#widget.home) || ""}`);
      copy.textContent = this.#t("Copied");
    }, this.#t("Copy"));
    return [h("div", { class: "foot" }, link && this.#elsewhere(link, "act", this.#t("Read the article")), copy,
      soft([(due || Date.parse(updated) < Date.now() - YEAR) && updated && this.#t("Updated {0}", new Date(updated).toLocaleDateString(this.#core.root.lang, { dateStyle: "long", timeZone: "UTC" })),
        due && this.#t("May be out of date"), country].filter(Boolean).join(" · ")))];
  }

  // Browsers offer the clipboard on https only.
  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const back = this.#panel.getRootNode().activeElement, area = this.#panel.appendChild(h("textarea", { class: "unseen" }));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
      back?.focus({ preventScroll: true });
    }
  }

  // The editors are told; what stood in the box makes way for a word of thanks, or stays below why it could not be sent.
  async #tell(box, answer, rating, ...reasons) {
    const { question } = answer, thanks = this.#thanks;
    try {
      await this.#call("api/feedback", { question, passage_id: null, rating, reasons, note: "" });
      answer.told = 1; // once, also after the page is loaded again
      this.#keep();
      thanks.tabIndex = -1;
      box.replaceChildren(thanks);
      thanks.focus({ preventScroll: true });
      this.#core.emit("feedback", { question, rating, reasons });
    } catch (error) {
      box.querySelector(".say")?.remove();
      box.append(h("p", { class: "say" }, this.#why(error)));
    }
  }

  // Whether somebody can be told: the server or, where there is none, whom the tag names.
  get #heard() {
    return !this.#static || this.#data.feedback;
  }

  get #thanks() {
    return soft(this.#t("Thank you."));
  }

  #lacking(answer) {
    const box = h("div", { class: "chips" });
    box.append(button("chip", () => this.#tell(box, answer, "unhelpful", "incomplete"), this.#t("Tell the editors what is missing")));
    return box;
  }

  #feedback(answer) {
    const label = this.#t("Did this help?"), box = h("div", { class: "chips", role: "group", "aria-label": label });
    const ask = () => {
      box.replaceChildren(soft(this.#t("What is wrong?")), ...REASONS.map((reason) =>
        button("chip", () => this.#tell(box, answer, "unhelpful", reason.toLowerCase().replace(/ /g, "_")), this.#t(reason))));
      // What was pressed is gone.
      box.querySelector("button").focus();
      if (!box.parentNode.querySelector(".person")) box.after(this.#person(this.#site.contact, answer.question) || "");
    };
    box.append(h("span", { class: "soft" }, label), this.#named(button("", () => this.#tell(box, answer, "helpful")), "yes", "Yes"),
      this.#named(button("", ask), "no", "No"));
    return box;
  }
};
};
