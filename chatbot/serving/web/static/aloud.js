"use strict";
/* Reads a passage aloud where the browser has a voice for its language on the device: others send the words to the
   maker of the browser. Nothing is read before it is asked for. */
(() => {
  const { all } = career;
  const speech = window.speechSynthesis;
  if (!speech) return;
  let reading = null; // {card} of what is being read

  const language = (tag) => tag.toLowerCase().split(/[-_]/)[0];
  const voice = (tag) => {
    const own = speech.getVoices().filter((one) => one.localService && language(one.lang) === language(tag));
    return own.find((one) => one.lang.toLowerCase() === tag.toLowerCase()) || own.find((one) => one.default) || own[0];
  };
  const passage = (card) => card.querySelector(".passage");

  const show = () => {
    for (const card of all("#talk .card")) {
      card.querySelector(".act.aloud").hidden = !voice(passage(card).lang);
      card.querySelector(".act.hush").hidden = reading?.card !== card;
    }
  };

  const stop = () => {
    if (!reading) return;
    reading = null;
    speech.cancel();
    show();
  };

  const read = (card) => {
    stop();
    const here = { card };
    const chosen = voice(passage(card).lang);
    const parts = career.blocks(passage(card)).map((text) => Object.assign(new SpeechSynthesisUtterance(text), { voice: chosen, lang: chosen.lang }));
    const end = () => { if (reading === here) stop(); };
    parts.forEach((part) => { part.onerror = end; });
    parts.at(-1).onend = end;
    reading = here;
    parts.forEach((part) => speech.speak(part));
    show();
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(".act:is(.aloud, .hush)");
    if (!button) return;
    if (button.matches(".aloud")) return read(button.closest(".card"));
    button.parentElement.querySelector("summary").focus(); // the button goes
    stop();
  });

  speech.addEventListener("voiceschanged", show);
  addEventListener("pagehide", stop);
  career.changed.push(() => {
    if (!reading?.card.isConnected) stop();
    show();
  });
  show();
})();
