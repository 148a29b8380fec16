/* The career chatbot on any web page: docs/widget.md. Texts are inserted as text and styles go through the CSSOM, so that
   a page may forbid inline ones. */
(() => {
"use strict";
const NAME = "career-chatbot";
const TAG = document.currentScript || document.querySelector('script[src*="/widget.js"]');
const HOME = new URL(".", TAG?.src || document.baseURI).href;
const PHONE = matchMedia("(max-width:540px),(max-height:420px)");
const LOOKS = ["data-theme", "data-bs-theme", "data-md-color-scheme", "class", "style", "lang"];
const SHADE = /(?<!\S)(?:theme-|is-)?(dark|light|slate)(?:-mode|-theme)?(?!\S)/i;
const NIGHT = matchMedia("(prefers-color-scheme:dark)");
const SLOW = 4e3, TIMEOUT = 3e4;
// What the launcher says in each language, and which way it is written: the server puts it here from its catalogues.
// The other words come with the first click.
const LANGUAGES = $LANGUAGES;
const REASONS = ["Off topic", "Outdated", "Incomplete", "Wrong", "Hard to read", "Other"];
const ICONS = {
  chat: "M4 4h16v12H10l-5 4v-4H4zM8 9h8M8 12h5",
  close: "M6 6l12 12M18 6L6 18",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  full: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  send: "M5 12h13M12 6l6 6-6 6",
  yes: "M7 11v9H4v-9zl4-8c2 0 3 1 3 3l-1 4h6c2 0 1 3 1 4l-2 6H7",
  no: "M7 13V4H4v9zl4 8c2 0 3-1 3-3l-1-4h6c2 0 1-3 1-4l-2-6H7",
};

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
:host{display:block!important}
:host([data-bubble]){all:initial!important;position:fixed!important;z-index:2147483647!important}
@media print{:host([data-bubble]){display:none!important}}
.root{all:initial;display:block;height:var(--h);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);
--paper:#faf9f7;--card:#fff;--ink:#1c2024;--soft:#565d66;--line:#e4e1db;--mark:#fdeeb0}
.dark{--paper:#14171a;--card:#1c2024;--ink:#e8eaec;--soft:#a5acb4;--line:#30363c;--mark:#5a4a12;color-scheme:dark}
*{box-sizing:border-box}
[hidden]{display:none!important}
h2,h3,h4,p,ul,ol,blockquote{margin:0;padding:0;font:inherit}
button,a,textarea{font:inherit;color:inherit}
button,header a,.act{display:inline-flex;align-items:center;justify-content:center;gap:6px;min-width:44px;min-height:44px;padding:0 10px;border:1px solid transparent;border-radius:10px;background:none;text-align:start;text-decoration:none;cursor:pointer}
:focus-visible{outline:2px solid var(--text);outline-offset:2px}
svg{flex:none;width:22px;height:22px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.launcher{position:fixed;min-height:56px;padding:0 20px 0 16px;border-radius:28px;background:var(--accent);color:var(--on);font-weight:600;box-shadow:0 0 0 1px #fff6,0 4px 16px #0004}
.open .launcher{width:56px;padding:0}
.open .launcher span{display:none}
.panel{display:flex;flex-direction:column;height:100%;overflow:hidden;border:1px solid var(--line);border-radius:16px;background:var(--paper)}
.bubble .panel{position:fixed;width:min(var(--w),100vw - 2*var(--x));height:min(var(--h),100dvh - 80px - 2*var(--y));box-shadow:0 12px 48px #0003}
.bottom .launcher{bottom:calc(var(--y) + env(safe-area-inset-bottom))}
.bottom .panel{bottom:calc(var(--y) + 68px + env(safe-area-inset-bottom))}
.top .launcher{top:var(--y)}
.top .panel{top:calc(var(--y) + 68px)}
.left>*{left:var(--x)}
.right>*{right:var(--x)}
.phone .panel{inset:var(--vt) 0 auto;width:100%;height:var(--vh);border:0;border-radius:0;padding:env(safe-area-inset-top) env(safe-area-inset-left) env(safe-area-inset-bottom)}
.phone .launcher{display:none}
header{display:flex;align-items:center;padding:6px;padding-inline-start:16px;border-bottom:1px solid var(--line);background:var(--card)}
h2{flex:1;min-width:0;font-size:16px;overflow:hidden;text-overflow:ellipsis}
h2,h3,h4,.head{font-weight:600}
header :is(a,button),.soft{color:var(--soft)}
.soft{font-size:13.5px}
.log{position:relative;flex:1;min-height:0;padding:16px;overflow:auto;overscroll-behavior:contain;overflow-wrap:anywhere;outline-offset:-2px!important}
:is(.log,.turn)>*+*{margin-top:12px}
:is(.card,blockquote)>*+*{margin-top:8px}
iframe{flex:1;border:0}
.asked{width:fit-content;max-width:88%;margin-inline-start:auto;padding:9px 14px;border-radius:16px;border-end-end-radius:3px;background:var(--accent);color:var(--on)}
.card{padding:14px 16px 4px;border:1px solid var(--line);border-radius:14px;background:var(--card)}
h4 a{text-decoration:none}
h4+p{margin-top:0}
:is(ul,ol){padding-inline-start:22px}
mark{padding:1px 0;background:var(--mark);color:inherit}
.act{margin-inline:-10px 18px;color:var(--text);font-size:14px;font-weight:600}
.say{padding:10px 14px;border-radius:10px;background:var(--mark)}
.chips{display:flex;flex-wrap:wrap;align-items:center;gap:8px}
.chips p{flex-basis:100%}
.chip{padding:6px 14px;border-color:var(--line);border-radius:22px;background:var(--card)}
.chip:hover{border-color:var(--text)}
.act:hover,h4 a:hover{text-decoration:underline}
form{display:flex;align-items:end;gap:6px;margin:4px 12px 0;padding:4px;border:1px solid var(--soft);border-radius:14px;background:var(--card)}
form:focus-within{border-color:var(--text);box-shadow:0 0 0 1px var(--text)}
textarea{flex:1;min-width:0;max-height:132px;padding:10px;border:0;outline:0!important;background:none;font-size:16px;line-height:24px;resize:none}
textarea::placeholder{color:var(--soft);opacity:1}
textarea:placeholder-shown{direction:inherit}
form button{background:var(--accent);color:var(--on)}
.note{padding:6px 12px 8px;font-size:12.5px;text-align:center}
i{display:inline-block;width:14px;height:14px;margin-inline-end:8px;border:2px solid var(--soft);border-top-color:transparent;border-radius:50%;vertical-align:-2px}
[dir=rtl] .send{transform:scaleX(-1)}
@media(prefers-reduced-motion:no-preference){
.log{scroll-behavior:smooth}
i{animation:turn 1s linear infinite}
}
@keyframes turn{to{rotate:1turn}}
@media(forced-colors:active){button,.card,.asked,.say{border:1px solid}}`);

const h = (tag, attributes, ...children) => {
  const space = /svg|path/.test(tag) ? "2000/svg" : "1999/xhtml";
  const element = document.createElementNS(`http://www.w3.org/${space}`, tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(Boolean));
  return element;
};
const icon = (name) => h("svg", { viewBox: "0 0 24 24", class: name }, h("path", { d: ICONS[name] }));
const soft = (...children) => h("p", { class: "soft", dir: "auto" }, ...children);
const button = (look, click, ...children) => h("button", { type: "button", class: look, click }, ...children);
const elsewhere = (href, look, ...children) => h("a", { href, class: look, target: "_blank", rel: "noopener" }, ...children);

// JSON.stringify would call the toJSON that old libraries give to every array or object of a page.
const json = (value) => Array.isArray(value) ? "[" + value.map(json) + "]"
  : value && typeof value === "object" ? "{" + Object.entries(value).map(([key, one]) => json(key) + ":" + json(one)) + "}"
  : JSON.stringify(value);

const BLACK = [0, 0, 0], WHITE = [255, 255, 255];
// By WCAG.
const contrast = (...pair) => {
  const [dark, light] = pair.map((colour) => {
    const [r, g, b] = colour.map((c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b + .05;
  }).sort((a, b) => a - b);
  return light / dark;
};

// Links lead to web pages only; the reading page is told what to mark.
const address = ({ url, id }, home) => {
  try {
    const found = new URL(url.replace(/^\/articles\//, "articles/"), home);
    if (url[0] === "/") found.searchParams.set("passage", id);
    return /^https?:$/.test(found.protocol) && found.href;
  } catch {
    return null;
  }
};

const INLINE = /\\([!-/:-@[-`{-~])|!?\[([^\]]*)\]\([^()]*\)|(`+|\*{1,3}|~~|(?<!\w)_{1,2})(?=\S)(.*?\S)\3(?!\w)/s;
const BLOCK = /^\s*(?:>\s?)?(?:(#{1,6})\s+|([-*+])\s+|(\d+)[.)]\s+|(\|)|(```|~~~|[|:-]*$))?/;

// Markdown as plain blocks. Highlights count code points of the source, JavaScript counts UTF-16 units.
const prose = (text, highlights) => {
  const points = [...text], units = (n) => points.slice(0, n).join("").length;
  const marks = highlights.map((mark) => [units(mark.start), units(mark.end)]);
  const box = h("blockquote", { dir: "auto" }), blocks = [];
  let at = 0, open, block, last;

  const put = (from, to) => {
    if (from >= to) return;
    const inside = marks.findIndex(([start, end]) => start <= from && from < end);
    const stop = Math.min(to, ...marks.flat().filter((edge) => edge > from));
    let words = text.slice(from, stop).replace(/\s+/g, " ");
    if (block.cell) words = words.replaceAll("|", "·");
    if (inside < 0) block.to.append(words);
    else if (last === inside && block.to.lastChild?.localName === "mark") block.to.lastChild.append(words);
    else block.to.append(h("mark", {}, words));
    last = inside;
    put(stop, to);
  };
  const walk = (from, to) => {
    const found = INLINE.exec(text.slice(from, to));
    if (!found) return put(from, to);
    const [all, escaped, label, fence = "", inner] = found;
    const start = from + found.index, words = escaped ?? label ?? inner, begin = start + (fence.length || all.indexOf(words, 1));
    put(from, start);
    (escaped || fence[0] === "`" ? put : walk)(begin, begin + words.length);
    walk(start + all.length, to);
  };

  for (const line of text.split("\n")) {
    const [prefix, heading, bullet, number, cell, rule] = BLOCK.exec(line), end = at + line.trimEnd().length;
    if (rule != null || /^[\s|:-]*$/.test(line)) open = 0;
    else if (open && !heading && !bullet && !number && !cell) open.end = end;
    else blocks.push(open = { from: at + prefix.length, end, heading, number, cell, list: bullet ? "ul" : number && "ol" });
    if (heading || cell) open = 0;
    at += line.length + 1;
  }
  for (block of blocks) {
    const { list, heading, number, cell, from, end } = block;
    block.to = h(list ? "li" : "p", { class: heading && "head", value: number });
    last = -1;
    walk(from, cell && text[end - 1] === "|" ? end - 1 : end);
    if (!list) box.append(block.to);
    else (box.lastChild?.localName === list ? box.lastChild : box.appendChild(h(list))).append(block.to);
  }
  return box;
};

class Widget extends HTMLElement {
  static observedAttributes = ["color", "theme", "position", "offset", "size"].map((name) => `data-${name}`);

  opened = false;
  #returns = 5;
  #turns = [];
  #stops = new Set();
  #watch = new MutationObserver(() => this.#dress());
  #words = {};
  #site = {};
  #hello = h("div", { class: "turn" });
  #note = h("p", { role: "status" });
  #root; #launcher; #panel; #hex; #log; #input; #ready; #last; #long; #said; #back; #overflow;

  connectedCallback() {
    this.home = this.dataset.host || HOME;
    this.bubble = "bubble" in this.dataset;
    this.label = this.dataset.title || "Career chatbot";
    const { title, topics } = this.dataset;
    this.key ||= [NAME, this.home, this.id, title, topics].join(" ").trim();
    // Two on a page are two conversations.
    while (all().some((other) => other !== this && other.key === this.key)) this.key += "+";
    this.#root || this.#build();
    // In the top layer nothing that the page does to its root moves it.
    if (this.bubble) {
      this.popover = "manual";
      this.showPopover?.();
    }
    this.#listen("addEventListener");
    for (const element of [document.documentElement, document.body]) this.#watch.observe(element, { attributeFilter: LOOKS });
    this.#dress();
    // What has outlived its time goes, opened or not.
    if (this.#keep > 0) this.#stored();
    if (!this.bubble) this.#ready ||= this.#furnish();
    else if ("open" in this.dataset) this.open(false);
    api.push(...waiting.splice(0));
  }

  disconnectedCallback() {
    this.#halt();
    this.#listen("removeEventListener");
    this.#watch.disconnect();
    // A page that hydrates its whole document, as React does, takes away what it does not know, and the document with it.
    setTimeout(() => {
      if (this.isConnected) return;
      if (this.bubble && this.#returns-- > 0) document.documentElement.append(this);
      else this.close(false);
    });
  }

  #halt() {
    this.#stops.forEach((stop) => stop.abort("gone"));
  }

  attributeChangedCallback() {
    if (this.#root) this.#dress();
  }

  #listen(verb) {
    for (const list of [PHONE, NIGHT]) list[verb]("change", this.#dress);
    for (const type of ["resize", "scroll"]) window.visualViewport?.[verb](type, this.#dress);
  }

  get #language() {
    return (this.dataset.language || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
  }

  // By what the tag says, else the page with the attributes and colours of theme switches, else the visitor's system.
  get #dark() {
    const said = [this, document.documentElement, document.body].flatMap((element) =>
      LOOKS.map((name) => element.getAttribute(name)));
    said.push(getComputedStyle(document.body).colorScheme.replace("light dark", ""));
    const shade = SHADE.exec(said.join(" "));
    return shade ? shade[1] !== "light" : NIGHT.matches;
  }

  get #keep() {
    return parseFloat(this.dataset.keep);
  }

  // The catalogues know a text by the English one.
  #t(text, ...values) {
    return (this.#words[text] || text).replace(/\{(\d)\}/g, (_, n) => values[n]);
  }

  #named(element, name, text) {
    element.title = element.ariaLabel = this.#t(text);
    element.append(icon(name));
    return element;
  }

  #build() {
    const shadow = this.attachShadow({ mode: "open" }), root = this.#root = h("section", { "aria-label": this.label });
    shadow.adoptedStyleSheets = [SHEET];
    shadow.append(root);
    // What is typed is no shortcut of the page.
    for (const type of ["keydown", "keypress", "keyup"]) {
      root.addEventListener(type, (event) => {
        if (type === "keydown" && event.key === "Escape" && !event.isComposing) this.close();
        event.stopPropagation();
      });
    }
    if (!this.bubble) return;
    root.append(this.#launcher = h("button", { type: "button", class: "launcher",
      "aria-haspopup": "dialog", click: () => this.toggle() }, icon("chat"), h("span")));
  }

  async #furnish() {
    const { mode, greeting, starters, theme, color } = this.dataset, language = this.#said = this.#language, title = this.label;
    const chat = `${this.home}chat/?${new URLSearchParams({ site: origin, lang: this.dataset.language || "",
      theme: theme || "", color: color ? this.#hex : "" })}`;
    this.#words = language !== "en" && LANGUAGES[language] ? await this.#call(`widget/${language}.json`).catch(() => ({})) : {};
    const gradio = mode === "gradio", before = this.#panel;
    this.#log ||= h("div", { class: "log", role: "log", tabindex: 0 }, this.#hello);
    this.#log.ariaLabel = this.#t("Conversation");
    this.#input ||= gradio ? h("iframe", { src: chat, title, name: this.key }) : h("textarea", { rows: 1,
      dir: "auto", enterkeyhint: "send", input: this.#grow, keydown: this.#typed });
    if (!gradio) {
      this.#input.ariaLabel = this.#input.placeholder = this.#t("Your question");
      this.#count();
    }
    this.#panel = h("div", { class: "panel", role: this.bubble && "dialog", "aria-label": this.bubble && title },
      h("header", {}, h("h2", {}, title),
        !gradio && this.#named(button("", () => this.clear()), "clear", "Delete this conversation"),
        this.#named(elsewhere(chat), "full", "Open the full chat"),
        this.bubble && this.#named(button("", () => this.close()), "close", "Close")),
      ...gradio ? [this.#input] : [this.#log,
        h("form", {}, this.#input, this.#named(button("", () => this.#send()), "send", "Ask")),
        this.#note]);
    this.#greet();
    if (!before) {
      this.#turns = this.#stored();
      this.#log.append(...this.#turns.map(({ question, answer }) => this.#turn(question, ...this.#found(answer))));
    }
    before?.remove();
    this.#root.prepend(this.#panel);
    this.#dress();
    if (before || gradio || greeting != null && starters != null) return;
    if (!this.bubble) await new Promise((go) => this.#root.addEventListener("focusin", go, { once: true }));
    this.#call("api/site").then((site) => this.#greet(site), (error) => this.#why(error));
  }

  #greet(site = this.#site) {
    this.#site = site;
    const { greeting, starters } = this.dataset, code = site.articles_language;
    const own = LANGUAGES[this.#language] ? this.#language : "en", foreign = code && code.split("-")[0] !== own;
    this.#hello.replaceChildren(...[h("p", { dir: "auto" }, greeting || site.greeting
      || this.#t("Hello! Ask about work and careers.")),
      foreign && soft(this.#t("The articles are in {0}; questions work best in {0}, too.",
        new Intl.DisplayNames(own, { type: "language" }).of(code.split("-")[0])))].filter(Boolean),
      ...this.#chips("", starters == null ? site.starters || [] : starters.split("|")));
  }

  #chips(label, texts) {
    return texts[0] ? [h("div", { class: "chips", role: "group", "aria-label": label || null }, label && soft(label),
      ...texts.map((text) => button("chip", () => this.ask(text), h("span", { dir: "auto" }, text))))] : [];
  }

  #dress = () => {
    const { color = "", position, offset = "", size = "" } = this.dataset, root = this.#root, language = this.#language;
    const dark = this.#dark;
    if (this.#said && this.#said !== language && this.dataset.mode !== "gradio") this.#furnish();
    // Where there is no catalogue of the page's language, the page itself says which way it is written.
    const dir = LANGUAGES[language]?.[1] || getComputedStyle(document.documentElement).direction, right = dir === "rtl";
    const [x = 20, y = x] = offset.match(/\d+/g) || [], [w = 400, tall = 640] = size.match(/\d+/g) || [];
    const modal = this.opened && PHONE.matches, view = window.visualViewport || {}, page = document.documentElement.style;
    root.lang = language;
    root.dir = dir;
    root.className = ["root", this.bubble && "bubble", dark && "dark", this.opened && "open", modal && "phone",
      ...(position || (right ? "bottom-left" : "bottom-right")).split("-")].join(" ");
    root.style.color = dark ? "#77cdb2" : "#12604e";
    if (color) root.style.color = color; // one that is no colour changes nothing
    const accent = (getComputedStyle(root).color.match(/[\d.]+/g) || BLACK).slice(0, 3).map(Number);
    this.#hex = `#${accent.map((c) => (c | 256).toString(16).slice(1)).join("")}`;
    let text = accent;
    for (let part = .1; contrast(text, dark ? [28, 32, 36] : [250, 249, 247]) < 4.5; part += .1) {
      text = accent.map((c, n) => c + ((dark ? WHITE : BLACK)[n] - c) * part);
    }
    root.style.cssText = `--accent:rgb(${accent});--on:${contrast(accent, WHITE) < 4.5 ? "#000" : "#fff"};--text:rgb(${text});
      --x:${x}px;--y:${y}px;--w:${w}px;--h:${tall}px;--vh:${view.height}px;--vt:${view.offsetTop}px`;
    if (this.bubble) {
      this.#launcher.ariaLabel = this.#launcher.lastChild.textContent = this.dataset.launcherLabel || (LANGUAGES[language] || LANGUAGES.en)[0];
      this.#launcher.ariaExpanded = this.opened;
      Object.assign(this.#panel || {}, { hidden: !this.opened, ariaModal: modal });
    }
    // On a phone the panel covers the page.
    if (modal === (this.#overflow == null)) {
      [this.#overflow, page.overflow] = modal ? [page.overflow, "hidden"] : [null, this.#overflow];
      document.body.inert = modal;
    }
  };

  async open(focus = true) {
    if (this.bubble && !this.opened) {
      this.opened = true;
      this.#back = document.activeElement;
      await (this.#ready ||= this.#furnish());
      this.#dress();
      this.#emit("open");
    }
    if (focus) this.focus();
  }

  close(focus = true) {
    if (!this.opened) return;
    this.opened = false;
    this.#dress();
    if (focus) (this.#back?.isConnected && this.#back !== document.body ? this.#back : this).focus();
    this.#emit("close");
  }

  // On a phone the keyboard would cover what there is to read.
  focus() {
    (this.bubble && !this.opened ? this.#launcher : PHONE.matches && this.#log.isConnected ? this.#log : this.#input)
      .focus({ preventScroll: true });
  }

  toggle() {
    return this.opened ? this.close() : this.open();
  }

  clear() {
    this.#halt();
    this.#turns = [];
    this.#store((store, key) => store.removeItem(key));
    this.#log.replaceChildren(this.#hello);
    this.focus();
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`${NAME}:${name}`, { bubbles: true, composed: true, detail }));
  }

  #grow = () => {
    const { style } = this.#input;
    style.height = "auto";
    style.height = `${this.#input.scrollHeight}px`;
    this.#count();
  };

  // Nothing is cut off: what is too long stays, to be shortened.
  #count() {
    const { length } = [...this.#input.value.trim()];
    this.#long = length > 1000;
    this.#note.className = this.#long ? "note say" : "note soft";
    this.#note.textContent = this.#long ? this.#t("{0} characters; at most 1000 can be sent. Please shorten the text.", length)
      : this.#t("Quoted word for word. Nothing is generated.");
  }

  #typed = (event) => {
    // Safari reports 229 for the Enter that ends a composition.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#send();
  };

  #send() {
    const text = this.#input.value;
    if (this.#long) return;
    this.#input.value = "";
    this.#grow();
    this.ask(text);
  }

  async ask(question, literal = false) {
    question = String(question).trim();
    if (!question) return;
    await this.open(this.opened);
    const stop = new AbortController(), before = this.#last, words = h("span", {}, this.#t("Searching …"));
    const wait = soft(h("i"), words, button("act", () => stop.abort("cancelled"), this.#t("Cancel")));
    const turn = this.#turn(question, wait), { topics } = this.dataset;
    const timers = [setTimeout(() => words.textContent = this.#t("Still searching …"), SLOW),
      setTimeout(() => stop.abort("late"), TIMEOUT)];
    let done;
    // Questions are answered in the order in which they were asked.
    this.#last = new Promise((go) => done = go);
    this.#stops.add(stop);
    this.#log.append(turn);
    this.#up(turn);
    this.#emit("question", { question });
    try {
      await Promise.race([before, new Promise((_, no) => stop.signal.onabort = () => no(stop.signal.reason))]);
      const answer = await this.#call("api/ask", { question, literal, filters: { topics: topics ? topics.split("|") : [] },
        history: this.#turns.map(({ answer: { question, searched_as, hits } }) =>
          ({ question, searched_as, shown: hits.map((hit) => hit.passage.id) })) }, stop.signal);
      this.#turns = [...this.#turns, { question, answer }].slice(-20);
      this.#save();
      wait.replaceWith(...this.#found(answer));
      this.#emit("answer", { question, answer });
      return answer;
    } catch (error) {
      const again = button("act", () => { turn.remove(); this.ask(question, literal); }, this.#t("Try again"));
      wait.replaceWith(h("p", { class: "say" }, this.#why(error)), again);
      if (error === "cancelled") again.focus();
      this.#emit("error", { question, reason: error.detail || String(error) });
    } finally {
      timers.forEach(clearTimeout);
      this.#stops.delete(stop);
      done(before);
      this.#up(this.#log.lastChild);
    }
  }

  async #call(path, body, signal) {
    const response = await fetch(this.home + path, body && { method: "POST", signal,
      headers: { "Content-Type": "application/json" }, body: json(body) });
    const told = await response.json().catch(() => ({}));
    if (!response.ok) throw { ...told, status: response.status, wait: response.headers.get("Retry-After") || 60 };
    return told;
  }

  #why(error) {
    const { status, detail, wait } = error;
    if (status === 403) console.error(`${NAME}: ${detail}`);
    return this.#t(error === "late" ? "The chatbot takes too long."
      : typeof error === "string" ? "Cancelled."
      : status === 403 ? "The chatbot is not available on this page."
      : status === 429 ? "Too many questions. Try again in {0} seconds."
      : status === 422 ? detail
      : status ? "The chatbot has a problem."
      : navigator.onLine ? "The chatbot cannot be reached." : "You are offline.", wait);
  }

  // scrollIntoView would move the page, too.
  #up(turn) {
    this.#log.scrollTop = turn.offsetTop - 12;
  }

  #turn(question, ...parts) {
    return h("div", { class: "turn" }, h("p", { class: "asked" }, h("span", { dir: "auto" }, question)), ...parts);
  }

  #found(answer) {
    const { question, hits, verdict, message, message_language: tongue, searched_as, topics, follow_ups } = answer;
    const articles = new Set(hits.map((hit) => hit.passage.article_id)).size;
    return [
      searched_as !== question && soft(this.#t("Searched for"), " ", h("q", { dir: "auto" }, searched_as), " ",
        button("act", () => this.ask(question, true), this.#t("Search for exactly what I wrote"))),
      message && h("p", { class: "say", dir: "auto", lang: tongue !== "en" && tongue }, this.#t(message)),
      hits[0] && h("h3", { class: "soft" }, this.#t(articles > 1 ? "{0} passages from {1} articles"
        : hits[1] ? "{0} passages from an article" : "One passage", hits.length, articles)),
      ...hits.map((hit) => this.#card(hit)),
      hits[0] && this.#feedback(question),
      ...verdict === "answered" ? [] : this.#chips(this.#t("Topics"), topics),
      ...this.#chips(this.#t("Ask next"), follow_ups),
    ].filter(Boolean);
  }

  #card({ rank, passage, highlights }) {
    const { title, headings, text, columns = [], updated, review_by, country } = passage, link = address(passage, this.home);
    const whole = prose(text, highlights), marks = [...whole.querySelectorAll("mark")];
    const lead = h("p", { dir: "auto" }, ...marks.flatMap((mark) => [mark.cloneNode(true), " … "]),
      !marks[0] && `${whole.textContent.slice(0, 200)} …`);
    if (columns[0] != null) whole.prepend(soft(`${this.#t("Columns repeated from above")}: ${columns.join(" · ")}\n`));
    const more = button("act", () => more.ariaExpanded = lead.hidden = !(whole.hidden = !whole.hidden), this.#t("Show all"));
    more.ariaExpanded = !(whole.hidden = rank > 1);
    // Browsers offer the clipboard on https only.
    const copy = navigator.clipboard && button("act", async () => {
      await navigator.clipboard.writeText(`“${whole.textContent}”\n— ${[title, ...headings].join(" › ")}\n${link || ""}`);
      copy.textContent = this.#t("Copied");
    }, this.#t("Copy"));
    return h("article", { class: "card" },
      h("h4", { dir: "auto" }, link ? elsewhere(link, "", title) : title),
      headings[0] && soft(headings.join(" › ")),
      ...rank > 1 ? [lead, whole] : [whole],
      soft([updated && this.#t("Updated {0}", new Date(updated).toLocaleDateString(this.#language, { dateStyle: "long", timeZone: "UTC" })),
        review_by && Date.parse(review_by) < Date.now() && this.#t("May be out of date"), country].filter(Boolean).join(" · ")),
      h("div", {}, rank > 1 && more, link && elsewhere(link, "act", this.#t("Read the article")), copy));
  }

  #feedback(question) {
    const label = this.#t("Did this help?"), box = h("div", { class: "chips", role: "group", "aria-label": label });
    const send = async (rating, ...reasons) => {
      try {
        await this.#call("api/feedback", { question, passage_id: null, rating, reasons, note: "" });
        const thanks = soft(this.#t("Thank you."));
        thanks.tabIndex = -1;
        box.replaceChildren(thanks);
        thanks.focus({ preventScroll: true });
        this.#emit("feedback", { question, rating, reasons });
      } catch (error) {
        box.querySelector(".say")?.remove();
        box.append(h("p", { class: "say" }, this.#why(error)));
      }
    };
    const ask = () => {
      box.replaceChildren(soft(this.#t("What is wrong?")), ...REASONS.map((reason) =>
        button("chip", () => send("unhelpful", reason.toLowerCase().replace(/ /g, "_")), this.#t(reason))));
      // What was pressed is gone.
      box.querySelector("button").focus();
    };
    box.append(h("span", { class: "soft" }, label), this.#named(button("", () => send("helpful")), "yes", "Yes"),
      this.#named(button("", ask), "no", "No"));
    return box;
  }

  #store(use) {
    try {
      return this.#keep !== 0 && use(this.#keep ? localStorage : sessionStorage, this.key);
    } catch {
      return false; // It is forbidden or full.
    }
  }

  #save() {
    this.#store((store, key) => store.setItem(key, json([Date.now(), this.#turns])));
  }

  #stored() {
    return this.#store((store, key) => {
      const [at, turns] = JSON.parse(store.getItem(key)) || [];
      if (!(this.#keep * 36e5 < Date.now() - at)) return turns;
      store.removeItem(key);
    }) || [];
  }
}

// Calls wait until there is a widget.
const waiting = [], all = (more = "") => [...document.querySelectorAll(NAME + more)];
const api = {
  push: (...calls) => calls.forEach(([name, ...values]) => api[name](...values)),
  on: (name, listener) => addEventListener(`${NAME}:${name}`, listener),
  off: (name, listener) => removeEventListener(`${NAME}:${name}`, listener),
  destroy: () => all().forEach((widget) => { widget.bubble = 0; widget.remove(); }),
};
for (const name of ["open", "close", "toggle", "ask", "clear"]) {
  api[name] = (...values) => {
    const widget = all("[data-bubble]")[0] || all()[0];
    return widget ? widget[name](...values) : void waiting.push([name, ...values]);
  };
}

const mount = () => {
  const data = { ...TAG?.dataset, host: HOME }, place = data.target && document.querySelector(data.target);
  if (!place) {
    const taken = all().some(({ dataset: { bubble, position } }) => bubble == null ? !data.launcher : position === data.position);
    if (taken || data.launcher === "no") return;
    data.bubble = "";
  }
  const element = document.createElement(NAME);
  Object.assign(element.dataset, data);
  (place || document.documentElement).append(element);
};

// A page may carry the tag twice.
if (!customElements.get(NAME)) {
  const calls = window.CareerChatbot;
  window.CareerChatbot = api;
  customElements.define(NAME, Widget);
  if (Array.isArray(calls)) api.push(...calls);
}
// Not before a page that hydrates itself is likely to have done so, and not after what loads slowly, either.
let begun;
const begin = () => begun ||= !mount(), soon = () => setTimeout(begin, 2e3), state = document.readyState;
addEventListener("load", begin);
state === "loading" ? addEventListener("DOMContentLoaded", soon) : state === "complete" ? begin() : soon();
})();
