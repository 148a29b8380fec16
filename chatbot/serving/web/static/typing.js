"use strict";
/* Questions while typing: a list under a text box, which the arrow keys walk. A text of several lines cannot be a
   combobox; how many questions there are is said when they come. */
(() => {
  const { words, find, say } = career;
  const PAUSE = 150;
  const SHORTEST = 2;
  const LONGEST = 200; // no question of an article is longer
  const MOST = 6;
  const plural = new Intl.PluralRules(words.code);
  let timer;
  let request;
  let chosen = -1;

  const list = () => find("#suggestions");
  const options = () => [...list().children];

  const close = () => {
    clearTimeout(timer);
    request?.abort();
    chosen = -1;
    list().hidden = true;
    list().replaceChildren();
    career.box().removeAttribute("aria-activedescendant");
  };

  const open = (questions) => {
    chosen = -1;
    list().replaceChildren(...questions.map((question, place) => Object.assign(document.createElement("li"), {
      id: `suggestion-${place}`, role: "option", ariaSelected: "false", textContent: question, dir: "auto",
    })));
    list().hidden = !questions.length;
    career.box().removeAttribute("aria-activedescendant");
    const form = words.plurals.suggestions;
    if (questions.length) say((form[plural.select(questions.length)] || form.other).replace("{n}", questions.length));
  };

  const look = async (text) => {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(`../api/suggest${career.site ? `?site=${encodeURIComponent(career.site)}` : ""}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ q: text, n: MOST }), signal: request.signal,
      });
      const { suggestions } = answer.ok ? await answer.json() : { suggestions: [] };
      if (career.box().value.trim() === text && !career.waiting()) open(suggestions.filter((question) => question !== text));
    } catch { /* without suggestions a question is typed to its end */ }
  };

  const choose = (place) => {
    const all = options();
    chosen = (place + all.length + 1) % (all.length + 1); // one place more: the text as it was typed
    all.forEach((option, number) => option.setAttribute("aria-selected", String(number === chosen)));
    if (all[chosen]) {
      career.box().setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    } else career.box().removeAttribute("aria-activedescendant");
  };

  const take = (option) => {
    const question = option.textContent;
    close();
    career.type(question);
    clearTimeout(timer);
    career.ask(question);
  };

  const key = (event) => {
    if (event.target !== career.box() || event.isComposing || event.keyCode === 229) return;
    // Gradio would read the input a moment later, when somebody may be typing on.
    if (event.key === "Enter" && !event.shiftKey && !options()[chosen]) {
      close();
      career.ask(event.target.value);
    } else if (list().hidden) return;
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? options().length - 1 : chosen - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && options()[chosen]) take(options()[chosen]);
    else {
      if (event.key === "Tab") close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const typed = (event) => {
    clearTimeout(timer);
    const text = event.target.value.trim();
    if (!event.isTrusted || text.length < SHORTEST || text.length > LONGEST) close();
    else timer = setTimeout(look, PAUSE, text);
  };

  career.ready.push(() => {
    const box = career.box();
    // Gradio's label has the button in it, whose text would belong to the name.
    box.setAttribute("aria-label", box.closest("label").querySelector("span").textContent.trim());
    box.setAttribute("aria-haspopup", "listbox");
    box.setAttribute("aria-controls", "suggestions");
    box.setAttribute("aria-autocomplete", "list");
    Object.assign(box, { autocomplete: "off", dir: "auto", enterKeyHint: "send" });
    box.addEventListener("input", typed);
    box.addEventListener("blur", close);
    // Before Gradio, which sends the question on Enter.
    document.addEventListener("keydown", key, true);
    list().addEventListener("mousedown", (event) => event.preventDefault());
    list().addEventListener("click", (event) => { if (event.target.closest("li")) take(event.target.closest("li")); });
  });
  career.sending.push(close);
})();
