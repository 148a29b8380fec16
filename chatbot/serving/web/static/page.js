"use strict";
/* The conversation of the chat page. It asks nobody but its own server, and stores nothing before the visitor
   asks something, or leaves in the middle of a question.

   The page comes with the document. Gradio, which is a hundred times its size, is loaded behind it and takes over once
   it shows the same conversation; until then, and where it never comes, the page asks the server itself. */
const career = (() => {
  const root = document.documentElement;
  const words = JSON.parse(document.getElementById("words").textContent);
  const first = () => document.getElementById("first"); // until Gradio has taken over
  const view = () => first() || document;
  const find = (selector) => view().querySelector(selector);
  const all = (selector, within = view()) => [...within.querySelectorAll(selector)];
  const ofGradio = (selector) => document.querySelector(`gradio-app ${selector}`);
  const box = () => find("#box textarea");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const address = new URLSearchParams(location.search);
  /* What the address brings along is behind the sign that browsers keep to themselves: no log of a server has it. */
  if (address.has("q")) {
    const rest = new URLSearchParams(address);
    rest.delete("q");
    history.replaceState(null, "", `${location.pathname}${rest.size ? `?${rest}` : ""}#${new URLSearchParams({ q: address.get("q") })}`);
  }
  const site = address.get("site"); // whose rules hold here
  // Two frames of one page are two conversations.
  const KEPT = ["career-chatbot", site, self !== top && window.name].filter(Boolean).join(" ");
  const RATED = `${KEPT} rated`; // passages, with what was said of them
  const DRAFT = `${KEPT} draft`; // what stands in the input
  const SAVED = ["career-chatbot-saved", site].filter(Boolean).join(" "); // passages; see saved.js
  const MOST_STEPS = 50;
  const MOST_CHARACTERS = 1000;
  const MOST_SENT = 16000; // characters: what the server takes in one request leaves room for three bytes for each
  const SLOW = 4000;
  const GIVE_UP = 60000;
  const UNCHANGED = 500;
  const TWICE = 500; // milliseconds in which a second click on "Ask" meets "Stop"
  const BLOCKS = "p, li, h4, h5, pre, tr"; // of a passage
  const ENDED = /[.!?…:;。؟؛][\p{Pe}\p{Pf}"']*$/u;
  // How a question was read: on what was asked before, or by itself.
  const LEANING = ["follow_up", "more", "pick"];
  const ALONE = ["standalone", "change"];
  const LOW = matchMedia("(max-height: 320px)"); // as at a zoom of 400 %

  let trigger; // Gradio's way to the server
  let offered = null; // the conversation that Gradio was given to show, as JSON, until it takes over
  let next = ""; // what was entered while another question is under way
  let pending = null; // the gesture under way: {step, typed, opening, from, sent, stop}
  let cleared = false; // this conversation is not to be kept
  let trouble = null; // why it failed: {status, wait}
  let slow;
  let messages = 0; // how many the last answer of the server has
  let drawing = false; // the conversation has changed since that answer
  let made = ""; // the state of the articles that the link was made from

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
    if (waiting()) return;
    career.sending.forEach((react) => react());
    pending = { step, typed, opening, from, sent: performance.now(), stop: new AbortController() };
    trouble = null;
    show("");
    root.classList.add("waiting");
    echo(unsent());
    if (unsent() && box().value.trim() === unsent()) type("");
    askButton().textContent = words.stop;
    slow = setTimeout(() => show(next ? words.waits : words.slow), SLOW);
    const gesture = JSON.stringify({ step, ...from, language: words.code });
    if (first()) post(gesture);
    else trigger(gesture);
  };

  /* The last question, read or limited in another way: what was not meant is not left standing. */
  const sendAgain = (step) => {
    const from = shown();
    send(step, { from: { ...from, steps: from.steps.slice(0, -1) } });
  };

  const unfilter = () => all(".filters [aria-pressed=true]").forEach((on) => on.click());

  const askButton = () => find("#box button");
  const limits = () => AbortSignal.any([AbortSignal.timeout(GIVE_UP), ...(pending ? [pending.stop.signal] : [])]);

  const post = async (gesture) => {
    try {
      const answer = await pass(`talk${location.search}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: gesture, signal: limits() });
      if (answer.ok) draw((await answer.json()).messages);
      else trouble = { status: answer.status, wait: Number(answer.headers.get("Retry-After")) };
    } catch {
      trouble = { status: 0 };
    }
    clearTimeout(slow);
    if (trouble) fail();
    else arrive();
  };

  const draw = (said) => find("#talk [role=log]").replaceChildren(...said.map(({ role, html }) => {
    const row = document.createElement("div");
    row.className = `message-row ${role === "user" ? "user-row" : "bot-row"}`;
    row.innerHTML = html; // the server's templates have escaped what is in it
    return row;
  }));

  /* One question at a time, in the order in which they were entered: the next one stays in the input until its turn. */
  const ask = (text) => {
    const value = text.trim();
    if (!value) type(""); // what tells what to type shows again
    if (!value || tooLong(box())) return;
    const failed = !waiting() && !find("#pending .waits").hidden;
    if (failed) send(pending.step, pending);
    if (!waiting()) return send({ kind: "ask", value, filters: filters() }, { typed: true });
    next = value;
    show(words.waits);
  };

  /* The question that the server has not answered yet. */
  const unsent = () => (pending?.step && pending.step.kind !== "similar" ? pending.step.value : "");

  const echo = (text) => {
    const place = find("#pending .waits");
    place.querySelector(".question").textContent = text;
    place.hidden = !text;
    if (text) place.scrollIntoView({ block: "start" });
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

  /* Gradio has answered. */
  const done = () => {
    if (first() && !offered) return;
    if (!first()) clearTimeout(slow);
    if (!first() && trouble) fail();
    else drawn(performance.now() + GIVE_UP);
  };

  const rest = () => {
    root.classList.remove("waiting");
    askButton().textContent = words.ask;
  };

  const fail = () => {
    rest();
    next = "";
    if (pending.stop.signal.aborted) {
      trouble = null;
      show(words.stopped);
    } else explain(trouble);
    // Where the input is taken, what failed stays in sight over it.
    if (box().value && trouble) return;
    if (!box().value) type(unsent());
    echo("");
  };

  /* Gradio draws what came in its own time: it may have to fetch the code for it first. */
  const drawn = (end) => {
    const there = all(":is(.question, section.answer, .notice:is(.problem, .earlier))", ofGradio("#talk")).length;
    // A full conversation has as many messages as before.
    const settled = drawing || performance.now() > end - GIVE_UP + UNCHANGED;
    if ((there !== messages || !settled) && performance.now() < end) setTimeout(drawn, 20, end);
    else if (first()) takeOver();
    else arrive();
  };

  const arrive = () => {
    const busy = find("#talk .busy");
    if (busy) {
      trouble = { status: 429, wait: busy.dataset.wait };
      fail();
      return;
    }
    rest();
    echo("");
    carryOn();
    // What Gradio calls a message has no role that could have a name.
    all("#talk [aria-label]:not([role], a, button, section, footer, nav)").forEach((part) => part.removeAttribute("aria-label"));
    root.classList.toggle("talking", Boolean(find("#talk .question")));
    const last = (pending?.opening && inAddress()) || all("#talk section.answer, #talk .notice.problem").pop();
    // Where little is seen at once, it is the answer.
    if (last) ((!LOW.matches && askedAbove(last)) || last).scrollIntoView({ block: "start" });
    else scrollTo({ top: 0 });
    // Who is typing goes on typing.
    if (pending?.typed || !last || (box().value && box() === document.activeElement)) box().focus({ preventScroll: true });
    else if (pending && !pending.opening) (last.querySelector("[tabindex='-1']") || last).focus({ preventScroll: true });
    const full = all("#talk .question").length === MOST_STEPS && !find("#talk .earlier") ? fill(words.full, { most: MOST_STEPS }) : "";
    const changed = made && last?.dataset.generation && made !== last.dataset.generation ? words.changed : "";
    made = "";
    show(changed || full);
    if (last && pending?.step) say(`${summary(last)} ${full}`);
    name(last, pending);
    pending = null;
    career.changed.forEach((react) => react());
    remember();
    if (next && box().value.trim() === next) ask(next);
    next = "";
    offer();
  };

  /* The address and the title name the last question, so that Back leads to the one before. */
  const name = (last, { step, opening }) => {
    const question = last?.dataset.question;
    document.title = question ? `${question} · ${words.title}` : words.title;
    // What was cleared does not come back with the address.
    const here = `${location.pathname}${location.search}${question && !cleared ? hashOf(last) : ""}`;
    if (step?.kind !== "similar" && location.pathname + location.search + location.hash !== here) history[opening ? "replaceState" : "pushState"](null, "", here);
  };

  /* Other sites may show this page in a frame, but not what is read here. */
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[href]");
    if (self !== top && link?.href.startsWith(new URL("../articles", location.href).href)) link.target = "_blank";
  }, true);

  const stop = () => {
    next = "";
    pending.stop.abort();
  };

  /* The steps that bring an answer back: its own, after those that it leans on. What else was asked is nobody's business. */
  const stepsTo = (answer) => {
    const answers = all("#talk section.answer[data-read]");
    const at = answers.indexOf(answer);
    const from = LEANING.includes(answer.dataset.read) ? answers.slice(0, at).findLastIndex(({ dataset }) => ALONE.includes(dataset.read)) : at;
    return answers.slice(Math.max(from, 0), at + 1)
      .filter((one) => one === answer || one.dataset.read !== "small_talk")
      .map((one) => JSON.parse(askedAbove(one).dataset.step));
  };

  /* An answer in an address, behind the sign that no server sees: its question, or the steps that lead to it. */
  const hashOf = (answer, more = {}) => {
    const led = stepsTo(answer);
    const plain = led.length === 1 && led[0].kind === "ask" && !led[0].filters;
    return `#${new URLSearchParams({ ...(plain ? { q: led[0].value } : { talk: JSON.stringify({ steps: led }) }), ...more })}`;
  };

  /* What shows an answer to others as it was seen, and tells them where the articles have changed since. */
  const linkTo = (answer) => {
    const target = new URL(location.pathname, location.href);
    if (site) target.searchParams.set("site", site);
    target.searchParams.set("lang", words.code);
    target.hash = hashOf(answer, { of: answer.dataset.generation });
    return target.href;
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

  /* Of a block what is marked, with a sign for what stands between; of a table the whole row. */
  const marked = (block) => {
    if (block.matches("tr")) return [...block.cells].map((cell) => cell.textContent.trim()).join(" | ");
    const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    let said = "";
    while (texts.nextNode()) {
      const { parentElement, data } = texts.currentNode;
      if (parentElement.closest(BLOCKS) === block) said += parentElement.closest("mark") || !data.trim() ? data : "\0";
    }
    return said.trim().split(/\s*\0+\s*/).filter(Boolean).join(" … ");
  };

  /* What is marked in a passage, block by block. */
  const marks = (passage) => [...new Set(all("mark", passage).map((mark) => mark.closest("tr") || mark.closest(BLOCKS)))].map(marked);

  /* What a screen reader says of an answer: its heading, what is to be known, and the sentences that answer best. */
  const summary = (answer) => {
    const text = (part) => part?.textContent.trim();
    const short = all(".short p > span", answer).map(text);
    const card = answer.querySelector(".card");
    const best = card && !short.length ? [text(card.querySelector("h4")), ...marks(card.querySelector(".passage"))] : short;
    return [text(answer.querySelector("h3")), text(answer.querySelector(".notice")), ...best]
      .filter(Boolean).map((said) => (ENDED.test(said) ? said : `${said}.`)).join(" ");
  };

  /* Gradio takes a request that fails for the end of the conversation. It gets an answer that changes nothing, and the
     visitor a line that says what happened. */
  const pass = window.fetch;
  const failed = (why) => {
    if (first()) offered = null;
    else trouble = why;
  };
  window.fetch = async (request, options) => {
    if (!String(request?.url || request).includes("/run/predict")) return pass(request, options);
    try {
      const answer = await pass(request, { ...options, signal: limits() });
      if (answer.ok) {
        messages = (await answer.clone().json()).data[0].length;
        drawing = false;
        return answer;
      }
      failed({ status: answer.status, wait: Number(answer.headers.get("Retry-After")) });
    } catch {
      failed({ status: 0 });
    }
    const nothing = { data: [{ __type__: "update" }, null], is_generating: false, changed_state_ids: [] };
    return new Response(JSON.stringify(nothing), { headers: { "Content-Type": "application/json" } });
  };

  /* The conversation is kept in its tab, and on the device where the visitor wants that. A browser may forbid either. */
  const TAB = "sessionStorage";
  const DEVICE = "localStorage";

  const stored = (where, name = KEPT) => {
    try { return JSON.parse(window[where].getItem(name)); } catch { return null; }
  };

  const store = (where, value = shown(), name = KEPT) => {
    try {
      window[where].setItem(name, JSON.stringify(value));
      return true;
    } catch { return false; }
  };

  const unstore = (where, name = KEPT) => {
    try { window[where].removeItem(name); } catch { /* a browser that keeps nothing has nothing to forget */ }
  };

  const offerToClear = () => { find("#clear").hidden = ![stored(TAB), stored(DEVICE), stored(DEVICE, SAVED)].some(Boolean); };

  /* What was said of passages, so that it is said once, also after a reload. A browser that keeps nothing knows it until then. */
  let ratings = stored(TAB, RATED) || {};
  const rated = (what) => ratings[what];
  const keepRating = (what, said) => {
    ratings[what] = said; // nothing where it was taken back
    if (!Object.values(ratings).some(Boolean)) unstore(TAB, RATED);
    else if (!cleared) store(TAB, ratings, RATED);
  };

  /* The conversation of this tab, and what was said of it. */
  const forget = () => {
    ratings = {};
    [KEPT, RATED].forEach((name) => unstore(TAB, name));
  };

  /* What a visitor saved of the answers, on this device alone. Returns whether the browser took it. */
  const saved = () => stored(DEVICE, SAVED);
  const save = (passages) => {
    if (passages.length && !store(DEVICE, passages, SAVED)) return false;
    if (!passages.length) unstore(DEVICE, SAVED);
    offerToClear();
    return true;
  };

  const remember = () => {
    const asked = steps().length > 0;
    cleared &&= asked;
    if (asked && !cleared) store(TAB);
    else forget();
    if (find("#keep").checked && !store(DEVICE)) {
      find("#keep").checked = false;
      show(words.storage_full);
    }
    offerToClear();
  };

  const clear = () => {
    forget();
    unstore(DEVICE);
    save([]);
    career.changed.forEach((react) => react());
    find("#keep").checked = false;
    find("#clear").hidden = cleared = true;
    history.replaceState(null, "", location.pathname + location.search);
    say(words.cleared);
    find("#keep").focus(); // the button goes with what it cleared
  };

  const keep = (wanted) => {
    if (!wanted) unstore(DEVICE);
    remember();
    if (wanted === find("#keep").checked) say(wanted ? words.kept : words.unkept);
  };

  const brought = () => new URLSearchParams(location.hash.slice(1));

  /* The steps that lead to what the address asks, the last its own; none where it asks nothing. */
  const stepsOfAddress = () => {
    const question = (brought().get("q") || "").trim();
    if (question) return [{ kind: "ask", value: question }];
    try { return JSON.parse(brought().get("talk")).steps.slice(-MOST_STEPS); } catch { return []; /* cut off on its way */ }
  };

  /* A question of the address, asked where it can be; one that is too long stays in the box. */
  const askOf = (question, opening) => {
    type(question);
    if (!tooLong(box())) send({ kind: "ask", value: question }, opening);
    return !tooLong(box());
  };

  /* The answer that the address names, or one to the same question. */
  const inAddress = () => {
    const answers = all("#talk section.answer[data-read]").reverse();
    const question = stepsOfAddress().at(-1)?.value;
    return answers.find((answer) => hashOf(answer) === location.hash) || answers.find((answer) => answer.dataset.question === question);
  };
  const askedAbove = (answer) => all("#talk .question").findLast((part) => part.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING);

  /* Back and Forward lead to what was asked; what was not asked yet is. */
  addEventListener("hashchange", () => {
    const answer = inAddress();
    const [last, ...before] = stepsOfAddress().reverse();
    if (answer) {
      document.title = `${answer.dataset.question} · ${words.title}`;
      askedAbove(answer)?.scrollIntoView({ block: "start" });
    } else if (brought().has("q") && last) askOf(last.value, { opening: true });
    else if (last) send(last, { opening: true, from: { ...shown(), steps: [...steps(), ...before.reverse()].slice(-MOST_STEPS) } });
    else if (!location.hash) scrollTo({ top: 0 });
  });

  /* What the address and the browser bring along: a question, the conversation before a change of language or a reload,
     a kept one. Only what was asked is taken from there: the server answers it anew. */
  const resume = () => {
    const kept = stored(DEVICE);
    find("#keep").checked = Boolean(kept);
    const wanted = stepsOfAddress();
    const question = brought().has("q") && wanted.at(-1)?.value;
    let found = stored(TAB) || kept;
    offerToClear();
    made = brought().get("of") || "";
    const had = Array.isArray(found?.steps) ? found.steps : [];
    // Who comes to the page again has asked already what its address asks.
    const anew = performance.getEntriesByType("navigation")[0]?.type === "navigate";
    const repeated = (anew ? had.slice(-1) : had).some((step) => step?.value === wanted.at(-1)?.value)
      && wanted.every((one) => had.some((step) => step?.value === one?.value));
    if (brought().has("talk") && !wanted.length) history.replaceState(null, "", location.pathname + location.search);
    else if (brought().has("talk") && !repeated) found = { ...JSON.parse(brought().get("talk")), steps: wanted };
    const before = Array.isArray(found?.steps) ? found.steps : [];
    const from = { steps: before, earlier: found?.earlier === true };
    // The server has answered it already, with the document.
    if (question && steps().length && !before.length) return settled();
    const sent = question && !repeated && askOf(question, { opening: true, from });
    if (!sent && before.length) send(null, { opening: true, from });
  };

  /* What was typed and not asked comes back, as from reading an article. It is kept only while its page is left. */
  const bringDraft = () => {
    const draft = stored(TAB, DRAFT);
    unstore(TAB, DRAFT);
    if (typeof draft === "string" && !box().value) type(draft);
  };
  addEventListener("pagehide", () => { if (box().value.trim() && !cleared) store(TAB, box().value, DRAFT); });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) unstore(TAB, DRAFT); });

  const settled = () => {
    pending = { step: null, opening: true };
    arrive();
  };

  const PARTS = ["#box textarea", "#talk [role=log]", "#pending .waits", "#sources nav", "#announce", "#keep"];

  /* Gradio puts its parts of the page up one after another. */
  const connect = (act) => {
    const begin = () => {
      if (trigger || !PARTS.every(ofGradio)) return;
      watch.disconnect();
      trigger = act;
      new MutationObserver(() => { drawing = true; }).observe(ofGradio("#talk"), { childList: true, characterData: true, subtree: true });
      // Gradio writes the browser's language there.
      new MutationObserver(() => { if (root.lang !== words.code) root.lang = words.code; }).observe(root, { attributeFilter: ["lang"] });
      root.lang = words.code;
      ofGradio("#talk [role=log]").setAttribute("aria-label", find("#sources nav").dataset.conversation);
      // The whole of five passages would be read aloud; the status line says what matters.
      ofGradio("#talk [role=log]").setAttribute("aria-live", "off");
      offer();
    };
    const watch = new MutationObserver(begin);
    watch.observe(document.body, { childList: true, subtree: true });
    begin();
  };

  /* Gradio takes over as soon as it shows what the page shows. */
  const offer = () => {
    if (!trigger || !first() || waiting() || offered) return;
    if (!steps().length) takeOver();
    else {
      offered = JSON.stringify(shown());
      trigger(JSON.stringify({ step: null, ...shown(), language: words.code }));
    }
  };

  /* Nobody is in the middle of something that would be lost. */
  const idle = () => !waiting() && !find("#talk details[open], #talk form, .menu[open], .filters[open]")
    && !find("#talk").contains(document.activeElement) && getSelection().isCollapsed;

  const takeOver = () => {
    if (!idle()) return void setTimeout(takeOver, UNCHANGED);
    const same = offered === (steps().length ? JSON.stringify(shown()) : null);
    offered = null;
    if (ofGradio(".busy")) return void setTimeout(offer, GIVE_UP);
    if (!same) return offer();
    const { value, selectionStart, selectionEnd } = box();
    const typing = box() === document.activeElement;
    const pressed = all(".filters [aria-pressed=true]").map(({ dataset }) => `.filters [data-field="${dataset.field}"][data-value="${CSS.escape(dataset.value)}"]`);
    const told = ["#trouble", "#pending .waits"].map((part) => [part, find(part)]);
    const [{ checked }, { hidden }] = [find("#keep"), find("#clear")];
    first().remove();
    told.forEach(([part, line]) => find(part).replaceWith(line));
    prepare();
    find("#keep").checked = checked;
    find("#clear").hidden = hidden;
    pressed.forEach((button) => find(button).setAttribute("aria-pressed", "true"));
    if (value) type(value);
    if (typing) {
      box().focus({ preventScroll: true });
      box().setSelectionRange(selectionStart, selectionEnd);
    }
    carryOn();
    career.changed.forEach((react) => react());
    root.classList.add("ready");
  };

  const prepare = () => {
    for (const name of ["site", "theme", "color"].filter((name) => address.get(name))) {
      all("a.tongue").forEach((link) => { link.search += `&${name}=${encodeURIComponent(address.get(name))}`; });
    }
    // What stands over the input goes up with it as its text grows.
    new ResizeObserver(([{ target }]) => root.style.setProperty("--box", `${target.offsetHeight}px`)).observe(find("#box"));
    career.ready.forEach((react) => react());
  };

  const element = (name, values) => Object.assign(document.createElement(name), values);
  const read = (name) => JSON.parse(document.getElementById(name).textContent);

  /* What is not needed for a first question comes when one can be asked, and Gradio behind it. */
  const load = () => {
    const later = read("later");
    document.body.append(...later.styles.map((href) => element("link", { rel: "stylesheet", href })));
    document.head.append(...later.scripts.map((src) => element("script", { src, async: false })));
    const { config, script, styles } = read("gradio");
    if (root.matches(".dark, .light")) {
      // Gradio takes the theme from this part of the address.
      const here = new URL(location);
      here.searchParams.set("__theme", root.classList.contains("dark") ? "dark" : "light");
      history.replaceState(null, "", here);
    }
    Object.assign(window, { gradio_config: config, gradio_api_info: { named_endpoints: {}, unnamed_endpoints: {} }, __gradio_mode__: "app" });
    document.head.append(
      ...styles.map((href) => element("link", { rel: "stylesheet", href })),
      element("script", { type: "module", src: script }),
    );
  };

  document.addEventListener("DOMContentLoaded", () => {
    prepare();
    resume();
    bringDraft();
  });
  // Where nothing is drawn, as in a tab behind others, no browser is ever idle.
  addEventListener("load", () => (window.requestIdleCallback || setTimeout)(load, { timeout: 500 }));

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "box") return;
    event.preventDefault();
    ask(box().value);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button, a.tongue");
    if (!button) return;
    const { step, value } = button.dataset;
    if (button.closest("#box") && waiting()) {
      event.preventDefault();
      event.stopPropagation();
      if (performance.now() - pending.sent > TWICE) stop();
    } else if (step) {
      event.preventDefault();
      if ("free" in button.dataset) unfilter();
      const wanted = { kind: step, value, filters: step === "similar" ? {} : filters() };
      if ("again" in button.dataset && button.closest("section.answer") === all("#talk section.answer").pop()) sendAgain(wanted);
      else send(wanted);
    } else if (button.id === "fresh") {
      unfilter();
      say("");
      send(null, { from: {} });
    } else if (button.id === "clear") {
      clear();
    } else if (button.matches("#trouble button") && pending) {
      send(pending.step, pending);
    } else if (button.matches("a.tongue")) {
      const target = new URL(button.href);
      target.hash = steps().length ? new URLSearchParams({ talk: JSON.stringify(shown()) }) : "";
      button.href = target;
    }
  }, true);

  /* Ctrl+K leads to the input from anywhere, the arrow up in an empty one brings back what was asked last. */
  document.addEventListener("keydown", (event) => {
    // What a browser fills in by itself comes as a key without a name.
    if (event.key?.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) box().focus();
    else if (event.key === "ArrowUp" && event.target === box() && !box().value) {
      const last = steps().findLast(({ kind }) => kind !== "similar");
      if (!last) return;
      type(last.value);
    } else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const skip = event.target.closest?.(".skips a");
    if (!skip) return;
    event.preventDefault();
    if (skip.hash === "#question") box().focus();
    else all("#talk section.answer").pop()?.querySelector("[tabindex='-1']").focus();
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

  return { connect, ask, done, send, sendAgain, linkTo, summary, BLOCKS, marks, say, show, steps, filters, type, tooLong, saved, save, SAVED, rated, keepRating, words, site, fill, find, all, box, waiting, ready: [], sending: [], changed: [] };
})();
