"use strict";
/* What the editors' page needs in the browser: it sends gestures, asks before what changes a lot, reads files, and keeps
   what was typed until it is saved. */
const desk = (() => {
  const MOST = 20e6;
  const GIVE_UP = 600e3; // milliseconds: an upload over a slow line takes minutes
  const FIELDS = ["title", "url", "topics", "updated", "review_by", "audience", "country", "questions", "aliases", "body"];
  const root = document.documentElement;
  const find = (selector) => document.querySelector(selector);
  const made = (tag, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };

  const tell = (english, values = {}) => window.editing[english].replace(/\{(\w+)\}/g, (_, name) => values[name]);

  let send;
  let pending = null; // the gesture under way
  let trouble = false; // whether it failed
  let leaving = false;

  /* One of some answers, each with its label, its value and its class; nothing where the question is closed. */
  const choose = (question, answers) => new Promise((resolve) => {
    const text = made("p", { id: "sure", textContent: question });
    const buttons = made("p", { className: "buttons" });
    const box = made("dialog", { className: "sure" }, text, buttons);
    box.setAttribute("aria-labelledby", "sure");
    for (const [label, value, kind] of [...answers, [tell("Cancel"), "", ""]]) {
      const button = made("button", { type: "button", className: `button ${kind}`, textContent: label });
      button.addEventListener("click", () => box.close(value));
      buttons.append(button);
    }
    box.addEventListener("close", () => { box.remove(); resolve(box.returnValue); });
    find(".gradio-container").append(box);
    box.showModal();
  });
  const sure = (question, label) => choose(question, [[label, "yes", "primary"]]);

  /* Texts that are not saved, by their paths; that of a new article has none. They outlive the page in localStorage,
     and the page's memory has them where a browser keeps nothing. */
  const memory = new Map();
  const shelf = () => `career-chatbot-edit:${find("#top [data-installation]").dataset.installation}:${location.pathname}:`;
  const kept = (path) => {
    try { return JSON.parse(localStorage.getItem(shelf() + path)) || memory.get(path); } catch { return memory.get(path); }
  };
  const keep = (path, text) => {
    memory.set(path, text);
    try { localStorage.setItem(shelf() + path, JSON.stringify(text)); } catch {
      say(tell("This browser has no room for what you type. Save before you leave this page."));
    }
  };
  const forget = (path) => {
    memory.delete(path);
    try { localStorage.removeItem(shelf() + path); } catch { /* a browser that keeps nothing has nothing to forget */ }
  };
  const paths = () => {
    let stored = [];
    try { stored = Object.keys(localStorage).filter((key) => key.startsWith(shelf())).map((key) => key.slice(shelf().length)); } catch { /* none */ }
    return [...new Set([...stored, ...memory.keys()])].sort();
  };

  const opened = () => find("#opened-article [data-path]")?.dataset;
  const nameOf = (path) => path || tell("a new article");
  const box = (name) => find(`#${name} :is(input, textarea)`);
  const unsaved = () => memory.has("") || (opened() && kept(opened().path));

  let before = null; // the text in the box when one began to type, and whose it is
  const began = ({ target }) => {
    const path = target.closest?.("#text") && opened()?.path;
    if (path && before?.path !== path && !kept(path)) before = { path, text: target.value };
  };
  const typed = ({ target }) => {
    if (target.closest?.("#text") && opened()) {
      const { path, sha256 } = opened();
      if (before?.path === path && before.text === target.value) forget(path);
      else keep(path, { text: target.value, sha256: kept(path)?.sha256 ?? sha256 });
    } else if (FIELDS.some((name) => target.closest?.(`#${name}`))) {
      const fields = { ...kept("")?.fields };
      for (const name of FIELDS) if (box(name)) fields[name] = box(name).value;
      if (Object.values(fields).some((value) => value.trim())) keep("", { fields });
      else forget("");
    }
  };

  const listUnsaved = () => {
    const here = find("#unsaved-texts");
    const waiting = paths().filter((path) => path !== opened()?.path && !(path === "" && memory.has("")));
    if (!here || here.dataset.shown === JSON.stringify(waiting)) return;
    here.dataset.shown = JSON.stringify(waiting);
    const line = (path) => {
      const go = made("button", { type: "button", className: "text", textContent: nameOf(path) });
      Object.assign(go.dataset, path ? { act: "open", value: path } : { tab: "tab-add" });
      const drop = made("button", { type: "button", className: "text", textContent: tell("Discard") }, made("span", { className: "unseen", textContent: ` ${nameOf(path)}` }));
      Object.assign(drop.dataset, { forget: path });
      return made("li", {}, go, drop);
    };
    here.replaceChildren(...waiting.length ? [made("p", { textContent: tell("Typed and not saved, kept in this browser:") }), made("ul", {}, ...waiting.map(line))] : []);
    here.className = waiting.length ? "notice unsaved" : "";
  };

  const read = (file) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve({ name: file.name, data: reader.result.slice(reader.result.indexOf(",") + 1) }));
    reader.addEventListener("error", () => reject(file.name));
    reader.readAsDataURL(file);
  });

  const say = (text) => {
    const place = find("#notice .prose, #notice .html-container, #notice");
    place.replaceChildren(made("p", { className: "notice problem", tabIndex: -1, textContent: text }));
  };

  const WHY = {
    0: () => tell("The server cannot be reached. What you typed is still here: try again in a moment."),
    401: () => tell("Your session has ended. What you typed is still here: sign in in another tab, come back, and try again."),
    413: () => tell("This is more than the server or a proxy before it takes at once. Choose fewer or smaller files."),
  };
  const failed = (status) => {
    trouble = true;
    const text = made("p", { textContent: (WHY[status] || (() => tell("The server could not do this. What you typed is still here: try again, or ask who runs the server.")))() });
    const ways = made("p", { className: "buttons" });
    if (status === 401) ways.append(made("a", { className: "button primary", href: `sign-in${location.search}`, target: "_blank", rel: "noopener", textContent: tell("Sign in in another tab") }));
    if (pending) {
      const again = made("button", { type: "button", className: "button", textContent: tell("Try again") });
      again.dataset.again = JSON.stringify(pending);
      ways.append(again);
    }
    const here = find("#trouble-said");
    here.replaceChildren(text, ...ways.childElementCount ? [ways] : []);
    here.className = "notice problem";
  };
  const calm = () => {
    const here = find("#trouble-said");
    if (here) here.replaceChildren();
    if (here) here.className = "";
  };

  /* Gradio takes a request that fails for the end of the page. It gets an answer that changes nothing, and the editor
     a line that says what happened. */
  const pass = window.fetch;
  window.fetch = async (request, options) => {
    if (!String(request?.url || request).includes("/run/predict")) return pass(request, options);
    try {
      const answer = await pass(request, { ...options, signal: AbortSignal.timeout(GIVE_UP) });
      if (answer.ok) {
        calm();
        return answer;
      }
      failed(answer.status);
    } catch {
      failed(0);
    }
    const { dependencies, components } = window.gradio_config;
    const { outputs } = dependencies.find(({ id }) => id === JSON.parse(options.body).fn_index);
    const states = new Set(components.filter(({ type }) => type === "state").map(({ id }) => id));
    const data = outputs.map((id) => states.has(id) ? null : { __type__: "update" });
    const nothing = { data, is_generating: false, changed_state_ids: [] };
    return new Response(JSON.stringify(nothing), { headers: { "Content-Type": "application/json" } });
  };

  const lock = (locked) => {
    for (const name of ["text", ...FIELDS]) if (box(name)) box(name).readOnly = locked;
  };

  const act = (said, drop) => {
    root.classList.add("waiting");
    [pending, trouble] = [{ said, drop }, false];
    lock(/^(save|open|close|restore)/.test(said.act)); // what is shown next takes the place of what is typed meanwhile
    send?.(JSON.stringify(said));
  };

  /* What a button does, on the file as it is shown: a conflict that is open has shown a later one. */
  const gesture = ({ act: name, value = "", path, sha256, drop }) => {
    const shown = opened();
    const later = find("#conflict [data-act=save]")?.dataset;
    const said = { act: name, value, path: path ?? shown?.path ?? "", sha256: sha256 ?? (name === "delete" ? undefined : later?.sha256) ?? shown?.sha256 ?? "" };
    const text = name === "open" && drop === undefined && kept(value);
    return text ? { ...said, text: text.text, sha256: text.sha256 } : said;
  };

  const pressed = async (button) => {
    const { confirm, again } = button.dataset;
    let { drop } = button.dataset;
    if (again) {
      const { said, drop: other } = JSON.parse(again);
      return act(said, other);
    }
    if (confirm && await sure(confirm, button.textContent.trim()) !== "yes") return undefined;
    const path = opened()?.path;
    if (button.dataset.act === "close" && drop === undefined && path && kept(path)) {
      const question = tell("What you typed into {path} is not saved. It can stay in this browser until you come back to it.", { path });
      const way = await choose(question, [[tell("Keep it for later"), "keep", "primary"], [tell("Discard it"), "drop", "danger"]]);
      if (!way) return undefined;
      if (way === "drop") drop = path;
    }
    return act(gesture(button.dataset), drop);
  };

  const dropped = async (path) => {
    if (await sure(tell("Discard what you typed into {path}? It cannot be brought back.", { path: nameOf(path) }), tell("Discard it")) !== "yes") return;
    forget(path);
    if (path) listUnsaved();
    else act({ act: "restore", value: "{}" });
  };

  const clicked = async ({ target }) => {
    const button = target.closest?.("[data-act], [data-again], [data-forget], [data-tab]");
    if (target.closest?.("#tab-questions-button") && !root.classList.contains("waiting")) act({ act: "questions" });
    if (!button || (root.classList.contains("waiting") && (button.dataset.act || !button.dataset.tab))) return;
    if (button.dataset.tab) find(`#${button.dataset.tab}-button`).click();
    if (button.dataset.tab && !button.dataset.act) return;
    if (button.dataset.forget !== undefined) await dropped(button.dataset.forget);
    else await pressed(button);
  };

  const chosen = async ({ target }) => {
    if (target.id !== "chosen" || !target.files.length) return;
    const files = [...target.files];
    if (files.reduce((sum, file) => sum + file.size, 0) > MOST) {
      say(tell("These files have more than 20 MB together. Choose fewer, or have them copied into the corpus folder."));
      target.value = "";
      return;
    }
    let sent;
    try {
      sent = await Promise.all(files.map(read));
    } catch (name) { // it was changed or moved since it was chosen
      say(tell("{name} cannot be read. Choose it again.", { name }));
      target.value = "";
      return;
    }
    act({ act: "upload", value: JSON.stringify(sent) });
  };

  /* Whoever uses this browser next must not find what was typed. */
  const signOut = async (event) => {
    if (!event.target.matches("form[action=sign-out]")) return;
    event.preventDefault();
    const waiting = paths();
    const question = tell("Not saved yet: {paths}. Signing out removes it from this browser.", { paths: waiting.map(nameOf).join(" · ") });
    if (waiting.length && await sure(question, tell("Sign out all the same")) !== "yes") return;
    waiting.forEach(forget);
    leaving = true;
    event.target.submit();
  };

  const connect = (trigger) => {
    send = trigger;
    find("#notice")?.setAttribute("role", "status");
    if (pending) send(JSON.stringify(pending.said));
    const resume = () => {
      if (!find("#files .counts") || !find("#top [data-installation]")) return;
      watch.disconnect();
      const form = kept("");
      if (form) act({ act: "restore", value: JSON.stringify(form.fields) });
      listUnsaved();
    };
    const watch = new MutationObserver(resume);
    watch.observe(document.body, { childList: true, subtree: true });
    resume();
  };

  const done = (notice) => {
    root.classList.remove("waiting");
    lock(false);
    if (!trouble) {
      const saved = new DOMParser().parseFromString(notice || "", "text/html").querySelector("[data-saved]");
      if (saved) forget(saved.dataset.saved);
      if (pending?.drop !== undefined) forget(pending.drop);
      before = null;
    }
    pending = null;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      listUnsaved();
      const problem = find("#notice .notice.problem");
      const fresh = [...document.querySelectorAll("[data-focus]")].find((found) => found.offsetParent && !found.dataset.seen);
      for (const found of document.querySelectorAll("[data-focus]")) found.dataset.seen = "yes";
      (fresh || problem)?.focus();
      if (problem || find("#notice .notice")) find("#notice").scrollIntoView({ block: "nearest" });
    }));
  };

  // What is pressed before Gradio has put up everything is sent when it has.
  document.addEventListener("click", clicked);
  document.addEventListener("change", chosen);
  document.addEventListener("focusin", began);
  document.addEventListener("input", typed);
  document.addEventListener("submit", signOut);
  window.addEventListener("beforeunload", (event) => { if (unsaved() && !leaving) event.preventDefault(); });

  return { connect, done };
})();
