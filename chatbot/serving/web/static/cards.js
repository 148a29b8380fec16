"use strict";
/* What is done with the cards and the conversation: copy, rate, download, and the list of sources. */
(() => {
  const { words, find, all, say, BLOCKS } = career;
  const POINTED = 2000; // milliseconds

  /* The text of a block without that of the blocks in it. */
  const own = (block) => {
    const copied = block.cloneNode(true);
    all("p, li, pre", copied).forEach((inner) => inner.remove());
    return copied.textContent.trim();
  };

  /* The text of a passage, block by block. */
  const blocks = (passage) => all(BLOCKS, passage)
    .map((block) => (block.matches("tr") ? [...block.cells].map((cell) => cell.textContent.trim()).join(" | ") : own(block)))
    .filter(Boolean);

  /* Where a passage stands, without what only this page tells the article. */
  const addressOf = (link) => {
    const address = new URL(link.href);
    address.searchParams.delete("passage");
    address.hash = address.hash.replace(/#?:~:.*/, "");
    return address.href;
  };

  const source = (card) => [card.dataset.title, card.dataset.path].filter(Boolean).join(" › ");

  const asked = (part) => {
    const answer = part.closest("section.answer");
    return answer.dataset.question || all("#talk .question").filter((question) =>
      question.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING).pop().textContent;
  };

  /* What answers in a passage, or all that is seen of it, with its source. */
  const citation = (card) => {
    const link = card.querySelector(".act.open");
    const folded = card.querySelector(".whole:not([open])");
    const passage = card.querySelector(".passage");
    const found = career.marks(passage);
    const texts = found.length ? found : folded ? [card.querySelector(".lead").textContent] : blocks(passage);
    return `“${texts.join("\n")}”\n— ${source(card)}${link ? `\n${addressOf(link)}` : ""}\n`;
  };

  const copy = async (button, text, told) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers offer the clipboard on https and localhost only.
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = button.firstElementChild;
    const before = label.textContent;
    label.textContent = told;
    button.classList.add("copied");
    say(told);
    setTimeout(() => { label.textContent = before; button.classList.remove("copied"); }, 1600);
  };

  /* Feedback */
  const about = (button) => ({ question: asked(button), passage_id: button.closest(".card")?.dataset.passage ?? null });

  const tell = (button, text, kind = "") => {
    const place = button.closest(".card, section.answer");
    let line = place.querySelector(":scope > .thanks");
    if (!line) place.append(line = document.createElement("p"));
    line.className = `thanks ${kind}`;
    line.textContent = text;
    // Who was not helped may want to ask somebody.
    const person = kind === "unhelpful" && button.closest("section.answer").querySelector(".contact[hidden] .person");
    if (person) line.append(" ", person.cloneNode(true));
    line.scrollIntoView({ block: "nearest" });
    say(text);
  };

  const showRatings = () => all("#talk .act:is(.up, .down)").forEach((button) => {
    button.ariaPressed = career.rated(JSON.stringify(about(button)))?.rating === (button.matches(".up") ? "helpful" : "unhelpful");
  });

  const sent = async (path, options) => {
    const answer = await fetch(`../api/feedback${path}`, options);
    if (!answer.ok) throw new Error(answer.status);
  };

  /* What was said is taken back by a key that this tab alone has; another rating takes the place of the one before. */
  const takenBack = ({ key }) => sent(`/${key}`, { method: "DELETE" });

  const rate = async (button, rating, reasons = [], note = "") => {
    const what = JSON.stringify(about(button));
    const before = career.rated(what);
    const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
    try {
      if (rating) {
        const body = JSON.stringify({ ...about(button), rating, reasons, note, key });
        await sent("", { method: "POST", headers: { "Content-Type": "application/json" }, body });
        if (before) takenBack(before).catch(() => {}); // a server that was started since has both
      } else await takenBack(before);
      career.keepRating(what, rating && { rating, key });
      showRatings();
      tell(button, rating ? words.thanks : words.taken_back, rating);
      return true;
    } catch {
      tell(button, words.not_sent, "problem");
      return false;
    }
  };

  const question = (button) => {
    const place = button.closest(".card, section.answer");
    if (place.querySelector(":scope > form")) return place.querySelector(":scope > form :is(input, textarea)").focus();
    const form = find("#reasons").content.firstElementChild.cloneNode(true);
    const lacking = button.matches(".lacking");
    if (lacking) {
      form.querySelector("fieldset").remove();
      form.querySelector(".note").firstChild.textContent = words.wanted;
    }
    const close = () => { form.remove(); back(button); };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (career.tooLong(form.elements.note)) return;
      const chosen = lacking ? ["incomplete"] : all("input:checked", form).map((input) => input.value);
      if (await rate(button, "unhelpful", chosen, form.elements.note.value.trim())) close();
    });
    form.querySelector(".cancel").addEventListener("click", close);
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    place.append(form);
    form.scrollIntoView({ block: "nearest" });
    form.querySelector("input, textarea").focus({ preventScroll: true });
  };

  const explain = (button) => {
    const because = button.closest(".card").querySelector(".because");
    because.hidden = !because.hidden;
    button.setAttribute("aria-expanded", String(!because.hidden));
    because.scrollIntoView({ block: "nearest" });
    if (!because.hidden) say(because.textContent);
  };

  /* Sources: those of the answer in view, which crosses the middle of the window. */
  const numbered = () => {
    all("#talk .card").forEach((card, count) => { card.id = `card-${count + 1}`; });
    for (const link of all("#talk a[data-rank]")) {
      link.href = place(link.closest("section.answer").querySelector(`.card[data-rank="${link.dataset.rank}"]`));
    }
  };

  /* A number leads to its passage, opened; the address stays that of the answer. */
  const point = (card) => {
    const whole = card.querySelector(".whole");
    if (whole) whole.open = true;
    card.scrollIntoView({ block: "start" });
    card.querySelector(".whole > summary, h4 a, .bar .act").focus({ preventScroll: true });
    card.classList.add("pointed");
    setTimeout(() => card.classList.remove("pointed"), POINTED);
  };

  const showSources = (answer) => {
    const list = answer?.querySelector(".origins ol");
    if (list) find("#sources ol").replaceChildren(...list.cloneNode(true).children);
    find("#sources nav").hidden = !list;
  };

  const watch = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach((one) => showSources(one.target)), { rootMargin: "-50% 0px" });

  const follow = () => {
    const answers = all("#talk section.answer");
    watch.disconnect();
    numbered();
    answers.forEach((answer) => watch.observe(answer));
    showSources(answers.pop());
  };

  /* The tools of a card are one stop of the Tab key; the arrow keys walk them. */
  const tools = (bar) => all(".act", bar).filter((tool) => tool.checkVisibility());
  const rove = (bar, on) => all(":scope > .act, summary", bar).forEach((tool) => { tool.tabIndex = tool === on ? 0 : -1; });
  const stops = () => all("#talk [role=toolbar]").forEach((bar) => rove(bar, bar.querySelector(".act")));

  const walk = (event) => {
    const bar = event.target.closest?.("[role=toolbar]");
    const found = bar ? tools(bar) : [];
    const [before, after] = document.dir === "rtl" ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    const at = found.indexOf(event.target);
    const to = { [before]: at - 1, ArrowUp: at - 1, [after]: at + 1, ArrowDown: at + 1, Home: 0, End: found.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    found.at(to % found.length).focus();
  };

  /* What stands in a menu is no place to come back to: it is closed by then. */
  const back = (button) => (button.closest(".popup")?.querySelector("summary") || button).focus();

  const place = (card) => `${location.pathname}${location.search}#${card.id}`;

  /* Download */
  const plain = (text) => text.replace(/[\\`*_<>[\]#|]/g, "\\$&");

  /* A passage with its source and what is to be known of it, as the paragraphs of a Markdown text. */
  const quoted = (level, name, href, passage, ...facts) => [
    `${level} ${href ? `[${plain(name)}](<${href}>)` : plain(name)}`,
    blocks(passage).map((block) => `> ${plain(block).replace(/\n/g, "\n> ")}`).join("\n>\n"),
    ...facts.filter(Boolean).map(plain),
  ];

  const markdown = () => {
    const lines = [`# ${plain(career.fill(words.exported, { title: words.title }))}`];
    for (const part of all("#talk .question, #talk section.answer")) {
      if (part.matches(".question")) lines.push(`## ${plain(part.textContent)}`);
      else {
        lines.push(...all(":scope > .searched q, :scope > .notice", part).map((told) => `*${plain(told.textContent)}*`));
        for (const card of all(".card", part)) {
          lines.push(...quoted("###", source(card), card.querySelector(".act.open")?.href, card.querySelector(".passage"), card.dataset.when));
        }
      }
    }
    return lines;
  };

  const download = (name, lines) => {
    const address = URL.createObjectURL(new Blob([`${lines.join("\n\n")}\n`], { type: "text/markdown" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  const CLICKS = [
    [".act.copy", (button) => copy(button, citation(button.closest(".card")), words.copied)],
    [".act.why", explain],
    [".act:is(.up, .down)[aria-pressed=true]", (button) => rate(button, "")],
    [".act.up", (button) => rate(button, "helpful")],
    [".act.down", question],
    ["#download", () => download("conversation.md", markdown())],
    ["#print", () => print()],
  ];

  const close = (except) => all("details:is(.menu, .popup)[open]").forEach((open) => { if (open !== except) open.open = false; });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    const found = button && CLICKS.find(([selector]) => button.matches(selector));
    if (found && !button.matches(".copied")) found[1](button);
    const chosen = event.target.closest?.(".deeds .sheet button, .origins a");
    if (chosen && chosen === button && chosen === document.activeElement) back(chosen);
    close(chosen ? null : event.target.closest?.("details"));
    const number = event.target.closest?.("a[data-rank]");
    if (number) {
      event.preventDefault();
      point(find(number.hash));
    }
    // The whole row opens its passage, unless some of it was being selected.
    const row = event.target.closest?.(".row .lead");
    if (row && getSelection().isCollapsed) row.closest(".row").querySelector(".whole").open = true;
  });

  /* A menu opens upwards unless it would be under the bar. */
  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches?.(".deeds[open]")) return;
    target.classList.remove("below");
    const { top } = target.querySelector(".sheet").getBoundingClientRect();
    target.classList.toggle("below", top < find("#top").getBoundingClientRect().bottom);
  }, true);

  document.addEventListener("focusin", ({ target }) => {
    const bar = target.closest?.("[role=toolbar]");
    if (bar && target.matches("[role=toolbar] > .act, summary")) rove(bar, target);
  });

  document.addEventListener("keydown", (event) => {
    walk(event);
    const open = event.key === "Escape" && find("details:is(.menu, .popup)[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });

  // What is folded away belongs on paper, too.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("#talk .whole:not([open])");
    folded.forEach((part) => { part.open = true; });
    // Where a passage stands is no use on paper unless it is written out.
    all("#talk .card .act.open").forEach((link) => {
      link.closest(".card").querySelector(".passage").dataset.address = addressOf(link);
    });
  });
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));

  Object.assign(career, { asked, source, blocks, copy, plain, quoted, download, back });
  career.sending.push(() => close()); // the answer would lie under it
  career.changed.push(follow, stops, showRatings);
})();
