"use strict";
/* The link to a question: copied, or where there is a finger and a sheet to share with, shared. */
(() => {
  const { words, all } = career;
  const sheet = Boolean(navigator.share) && matchMedia("(pointer: coarse)").matches;

  const name = () => {
    for (const button of sheet ? all("#talk .act.link") : []) {
      button.classList.add("share");
      button.ariaLabel = button.firstElementChild.textContent = words.share;
    }
  };

  const give = async (button) => {
    const url = career.linkTo(button.closest("section.answer"));
    try {
      if (sheet) return await navigator.share({ title: career.asked(button), url });
    } catch (error) {
      if (error.name === "AbortError") return; // by the visitor, who knows
    }
    career.copy(button, url, words.link_copied);
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(".act.link:not(.copied)");
    if (button) give(button);
  });

  career.changed.push(name);
  name();
})();
