"use strict";
/* What the chat page needs in the browser. It stores nothing and asks nobody but Gradio's own channel. */
const career = (() => {
  const input = () => document.querySelector("#box textarea");
  const live = () => document.querySelector("#announce");
  let typed = false;

  const wait = () => { typed = true; document.documentElement.classList.add("waiting"); };

  const done = () => {
    document.documentElement.classList.remove("waiting");
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const answers = document.querySelectorAll("#talk section.answer, #talk .notice.problem");
      const last = answers[answers.length - 1];
      if (last) {
        const exchange = document.querySelectorAll("#talk .question");
        (exchange[exchange.length - 1] || last).scrollIntoView({ block: "start", behavior: "smooth" });
      } else {
        scrollTo({ top: 0 });
      }
      if (typed || !last) input()?.focus({ preventScroll: true });
      else last.querySelector("h2")?.focus({ preventScroll: true });
      typed = false;
    }));
  };

  const connect = (send) => document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-act]");
    if (button && !document.documentElement.classList.contains("waiting")) {
      document.documentElement.classList.add("waiting");
      send(button.dataset.act, button.dataset.value);
    }
  });

  const citation = (card) => {
    const link = card.querySelector("h3 a");
    const path = card.querySelector(".path")?.textContent;
    const source = [card.querySelector("h3").textContent.trim(), path].filter(Boolean).join(" › ");
    const quote = card.querySelector(".passage").textContent.trim();
    return `“${quote}”\n— ${source}${link ? `\n${link.href}` : ""}\n`;
  };

  const copy = async (button) => {
    const text = citation(button.closest(".card"));
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers offer the clipboard on https and localhost only.
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const label = button.textContent;
    button.textContent = "Copied";
    button.classList.add("copied");
    setTimeout(() => { button.textContent = label; button.classList.remove("copied"); }, 1600);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".act.copy");
    if (button && !button.classList.contains("copied")) copy(button);
  });

  document.addEventListener("keydown", (event) => {
    const box = input();
    if (event.key === "/" && !/^(input|textarea|select)$/i.test(event.target.tagName) && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      box?.focus();
    }
  });

  return { connect, done, wait };
})();
