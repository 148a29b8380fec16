/* The career chatbot on any web page: docs/widget.md. Texts are inserted as text and styles go through the CSSOM, so that
   a page may forbid inline ones. What is needed only once it is opened is in widget-parts.js. */
(() => {
"use strict";
const NAME = "career-chatbot";
const TAG = document.currentScript || document.querySelector('script[src*="/widget.js"]');
const HOME = new URL(".", TAG?.src || document.baseURI).href;
const PARTS = HOME + "widget-parts.js?v=$PARTS";
const PHONE = matchMedia("(max-width:540px),(max-height:420px)");
const LOOKS = ["data-theme", "data-bs-theme", "data-md-color-scheme", "class", "style", "lang"];
const SHADE = /(?<!\S)(?:theme-|is-)?(dark|light|slate)(?:-mode|-theme)?(?!\S)/i;
const NIGHT = matchMedia("(prefers-color-scheme:dark)");
// What the launcher says in each language, which way it is written, and that the chatbot cannot be reached: the server
// puts it here from its catalogues. The other words come with the first click.
const LANGUAGES = $LANGUAGES;
const ICONS = { chat: "M4 4h16v12H10l-5 4v-4H4zM8 9h8M8 12h5", close: "M6 6l12 12M18 6L6 18" };

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
button,a,textarea{font:inherit;color:inherit}
button,header a,.act{display:inline-flex;align-items:center;justify-content:center;gap:6px;min-width:44px;min-height:44px;padding:0 10px;border:1px solid transparent;border-radius:10px;background:none;text-align:start;text-decoration:none;cursor:pointer}
:focus-visible{outline:2px solid var(--text);outline-offset:2px}
svg{flex:none;width:22px;height:22px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.launcher{position:fixed;min-height:56px;padding:0 20px 0 16px;border-radius:28px;background:var(--accent);color:var(--on);font-weight:600;box-shadow:0 0 0 1px #fff6,0 4px 16px #0004}
.launcher img{width:32px;height:32px;margin-inline-start:-4px;border-radius:50%;object-fit:cover}
.open .launcher{width:56px;padding:0}
.launcher .close,.open .launcher :is(span,img,.chat),.wide .launcher{display:none}
.open .launcher .close{display:block}
.panel{position:relative;display:flex;flex-direction:column;height:100%;overflow:hidden;border:1px solid var(--line);border-radius:16px;background:var(--paper)}
.early{align-items:center;justify-content:center;padding:32px;text-align:center}
.bubble .panel{position:fixed;width:min(var(--w),100vw - 2*var(--x));height:min(var(--h),100dvh - 80px - 2*var(--y));box-shadow:0 12px 48px #0003}
.bottom .launcher{bottom:calc(var(--y) + env(safe-area-inset-bottom))}
.bottom .panel{bottom:calc(var(--y) + 68px + env(safe-area-inset-bottom))}
.top .launcher{top:var(--y)}
.top .panel{top:calc(var(--y) + 68px)}
.left>*{left:var(--x)}
.right>*{right:var(--x)}
.wide .panel{inset:0 auto;width:min(720px,100vw);height:100dvh;border-block:0;border-radius:0}
.wide.left .panel{left:0}
.wide.right .panel{right:0}
.phone .panel{inset:var(--vt) 0 auto;width:100%;height:var(--vh);border:0;border-radius:0;padding:env(safe-area-inset-top) env(safe-area-inset-left) env(safe-area-inset-bottom)}
.phone .launcher{display:none}
i{display:inline-block;width:14px;height:14px;margin-inline-end:8px;border:2px solid var(--soft);border-top-color:transparent;border-radius:50%;vertical-align:-2px}
@media(prefers-reduced-motion:no-preference){
.log{scroll-behavior:smooth}
.bubble .panel{animation:fade .12s}
i{animation:turn 1s linear infinite}
}
@keyframes fade{0%{opacity:0}}
@keyframes turn{to{rotate:1turn}}
@media(forced-colors:active){button,.card,.asked,.hello,.say{border:1px solid}}`);

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

// An image of the site or of the chatbot, of nobody else; where there is none, what stands instead.
const picture = (address, home, ...instead) => {
  try {
    const { protocol, origin, href } = new URL(address, document.baseURI);
    if (address && /^https?:$/.test(protocol) && [location.origin, new URL(home).origin].includes(origin)) {
      const image = h("img", { src: href, alt: "", error: () => image.replaceWith(...instead) });
      return [image];
    }
  } catch {}
  return instead;
};

class Widget extends HTMLElement {
  static observedAttributes = ["color", "theme", "position", "offset", "size", "launcher-label"].map((name) => `data-${name}`);

  opened = false;
  #returns = 5;
  #tries = 0;
  #wide = false;
  #watch = new MutationObserver(() => this.#dress());
  #sight = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#load(), { rootMargin: "200px" });
  #early = h("div", { class: "panel early", role: "status" });
  #root; #launcher; #panel; #ready; #hex; #back; #overflow;

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
    const left = this.#left();
    // What is inside a page is seen without a click, once it is near; a phone's whole screen is not taken unasked.
    if (!this.bubble) this.#sight.observe(this);
    else if ("open" in this.dataset || left && !PHONE.matches) {
      this.#wide = left === "wide";
      this.open(false, false);
    }
    api.push(...waiting.splice(0));
  }

  disconnectedCallback() {
    this.#panel?.halt();
    this.#listen("removeEventListener");
    this.#watch.disconnect();
    this.#sight.disconnect();
    // A page that hydrates its whole document, as React does, takes away what it does not know, and the document with it.
    setTimeout(() => {
      if (this.isConnected) return;
      if (this.bubble && this.#returns-- > 0) document.documentElement.append(this);
      else this.close(false);
    });
  }

  attributeChangedCallback() {
    if (this.#root) this.#dress();
  }

  #listen(verb) {
    for (const list of [PHONE, NIGHT]) list[verb]("change", this.#dress);
    for (const type of ["resize", "scroll"]) window.visualViewport?.[verb](type, this.#dress);
    document[verb]("keydown", this.#shortcut);
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
      "aria-haspopup": "dialog", click: () => this.toggle() }, ...picture(this.dataset.icon, this.home, icon("chat")), icon("close"), h("span")));
  }

  #dress = () => {
    const { color = "", position, offset = "", size = "" } = this.dataset, root = this.#root, language = this.#language;
    const dark = this.#dark;
    // Where there is no catalogue of the page's language, the page itself says which way it is written.
    const dir = LANGUAGES[language]?.[1] || getComputedStyle(document.documentElement).direction, right = dir === "rtl";
    const [x = 20, y = x] = offset.match(/\d+/g) || [], [w = 400, tall = 640] = size.match(/\d+/g) || [];
    const modal = this.opened && PHONE.matches, view = window.visualViewport || {}, page = document.documentElement.style;
    root.lang = LANGUAGES[language] ? language : "en";
    root.dir = dir;
    root.className = ["root", this.bubble && "bubble", dark && "dark", this.opened && "open", modal && "phone", this.opened && this.#wide && "wide",
      ...this.bubble ? (position || (right ? "bottom-left" : "bottom-right")).split("-") : []].join(" ");
    root.style.color = dark ? "#77cdb2" : "#12604e";
    if (color) root.style.color = color; // one that is no colour changes nothing
    const accent = (getComputedStyle(root).color.match(/[\d.]+/g) || BLACK).slice(0, 3).map(Number);
    this.#hex = `#${accent.map((c) => (c | 256).toString(16).slice(1)).join("")}`;
    let text = accent;
    for (let part = .1; contrast(text, dark ? [28, 32, 36] : [250, 249, 247]) < 4.5; part += .1) {
      text = accent.map((c, n) => c + ((dark ? WHITE : BLACK)[n] - c) * part);
    }
    root.style.cssText = `--accent:rgb(${accent});--on:${contrast(accent, WHITE) < 4.5 ? "#000" : "#fff"};--text:rgb(${text});
      --x:${x}px;--y:${y}px;--w:${w}px;--h:${size.match(/^\d+%$/) || tall + "px"};--vh:${view.height}px;--vt:${view.offsetTop}px`;
    if (this.bubble) {
      this.#launcher.ariaLabel = this.#launcher.lastChild.textContent = this.dataset.launcherLabel || (LANGUAGES[language] || LANGUAGES.en)[0];
      this.#launcher.ariaExpanded = this.opened;
      this.#early.hidden = !this.opened;
    }
    this.#panel?.dressed(modal);
    // On a phone the panel covers the page.
    if (modal === (this.#overflow == null)) {
      [this.#overflow, page.overflow] = modal ? [page.overflow, "hidden"] : [null, this.#overflow];
      document.body.inert = modal;
    }
  };

  // The rest, once: until it is there its place says so, and where it does not come that can be tried again.
  #load() {
    return this.#ready ||= (async () => {
      this.#early.replaceChildren(h("i"));
      this.#root.prepend(this.#early);
      try {
        const { default: parts } = await import(PARTS + (this.#tries ? `&try=${this.#tries}` : ""));
        const Panel = parts({ h, icon, picture, json, LANGUAGES, PHONE });
        const panel = new Panel(this, { root: this.#root, language: () => this.#language, colour: () => this.#hex,
          emit: (...event) => this.#emit(...event), stored: () => this.#stored(), store: (use) => this.#store(use),
          wide: () => this.#wide, widen: () => this.#widen() });
        await panel.furnish();
        this.#panel = panel;
        this.#early.remove();
        this.#dress();
        return panel;
      } catch (error) {
        console.error(`${NAME}: ${error}`);
        this.#tries += 1;
        this.#ready = null;
        this.#early.textContent = (LANGUAGES[this.#language] || LANGUAGES.en)[2];
        this.#emit("error", { reason: String(error) });
      }
    })();
  }

  async open(focus = true, own = true) {
    if (this.bubble && !this.opened) {
      this.opened = true;
      this.#back = document.activeElement;
      if (own) this.#leave(this.#wide ? "wide" : "open");
      this.#dress();
      await this.#load();
      this.#emit("open");
    } else await this.#load();
    if (focus) this.focus();
  }

  close(focus = true) {
    if (!this.opened) return;
    this.opened = false;
    this.#leave();
    this.#dress();
    if (focus) (this.#back?.isConnected && this.#back !== document.body ? this.#back : this).focus();
    this.#emit("close");
  }

  #widen() {
    this.#wide = !this.#wide;
    this.#leave(this.#wide ? "wide" : "open");
    this.#dress();
  }

  focus() {
    this.bubble && !(this.opened && this.#panel) ? this.#launcher.focus({ preventScroll: true }) : this.#panel?.focus();
  }

  toggle() {
    return this.opened ? this.close() : this.open();
  }

  async clear() {
    (await this.#load())?.clear();
  }

  async ask(question, literal = false) {
    question = String(question).trim();
    if (!question) return;
    await this.open(this.opened);
    return this.#panel?.ask(question, literal);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`${NAME}:${name}`, { bubbles: true, composed: true, detail }));
  }

  // Ctrl+K or Cmd+K, where the tag asks for it. A single letter would be pressed by whoever dictates.
  #shortcut = (event) => {
    const { key, ctrlKey, metaKey, altKey, defaultPrevented, isComposing } = event;
    if (!/^k$/i.test(key) || ctrlKey === metaKey || altKey || defaultPrevented || isComposing || !/k/.test(this.dataset.key)) return;
    event.preventDefault();
    this.open();
  };

  #store(use) {
    try {
      return this.#keep !== 0 && use(this.#keep ? localStorage : sessionStorage, this.key);
    } catch {
      return false; // It is forbidden or full.
    }
  }

  #stored() {
    return this.#store((store, key) => {
      const [at, turns] = JSON.parse(store.getItem(key)) || [];
      if (!(this.#keep * 36e5 < Date.now() - at)) return turns;
      store.removeItem(key);
    }) || [];
  }

  // Whether the panel was left open, in this tab alone.
  #left() {
    try {
      return this.#keep !== 0 && sessionStorage.getItem(`${this.key} open`);
    } catch {
      return null;
    }
  }

  #leave(how) {
    try {
      const key = `${this.key} open`;
      if (this.#keep !== 0) how ? sessionStorage.setItem(key, how) : sessionStorage.removeItem(key);
    } catch {}
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
// In the words of a policy, since the browser tells only what it refused.
addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective, disposition }) => {
  if (disposition === "enforce" && blockedURI.startsWith(HOME)) {
    console.error(`${NAME}: the Content-Security-Policy of this page lacks ${effectiveDirective.replace("-elem", "")} ${new URL(HOME).origin}`);
  }
});
state === "loading" ? addEventListener("DOMContentLoaded", soon) : state === "complete" ? begin() : soon();
})();
