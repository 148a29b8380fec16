"use strict";
/* The conversation of the chat page. It asks nobody but its own server, and stores nothing before the visitor
   asks something. */
const career = (() => {
  const root = document.documentElement;
  const words = JSON.parse(document.getElementById("words").textContent);
  const find = (selector) => document.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const box = () => find("#box input");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const address = new URLSearchParams(location.search);
  const QUESTION = "#q="; // behind the sign that browsers keep to themselves: no log of a server has it
  if (address.has("q")) {
    const rest = new URLSearchParams(address);
    rest.delete("q");
    history.replaceState(null, "", `${location.pathname}${rest.size ? `?${rest}` : ""}#${new URLSearchParams({ q: address.get("q") })}`);
  }
  const site = address.get("site"); // whose rules hold here
  // Two frames of one page are two conversations.
  const KEPT = ["career-chatbot", site, self !== top && window.name].filter(Boolean).join(" ");
  const MOST_STEPS = 12;
  const MOST_CHARACTERS = 1000;
  const MOST_SENT = 16000; // characters: what the server takes in one request leaves room for three bytes for each
  const SLOW = 4000;
  const GIVE_UP = 60000;
  const UNCHANGED = 500;

  let trigger;
  let next = ""; // what was entered while another question is under way
  let pending = null; // the gesture under way: {step, typed, opening, from}
  let cleared = false; // this conversation is not to be kept
  let trouble = null; // why it failed: {status, wait}
  let slow;
  let messages = 0; // how many the last answer of the server has
  let drawing = false; // the conversation has changed since that answer

  // The page around it says where one is.
  root.classList.toggle("framed", self !== top);

  const say = (text) => { find("#announce").textContent = text; };
  const waiting = () => root.classList.contains("waiting");

  /* What the page shows, as the list that brings it back, and whether there was more before it. */
  const shown = () => {
    const asked = all("#talk .question").map((question) => JSON.parse(question.dataset.step));
    const found = asked.slice(-MOST_STEPS);
    while (JSON.stringify(found).length > MOST_SENT) found.shift();
    return { steps: found, earlier: Boolean(find("#talk .earlier")) || found.length < asked.length };
  };
  const steps = () => shown().steps;

  const filters = () => {
    const chosen = {};
    for (const button of all(".filters [aria-pressed=true]")) {
      const { field, value } = button.dataset;
      if (field === "recent") chosen.recent = true;
      else (chosen[field] ||= []).push(value);
    }
    return chosen;
  };

  const send = (step, { typed = false, opening = false, from = trouble ? pending.from : shown() } = {}) => {
    if (waiting() || !trigger) return;
    career.sending.forEach((react) => react());
    pending = { step, typed, opening, from };
    trouble = null;
    show("");
    echo(unsent());
    if (unsent() && box().value.trim() === unsent()) type("");
    root.classList.add("waiting");
    slow = setTimeout(() => show(next ? words.waits : words.slow), SLOW);
    trigger(JSON.stringify({ step, ...from, language: words.code }));
  };

  /* One question at a time, in the order in which they were entered: the next one stays in the input until its turn. */
  const ask = (text) => {
    const value = text.trim();
    if (!value || tooLong(box())) return;
    const failed = !waiting() && !find("#asking").hidden;
    if (failed) send(pending.step, pending);
    if (!waiting()) return send({ kind: "ask", value, filters: filters() }, { typed: true });
    next = value;
    show(words.waits);
  };

  /* The question that the server has not answered yet. */
  const unsent = () => (pending?.step && pending.step.kind !== "similar" ? pending.step.value : "");

  const echo = (text) => {
    find("#asking").textContent = text;
    find("#asking").hidden = !text;
  };

  /* Nothing is cut off: how much is too much is said while it is typed, and again to who sends it. */
  const tooLong = (field) => {
    const count = [...field.value.trim()].length;
    const line = field.form?.querySelector(".count") || find("#count");
    const over = count > MOST_CHARACTERS;
    const number = (value) => value.toLocaleString(`${words.code}-u-nu-latn`);
    line.hidden = count <= MOST_CHARACTERS * .9;
    line.textContent = fill(over ? words.shorten : words.count, { count: number(count), most: number(MOST_CHARACTERS) });
    field.ariaInvalid = over;
    line.classList.toggle("over", over);
    if (over) say(line.textContent);
    return over;
  };

  /* A line over the input, with a way to go on where there is one. */
  const show = (text, retry = false) => {
    const line = find("#trouble");
    line.hidden = !text;
    line.classList.toggle("calm", !retry);
    line.firstElementChild.textContent = text;
    line.lastElementChild.hidden = !retry;
    if (text) say(text);
  };

  /* Seconds as a person says them: "40 seconds", "2 minutes", with the digits of the rest of the page. */
  const duration = (seconds) => {
    const [value, unit] = seconds < 100 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
    return new Intl.NumberFormat(`${words.code}-u-nu-latn`, { style: "unit", unit, unitDisplay: "long" }).format(value);
  };

  const explain = ({ status, wait }) => {
    if (status === 429) show(fill(words.busy, { time: duration(wait || 10) }), true);
    else show(status ? words.failed : words.offline, true);
  };

  const type = (text) => {
    const field = box();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const done = () => {
    clearTimeout(slow);
    if (trouble) fail();
    else drawn(performance.now() + GIVE_UP);
  };

  const fail = () => {
    root.classList.remove("waiting");
    next = "";
    explain(trouble);
    // Where the input is taken, what failed stays in sight over it.
    if (box().value) return;
    type(unsent());
    echo("");
  };

  /* Gradio draws what came in its own time: it may have to fetch the code for it first. */
  const drawn = (end) => {
    const there = all("#talk :is(.question, section.answer, .notice:is(.problem, .earlier))").length;
    // A full conversation has as many messages as before.
    const settled = drawing || performance.now() > end - GIVE_UP + UNCHANGED;
    if ((there === messages && settled) || performance.now() > end) arrive();
    else setTimeout(drawn, 20, end);
  };

  const arrive = () => {
    const busy = find("#talk .busy");
    if (busy) {
      trouble = { status: 429, wait: busy.dataset.wait };
      fail();
      return;
    }
    root.classList.remove("waiting");
    echo("");
    carryOn();
    root.classList.toggle("talking", Boolean(find("#talk .question")));
    const last = all("#talk section.answer, #talk .notice.problem").pop();
    if (last) (all("#talk .question").pop() || last).scrollIntoView({ block: "start" });
    else scrollTo({ top: 0 });
    // Who is typing goes on typing.
    if (pending?.typed || !last || (box().value && box() === document.activeElement)) box().focus({ preventScroll: true });
    else if (pending && !pending.opening) (last.querySelector("h2") || last).focus({ preventScroll: true });
    const full = all("#talk .question").length === MOST_STEPS && !find("#talk .earlier") ? fill(words.full, { most: MOST_STEPS }) : "";
    show(full);
    if (last && pending?.step) say(`${summary(last)} ${full}`);
    pending = null;
    career.changed.forEach((react) => react());
    remember();
    if (next && box().value.trim() === next) ask(next);
    next = "";
  };

  /* The language and the site that the address asks for go on to the articles that are read here. */
  const carryOn = () => {
    const kept = Object.entries({ lang: address.has("lang") && words.code, site }).filter(([, value]) => value);
    const articles = new URL("../articles/", location.href).href;
    for (const link of all("#talk a[href]")) {
      if (!link.href.startsWith(articles)) continue;
      const target = new URL(link.href);
      kept.forEach(([name, value]) => target.searchParams.set(name, value));
      link.href = target;
    }
  };

  /* The heading, and the sentences that answer best: what a screen reader says of an answer. */
  const summary = (answer) => {
    const card = answer.querySelector(".card");
    const parts = [answer.querySelector("h2"), answer.querySelector(".notice")];
    if (card) parts.push(card.querySelector("h3"), ...card.querySelectorAll(".passage mark"));
    return parts.filter(Boolean).map((part) => part.textContent.trim()).join(". ") || answer.textContent;
  };

  /* Gradio takes a request that fails for the end of the conversation. It gets an answer that changes nothing, and the
     visitor a line that says what happened. */
  const pass = window.fetch;
  window.fetch = async (request, options) => {
    if (!String(request?.url || request).includes("/run/predict")) return pass(request, options);
    try {
      const answer = await pass(request, { ...options, signal: AbortSignal.timeout(GIVE_UP) });
      if (answer.ok) {
        messages = (await answer.clone().json()).data[0].length;
        drawing = false;
        return answer;
      }
      trouble = { status: answer.status, wait: Number(answer.headers.get("Retry-After")) };
    } catch {
      trouble = { status: 0 };
    }
    const nothing = { data: [{ __type__: "update" }, null], is_generating: false, changed_state_ids: [] };
    return new Response(JSON.stringify(nothing), { headers: { "Content-Type": "application/json" } });
  };

  /* The conversation is kept in its tab, and on the device where the visitor wants that. A browser may forbid either. */
  const TAB = "sessionStorage";
  const DEVICE = "localStorage";

  const stored = (where) => {
    try { return JSON.parse(window[where].getItem(KEPT)); } catch { return null; }
  };

  const store = (where) => {
    try {
      window[where].setItem(KEPT, JSON.stringify(shown()));
      return true;
    } catch { return false; }
  };

  const unstore = (where) => {
    try { window[where].removeItem(KEPT); } catch { /* a browser that keeps nothing has nothing to forget */ }
  };

  const remember = () => {
    const asked = steps().length > 0;
    cleared &&= asked;
    if (asked && !cleared) store(TAB);
    else unstore(TAB);
    if (find("#keep").checked && !store(DEVICE)) {
      find("#keep").checked = false;
      show(words.storage_full);
    }
    find("#clear").hidden = !stored(TAB) && !stored(DEVICE);
  };

  const clear = () => {
    [TAB, DEVICE].forEach(unstore);
    find("#keep").checked = false;
    find("#clear").hidden = cleared = true;
    say(words.cleared);
    find("#keep").focus(); // the button goes with what it cleared
  };

  const keep = (wanted) => {
    if (!wanted) unstore(DEVICE);
    remember();
    if (wanted === find("#keep").checked) say(wanted ? words.kept : words.unkept);
  };

  const inAddress = () => location.hash.startsWith(QUESTION) ? new URLSearchParams(location.hash.slice(1)).get("q").trim() : "";

  /* A question of the address, asked where it can be; one that is too long stays in the box. */
  const askOf = (question, opening) => {
    type(question);
    if (!tooLong(box())) send({ kind: "ask", value: question }, opening);
    return !tooLong(box());
  };

  addEventListener("hashchange", () => { if (inAddress()) askOf(inAddress(), { opening: true }); });

  /* What the address and the browser bring along: a question, the conversation before a change of language or a reload,
     a kept one. Only what was asked is taken from there: the server answers it anew. */
  const resume = () => {
    const kept = stored(DEVICE);
    find("#keep").checked = Boolean(kept);
    const question = inAddress();
    let found = stored(TAB) || kept;
    find("#clear").hidden = !found;
    if (location.hash.startsWith("#talk=")) {
      try { found = JSON.parse(decodeURIComponent(location.hash.slice(6))); } catch { /* cut off on its way */ }
      history.replaceState(null, "", location.pathname + location.search);
    }
    const before = Array.isArray(found?.steps) ? found.steps : [];
    const from = { steps: before, earlier: found?.earlier === true };
    // Who comes to the page again has asked already what its address asks.
    const anew = performance.getEntriesByType("navigation")[0]?.type === "navigate";
    const repeated = (anew ? before.slice(-1) : before).some((step) => step?.value === question);
    const sent = question && !repeated && askOf(question, { opening: true, from });
    if (!sent && before.length) send(null, { opening: true, from });
  };

  const PARTS = ["#box input", "#talk [role=log]", "#sources nav", "#announce", "#keep"];

  /* Gradio puts the parts of the page up one after another. */
  const connect = (act) => {
    const begin = () => {
      if (trigger || !PARTS.every(find)) return;
      watch.disconnect();
      trigger = act;
      find("#first")?.remove();
      new MutationObserver(() => { drawing = true; }).observe(find("#talk"), { childList: true, characterData: true, subtree: true });
      // Gradio writes the browser's language there.
      new MutationObserver(() => { if (root.lang !== words.code) root.lang = words.code; }).observe(root, { attributeFilter: ["lang"] });
      root.lang = words.code;
      find("#talk [role=log]").setAttribute("aria-label", find("#sources nav").dataset.conversation);
      // The whole of five passages would be read aloud; the status line says what matters.
      find("#talk [role=log]").setAttribute("aria-live", "off");
      for (const name of ["site", "theme", "color"].filter((name) => address.get(name))) {
        all("a.tongue").forEach((link) => { link.search += `&${name}=${encodeURIComponent(address.get(name))}`; });
      }
      career.ready.forEach((prepare) => prepare());
      resume();
      root.classList.add("ready");
    };
    const watch = new MutationObserver(begin);
    watch.observe(document.body, { childList: true, subtree: true });
    begin();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button, a.tongue");
    if (!button) return;
    const { step, value } = button.dataset;
    if (step) {
      if ("free" in button.dataset) all(".filters [aria-pressed=true]").forEach((on) => on.click());
      send({ kind: step, value, filters: step === "similar" ? {} : filters() });
    } else if (button.id === "fresh") {
      send(null, { from: {} });
    } else if (button.id === "clear") {
      clear();
    } else if (button.matches("#trouble button") && pending) {
      send(pending.step, pending);
    } else if (button.matches("a.tongue")) {
      const target = new URL(button.href);
      target.hash = steps().length ? `talk=${encodeURIComponent(JSON.stringify(shown()))}` : "";
      button.href = target;
    }
  });

  document.addEventListener("input", ({ target, isTrusted }) => {
    if (target !== box() && !target.matches(".reasons textarea")) return;
    tooLong(target);
    if (!isTrusted || !next || target !== box()) return;
    next = "";
    show("");
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "keep") keep(event.target.checked);
  });

  return { connect, ask, done, send, say, show, steps, filters, type, tooLong, words, site, fill, find, all, box, waiting, ready: [], sending: [], changed: [] };
})();
