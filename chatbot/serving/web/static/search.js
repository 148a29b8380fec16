/* The chat of an export and of a lean server: a question or a whole conversation in the address is asked. It stands behind
   the hash, which no server sees, or is the `q` of a link from a server's page. It is taken out of the address, so that
   loading the page again asks nothing twice. */
(() => {
"use strict";
const MOST_QUESTIONS = 20, MOST_CHARACTERS = 1000;
window.CareerChatbot = window.CareerChatbot || [];

// What the panel of another page has handed on: its topics, and its questions in their order.
const talk = (said) => {
  try {
    const steps = JSON.parse(said).steps.filter(({ value }) => typeof value === "string").slice(-MOST_QUESTIONS);
    const topics = steps[0]?.filters?.topics;
    if (Array.isArray(topics)) document.querySelector("career-chatbot").dataset.topics = topics.join("|");
    return steps.map(({ kind, value }) => [value, kind === "literal"]);
  } catch {
    return [];
  }
};

const read = () => {
  const said = new URLSearchParams(location.hash.slice(1)), search = new URLSearchParams(location.search);
  const question = said.get("q") || search.get("q");
  const asked = question ? [[question, false]] : said.has("talk") ? talk(said.get("talk")) : [];
  if (!asked[0]) return;
  search.delete("q");
  history.replaceState(null, "", location.pathname + `?${search}`.replace(/^\?$/, ""));
  for (const [text, literal] of asked) window.CareerChatbot.push(["ask", text.slice(0, MOST_CHARACTERS), literal]);
};

addEventListener("hashchange", read);
read();
})();
