"use strict";
/* What is done with the cards and the conversation: copy, rate, filter, download, and the list of sources. */
(() => {
  const { words, find, all, say, steps } = career;
  const BLOCKS = "p, li, h4, pre, tr";

  /* The text of a passage, block by block. */
  const blocks = (passage) => all(BLOCKS, passage)
    .filter((block) => !block.querySelector("p, li"))
    .map((block) => (block.matches("tr") ? [...block.cells].map((cell) => cell.textContent.trim()).join(" | ") : block.textContent.trim()));

  const source = (card) => [card.querySelector("h3"), card.querySelector(".path")]
    .filter(Boolean).map((part) => part.textContent.trim()).join(" › ");

  const citation = (card) => {
    const link = card.querySelector("h3 a");
    return `“${blocks(card.querySelector(".passage")).join("\n")}”\n— ${source(card)}${link ? `\n${link.href}` : ""}\n`;
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
  const about = (button) => {
    const answer = button.closest("section.answer");
    const asked = answer.dataset.question || all("#talk .question").filter((question) =>
      question.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING).pop().textContent;
    return { question: asked, passage_id: button.closest(".card")?.dataset.passage ?? null };
  };

  const tell = (button, text, kind = "") => {
    const place = button.closest(".card, section.answer");
    let line = place.querySelector(":scope > .thanks");
    if (!line) place.append(line = document.createElement("p"));
    line.className = `thanks ${kind}`;
    line.textContent = text;
    line.scrollIntoView({ block: "nearest" });
    say(text);
  };

  const rate = async (button, rating, reasons = [], note = "") => {
    try {
      const body = JSON.stringify({ ...about(button), rating, reasons, note });
      const answer = await fetch("../api/feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (!answer.ok) throw new Error(answer.status);
      const group = button.closest(".rate") || button.parentElement;
      all("[aria-pressed]", group).forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      tell(button, words.thanks);
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
    const close = () => { form.remove(); button.focus(); };
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
  };

  /* Filters */
  const showFilters = () => {
    const chips = all(".filters [aria-pressed=true]").map((button) => {
      const chip = Object.assign(document.createElement("button"), { type: "button", className: "chip on", textContent: button.textContent });
      chip.dir = "auto";
      chip.setAttribute("aria-label", career.fill(words.remove, { name: button.textContent }));
      chip.addEventListener("click", () => { press(button, false); (find("#active button") || find(".filters summary")).focus(); });
      return chip;
    });
    find("#active")?.replaceChildren(...chips);
    const last = steps().pop();
    if (find("#again")) find("#again").hidden = !last || last.kind === "similar";
  };

  const press = (button, on) => { button.setAttribute("aria-pressed", String(on)); showFilters(); };

  /* Sources */
  const showSources = () => {
    const articles = new Map();
    all("#talk .card").forEach((card, place) => {
      card.id = `card-${place + 1}`;
      const { article } = card.dataset;
      if (!articles.has(article)) articles.set(article, []);
      articles.get(article).push(card);
    });
    for (const link of all("#talk .short a")) {
      link.href = place(all(".card", link.closest("section.answer"))[link.dataset.rank - 1]);
    }
    find("#sources ol").replaceChildren(...[...articles.values()].map((cards) => {
      const title = cards[0].querySelector("h3");
      const item = document.createElement("li");
      const link = Object.assign(document.createElement("a"), { href: place(cards[0]), textContent: title.textContent, dir: "auto", lang: title.lang });
      item.append(link);
      if (cards.length > 1) {
        const more = Object.assign(document.createElement("span"), { className: "places" });
        more.append(...cards.map((card, number) => Object.assign(document.createElement("a"), { href: place(card), textContent: number + 1, ariaLabel: `${title.textContent} ${number + 1}` })));
        item.append(more);
      }
      return item;
    }));
    find("#sources nav").hidden = !articles.size;
    document.documentElement.classList.toggle("sourced", articles.size > 0);
  };

  const place = (card) => `${location.pathname}${location.search}#${card.id}`;

  /* Download */
  const plain = (text) => text.replace(/[\\`*_<>[\]#|]/g, "\\$&");

  const markdown = () => {
    const lines = [`# ${plain(career.fill(words.exported, { title: words.title }))}`];
    for (const part of all("#talk .question, #talk section.answer")) {
      if (part.matches(".question")) lines.push(`## ${plain(part.textContent)}`);
      else {
        lines.push(...all(":scope > .searched q, :scope > .notice", part).map((told) => `*${plain(told.textContent)}*`));
        for (const card of all(".card", part)) {
          const link = card.querySelector("h3 a");
          const name = plain(source(card));
          lines.push(`### ${link ? `[${name}](<${link.href}>)` : name}`);
          lines.push(blocks(card.querySelector(".passage")).map((block) => `> ${plain(block).replace(/\n/g, "\n> ")}`).join("\n>\n"));
          const when = card.querySelector("time");
          if (when) lines.push(`${when.textContent} (${when.dateTime})`);
        }
      }
    }
    return `${lines.join("\n\n")}\n`;
  };

  const download = () => {
    const address = URL.createObjectURL(new Blob([markdown()], { type: "text/markdown" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: "conversation.md" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  const CLICKS = [
    [".act.copy", (button) => copy(button, citation(button.closest(".card")), words.copied)],
    [".act.link", (button) => copy(button, career.linkTo(button.closest("section.answer")), words.link_copied)],
    [".act.why", explain],
    [".act.up", (button) => rate(button, "helpful")],
    [".act.down", question],
    [".filters [aria-pressed]", (button) => press(button, button.getAttribute("aria-pressed") !== "true")],
    ["#again", () => { close(); career.send({ ...steps().pop(), filters: career.filters() }); }],
    ["#download", download],
    ["#print", () => print()],
  ];

  const close = (except) => all("details.menu[open], details.filters[open]").forEach((open) => { if (open !== except) open.open = false; });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    const found = button && CLICKS.find(([selector]) => button.matches(selector));
    if (found && !button.matches(".copied")) found[1](button);
    close(event.target.closest?.("details"));
  });

  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && find("details.menu[open], details.filters[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });

  // What is folded away belongs on paper, too.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("#talk details:not([open])");
    folded.forEach((part) => { part.open = true; });
    // Where a passage stands is no use on paper unless it is written out.
    all("#talk h3 a").forEach((link) => {
      const address = new URL(link.href);
      address.searchParams.delete("passage");
      [address.hash] = address.hash.split(":~:");
      link.dataset.address = address.href;
    });
  });
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));

  career.ready.push(showFilters);
  career.sending.push(() => close()); // the answer would lie under it
  career.changed.push(showFilters, showSources);
})();
