"use strict";
/* What the answers are limited to: a dialog over the page, which tells beside its button how many filters are set. */
(() => {
  const { words, find, all, steps } = career;
  const panel = () => find(".filters");
  const pressed = () => all(".filters [aria-pressed=true]");
  const press = (button, on) => { button.setAttribute("aria-pressed", String(on)); show(); };

  /* Whether the last question would be answered otherwise with what is set now. */
  const differs = () => {
    const last = steps().at(-1);
    return Boolean(last) && last.kind !== "similar" && JSON.stringify(last.filters || {}) !== JSON.stringify(career.filters());
  };

  const chip = (button) => {
    const { name } = button.dataset;
    const made = Object.assign(document.createElement("button"), { type: "button", className: "chip on", textContent: name, dir: "auto" });
    made.setAttribute("aria-label", career.fill(words.remove, { name }));
    made.addEventListener("click", () => { press(button, false); (find("#active button") || find("#filter")).focus(); });
    return made;
  };

  const show = () => {
    if (!panel()) return;
    const on = pressed();
    const { name } = find("#filter").dataset;
    const text = on.length ? `${name} · ${on.length}` : name;
    Object.assign(find("#filter"), { textContent: text, title: text });
    find("#filter").classList.toggle("on", on.length > 0);
    find("#active").replaceChildren(...on.map(chip));
    find("#none").hidden = !on.length;
    find("#again").hidden = !differs();
    find(".filters .done").hidden = differs();
  };

  const CLICKS = [
    ["#filter", () => panel().showModal()],
    [".filters [aria-pressed]", (button) => press(button, button.getAttribute("aria-pressed") !== "true")],
    ["#none", () => { pressed().forEach((button) => press(button, false)); find(".filters .send:not([hidden])").focus(); }],
    ["#again", () => career.sendAgain({ ...steps().at(-1), filters: career.filters() })],
    [":is(.done, .shut)", (button) => button.closest("dialog").close()],
  ];

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("button");
    CLICKS.find(([selector]) => button?.matches(selector))?.[1](button);
    // Outside of its content a dialog is what lies behind it.
    if (target.matches?.("dialog.panel")) target.close();
  });

  career.ready.push(show);
  career.sending.push(() => panel()?.close()); // the answer would lie under it
  career.changed.push(show);
})();
