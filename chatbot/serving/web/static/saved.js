"use strict";
/* Passages that a visitor saves: on their device alone, as they were then, to be read again, compared and taken along. */
(() => {
  const { words, find, all, say, fill } = career;
  const panel = document.getElementById("saved");
  const part = (selector) => panel.querySelector(selector);
  const row = (template) => document.getElementById(template).content.firstElementChild.cloneNode(true);
  const TAGS = new Set(["p", "ul", "ol", "li", "h5", "pre", "code", "strong", "em", "blockquote", "table", "caption", "thead", "tbody", "tr", "th", "td", "br"]);

  /* The text of a passage as lists [tag, ...children]. What is kept is data: no markup is ever made of it. */
  const tree = (node) => [...node.childNodes].flatMap((child) => {
    if (child.nodeType === Node.TEXT_NODE) return [child.data];
    if (child.nodeType !== Node.ELEMENT_NODE) return [];
    const tag = child.localName;
    return TAGS.has(tag) ? [[tag, ...tree(child)]] : tree(child);
  });

  const grow = (place, parts) => {
    for (const one of parts) {
      if (typeof one === "string") place.append(one);
      // A heading of a passage stands one level higher here than in a card.
      else if (Array.isArray(one) && TAGS.has(one[0])) place.append(grow(document.createElement(one[0].replace("h5", "h4")), one.slice(1)));
    }
    return place;
  };

  const kept = () => {
    const found = career.saved();
    return Array.isArray(found) ? found.filter((one) => typeof one?.id === "string" && Array.isArray(one.text)) : [];
  };

  const record = (card) => ({
    id: card.dataset.passage,
    title: card.dataset.title,
    path: card.dataset.path || "",
    href: card.querySelector(".act.open")?.href || "",
    updated: card.dataset.updated || "",
    lang: card.querySelector(".passage").lang,
    text: tree(card.querySelector(".passage")),
    question: career.asked(card),
    saved: new Date().toISOString(),
  });

  const name = (one) => [one.title, one.path].filter(Boolean).join(" › ");
  const day = (time, zone) => new Date(time).toLocaleDateString(`${words.locale}-u-nu-latn`, { dateStyle: "long", ...zone });
  const facts = (one) => [
    fill(words.saved_on, { day: day(one.saved) }),
    one.updated && fill(words.updated_on, { day: day(one.updated, { timeZone: "UTC" }) }),
    one.question && fill(words.asked, { question: one.question }),
  ].filter(Boolean);

  // In a line of another direction.
  const isolated = (text) => text && `\u2068${text}\u2069`;

  /* A passage in one of the templates. */
  const filled = (template, one) => {
    const made = row(template);
    const [title, path, passage, link] = ["h3", ".path", ".passage", ".open"].map((selector) => made.querySelector(selector));
    title.textContent = one.title;
    path.textContent = one.path;
    grow(passage, one.text);
    for (const text of [title, path, passage]) text.lang = one.lang;
    if (/^https?:/.test(one.href)) link.href = one.href;
    else link.remove();
    made.querySelector(".facts").replaceChildren(...facts({ ...one, question: isolated(one.question) }).map((text) => Object.assign(document.createElement("span"), { textContent: text, dir: "auto" })));
    return made;
  };

  const listed = (one) => {
    const made = filled("kept", one);
    made.dataset.id = one.id;
    Object.assign(made.querySelector(".lead"), { textContent: career.blocks(made.querySelector(".passage")).join(" "), lang: one.lang });
    made.querySelector("input").ariaLabel = fill(words.compare_this, { name: name(one) });
    made.querySelector(".remove").ariaLabel = fill(words.unsave, { name: name(one) });
    return made;
  };

  const tell = (text) => { part(".told").textContent = text; };

  const keep = (passages) => {
    const done = career.save(passages);
    if (!done) (panel.open ? tell : career.show)(words.not_saved);
    show();
    return done;
  };

  /* What says in the page what is saved. */
  const show = () => {
    const ids = new Set(kept().map((one) => one.id));
    const button = find(".keepsakes");
    button.hidden = !ids.size;
    button.querySelector("b").textContent = ids.size;
    for (const card of all("#talk .card")) {
      const on = ids.has(card.dataset.passage);
      card.classList.toggle("kept", on);
      card.querySelector(".act.save").textContent = on ? words.remove_saved : words.save;
    }
  };

  const toggle = (card) => {
    const passages = kept();
    const others = passages.filter((one) => one.id !== card.dataset.passage);
    const had = others.length < passages.length;
    if (keep(had ? others : [record(card), ...passages])) say(had ? words.unsaved : words.saved);
  };

  const chosen = () => [...panel.querySelectorAll("input:checked")].map((box) => box.closest("li").dataset.id);

  /* What was chosen side by side, or the list of all. */
  const compare = (on) => {
    const wanted = new Set(chosen());
    part(".compared").replaceChildren(...(on ? kept().filter((one) => wanted.has(one.id)).map((one) => filled("column", one)) : []));
    panel.classList.toggle("comparing", on);
    part(".body").scrollTop = 0;
    tell("");
  };

  const list = () => {
    part(".listed > ol").replaceChildren(...kept().map(listed));
    compare(false);
  };

  const remove = (item) => {
    const passages = kept();
    const at = passages.findIndex((one) => one.id === item.dataset.id);
    const [one] = passages.splice(at, 1);
    if (!keep(passages)) return;
    const gone = row("gone");
    gone.querySelector("span").textContent = fill(words.removed, { name: isolated(name(one)) });
    gone.querySelector("button").addEventListener("click", () => {
      if (!keep(kept().toSpliced(at, 0, one))) return;
      const again = listed(one);
      gone.replaceWith(again);
      again.querySelector(".remove").focus();
    });
    item.replaceWith(gone);
    gone.querySelector("button").focus();
  };

  const markdown = () => [`# ${career.plain(fill(words.saved_export, { title: words.title }))}`, ...kept().flatMap((one) =>
    career.quoted("##", name(one), one.href, grow(document.createElement("div"), one.text), ...facts(one)))];

  const CLICKS = [
    [".act.save", (button) => toggle(button.closest(".card"))],
    [".keepsakes", () => { list(); panel.showModal(); }],
    ["#saved .remove", (button) => remove(button.closest("li"))],
    ["#compare", () => { if (chosen().length > 1) compare(true); else tell(words.choose); }],
    ["#list", () => { compare(false); part("#compare").focus(); }],
    ["#export", () => career.download("saved.md", markdown())],
  ];

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("button");
    CLICKS.find(([selector]) => button?.matches(selector))?.[1](button);
  });

  // What is saved or removed in another tab.
  addEventListener("storage", ({ key }) => { if (key === career.SAVED || key === null) show(); });

  career.changed.push(show);
  show();
})();
