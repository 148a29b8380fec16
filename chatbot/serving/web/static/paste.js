"use strict";
/* What is pasted from a word processor or a web page into a text of the editors' page becomes Markdown: headings, lists,
   tables, links and bold words. A paste that has none of them is left to the browser. */
(() => {
  const BLOCKS = "address, article, aside, blockquote, div, dl, dd, dt, figure, footer, form, h1, h2, h3, h4, h5, h6, header, li, main, nav, ol, p, pre, section, table, ul";
  const WORDS_ITEM = "p[style*='mso-list:l'], p[style*='mso-list: l']"; // Word writes its lists as paragraphs
  const MARKER = "[style*='mso-list:Ignore'], [style*='mso-list: Ignore']";
  const SHAPE = `h1, h2, h3, h4, h5, h6, li, table, a[href^='http'], ${WORDS_ITEM}`;

  const within = (node) => [...node.childNodes].map((one) => {
    if (one.nodeType === Node.TEXT_NODE) return one.data.replace(/\s+/g, " ").replace(/[\\`*[\]<]/g, "\\$&");
    if (one.nodeType !== Node.ELEMENT_NODE) return "";
    if (one.matches("br")) return "\n";
    const text = within(one), bare = text.trim();
    if (bare && one.matches("a[href^='http']")) return `[${bare}](${one.href.replace(/[()]/g, (sign) => ({ "(": "%28", ")": "%29" })[sign])})`;
    // Google documents are wrapped in a <b> that is not bold.
    const bold = one.matches("b, strong") && one.style.fontWeight !== "normal" && !one.closest("h1, h2, h3, h4, h5, h6");
    return bold && bare ? text.replace(bare, () => `**${bare}**`) : text;
  }).join("");
  const line = (node) => within(node).replace(/ +/g, " ").replace(/ ?\n ?/g, "\n").trim();
  const flat = (node) => line(node).replace(/\s+/g, " ");

  const list = (node, indent = "") => {
    const deeper = (some, by) => some.filter((one) => one.matches("ul, ol")).flatMap((one) => list(one, indent + " ".repeat(by)));
    let number = 0;
    return [...node.children].flatMap((item) => {
      const marker = node.matches("ol") ? `${item.matches("li") ? ++number : number}. ` : "- ";
      if (!item.matches("li")) return deeper([item], marker.length); // as Google documents and old pages nest them
      const own = item.cloneNode(true);
      for (const inner of own.querySelectorAll("ul, ol")) inner.remove();
      return [`${indent}${marker}${flat(own)}`, ...deeper([...item.children], marker.length)];
    });
  };
  const table = (node) => [...node.rows].flatMap((row, n) => {
    const cells = [...row.cells].map((cell) => flat(cell).replace(/\|/g, "\\|"));
    return [`| ${cells.join(" | ")} |`, ...n ? [] : [`|${" --- |".repeat(cells.length)}`]];
  });

  /* The blocks of a page, each with what kind it is of: items of one of Word's lists stand close. */
  const blocks = (node) => {
    const found = [];
    let loose = node.ownerDocument.createElement("span");
    const add = (text, kind = "") => { if (text) found.push([text, kind]); };
    const end = () => { add(line(loose)); loose = node.ownerDocument.createElement("span"); };
    for (const one of [...node.childNodes]) {
      const element = one.nodeType === Node.ELEMENT_NODE;
      if (!element || !(one.matches(BLOCKS) || one.querySelector(BLOCKS))) {
        loose.append(one);
        continue;
      }
      end();
      const level = /^H([1-6])$/.exec(one.tagName)?.[1];
      if (level) add(flat(one) && `${"#".repeat(Math.max(2, level))} ${flat(one)}`); // the title has a field of its own
      else if (one.matches("ul, ol")) add(list(one).join("\n"));
      else if (one.matches("table")) add(table(one).join("\n"));
      else if (one.matches(WORDS_ITEM)) {
        const numbered = /^\s*\w+[.)]/.test(one.querySelector(MARKER)?.textContent || "");
        for (const marker of one.querySelectorAll(MARKER)) marker.remove();
        add(`${numbered ? "1." : "-"} ${flat(one)}`, "item");
      } else if (one.querySelector(BLOCKS)) found.push(...blocks(one));
      else add(line(one));
    }
    end();
    return found;
  };

  const markdown = (html) => {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const unseen of body.querySelectorAll("style, script, title, meta, del, s")) unseen.remove();
    if (!body.querySelector(SHAPE)) return "";
    return blocks(body).map(([text, kind], n, all) => `${n ? kind && kind === all[n - 1][1] ? "\n" : "\n\n" : ""}${text}`).join("");
  };

  document.addEventListener("paste", (event) => {
    const box = event.target.closest?.("#body textarea, #text textarea"), html = event.clipboardData?.getData("text/html");
    const text = box && !box.readOnly && html && markdown(html);
    if (!text) return;
    event.preventDefault();
    // Keeps what was typed before within reach of Ctrl+Z, which setting the value does not.
    if (!document.execCommand("insertText", false, text)) {
      box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
      box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  });
})();
