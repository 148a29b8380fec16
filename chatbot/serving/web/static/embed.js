"use strict";
/* The playground of the widget: options to a live preview and to code that can be pasted. */
(() => {
  const form = document.querySelector("#options"), preview = document.querySelector("#preview");
  const HOST = new URL(".", location.href).href;
  const DEFAULT_COLOUR = form.elements.color.value;

  const options = () => {
    const chosen = {};
    for (const field of form.elements) {
      const values = field.multiple ? [...field.selectedOptions].map((option) => option.value) : [field.value.trim()];
      if (field.name && field.name !== "site" && values.some(Boolean)) chosen[field.name] = values.join("|");
    }
    if (chosen.starters) chosen.starters = chosen.starters.split(/\s*\n\s*/).filter(Boolean).join("|");
    if (chosen.color === DEFAULT_COLOUR) delete chosen.color;
    return chosen;
  };

  const dashed = (name) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const escaped = (text) => text.replace(/[&"<>]/g, (sign) => ({ "&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;" })[sign]);
  const tag = (chosen) => {
    const lines = Object.entries(chosen).map(([name, value]) => `\n  ${dashed(name)}="${escaped(value)}"`);
    return `<script src="${HOST}widget.js"${lines.join("")}${lines.length ? "\n " : ""} async></` + "script>";
  };
  const plain = (chosen) => `${tag(chosen)}\n<noscript><a href="${HOST}chat/">${escaped(chosen.launcherLabel || "Ask a question")}</a></noscript>`;
  const indented = (text, by) => text.replace(/^/gm, by);

  const FIELDS = { Title: "title", Colour: "color", Theme: "theme", Language: "language" }; // of the plug-in's settings
  const KINDS = {
    HTML: ["Paste it anywhere in the page, best before </body>.", plain],
    WordPress: ["Install the plug-in that lies in docs/wordpress of career-chatbot, and type this under Settings, Career chatbot. Inside a page goes the block, or [career_chatbot]. Whatever else is chosen above needs the tag of HTML, in a plug-in for footer code.",
      (chosen) => [`Address: ${HOST}`, ...Object.entries(FIELDS).filter(([, name]) => chosen[name]).map(([label, name]) => `${label}: ${chosen[name]}`)].join("\n")],
    React: ["Render <CareerChatbot /> once, in the layout that all pages share.", (chosen) => `import { useEffect } from "react";

export function CareerChatbot() {
  useEffect(() => {
    const script = document.createElement("script");
    script.src = "${HOST}widget.js";
    Object.assign(script.dataset, ${JSON.stringify(chosen)});
    document.head.append(script);
    return () => {
      window.CareerChatbot?.destroy?.();
      script.remove();
    };
  }, []);
  return null;
}`],
    Docusaurus: ["Add it to docusaurus.config.js.", (chosen) => {
      const said = Object.entries({ src: `${HOST}widget.js`, async: true }).concat(Object.entries(chosen).map(([name, value]) => [dashed(name), value]));
      return `export default {\n  // …\n  scripts: [\n    {\n${said.map(([name, value]) => `      ${JSON.stringify(name)}: ${JSON.stringify(value)},`).join("\n")}\n    },\n  ],\n};`;
    }],
    MkDocs: ["Put it into overrides/main.html, and name the folder as custom_dir of your theme in mkdocs.yml.",
      (chosen) => `{% extends "base.html" %}\n\n{% block scripts %}\n  {{ super() }}\n${indented(tag(chosen), "  ")}\n{% endblock %}`],
    Shopify: ["Online Store, Themes, Edit code: paste it into theme.liquid before </body>.", plain],
    Webflow: ["Site settings, Custom code: paste it into Footer code.", plain],
  };

  /* The origin as browsers send it; null where no web address was typed. */
  const origin = (text) => {
    try {
      const found = new URL(/^[a-z]+:/i.test(text) ? text : `https://${text}`);
      return /^https?:$/.test(found.protocol) && found.hostname.includes(".") ? found.origin : null;
    } catch {
      return null;
    }
  };

  /* Why the code would do nothing on the site; empty where nothing is known against it. */
  const obstacle = (site) => {
    if (/^(localhost|127\..*|\[::1\])$/.test(location.hostname)) {
      return `${location.hostname} is this machine alone: open this page at the address that visitors reach, and the code has that one.`;
    }
    const insecure = location.protocol === "http:" && site?.startsWith("https:");
    return insecure ? "Your site is over https and this chatbot over http, which browsers do not load there: serve it over https." : "";
  };

  let kind = "HTML", shown = null, timer = 0;
  const write = () => {
    const chosen = options(), [hint, code] = KINDS[kind], typed = form.elements.site.value.trim(), site = typed ? origin(typed) : "https://example.org";
    document.querySelector("#hint").textContent = hint;
    document.querySelector("#obstacle").textContent = obstacle(typed && site);
    document.querySelector("#code").textContent = code(chosen);
    document.querySelector("#settings").textContent = site
      ? `[[sites]]\norigins = ["${site}"]` : "# Type the address of your site above, such as https://example.org";
    const query = new URLSearchParams(chosen).toString();
    if (query !== shown) {
      shown = query;
      // What was opened to be looked at stays open.
      const opened = preview.contentDocument?.querySelector("career-chatbot")?.opened;
      preview.src = `${HOST}embed/preview?${new URLSearchParams(opened ? { ...chosen, open: "yes" } : chosen)}`;
    }
  };

  const kinds = document.querySelector("#kinds");
  for (const name of Object.keys(KINDS)) {
    const label = document.createElement("label"), text = document.createElement("span"), radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "kind", value: name, checked: name === kind });
    text.textContent = name;
    label.append(radio, text);
    kinds.append(label);
  }
  kinds.addEventListener("change", (event) => { kind = event.target.value; write(); });
  document.querySelector(".preview fieldset").addEventListener("change", (event) => {
    document.querySelector(".preview").classList.toggle("phone", event.target.value === "phone");
  });
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(write, 400); });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const code = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(code.textContent);
      document.querySelector("#said").textContent = button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    } catch {
      getSelection().selectAllChildren(code); // Browsers offer the clipboard on https only.
    }
  });
  write();
})();
