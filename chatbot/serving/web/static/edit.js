"use strict";
/* What the editors' page needs in the browser: it sends gestures, asks before what changes a lot, and reads files. */
const desk = (() => {
  const MOST = 20e6;
  const root = document.documentElement;

  const sure = (question, label) => new Promise((resolve) => {
    const box = document.createElement("dialog");
    box.className = "sure";
    const text = document.createElement("p");
    text.id = "sure";
    text.textContent = question;
    box.setAttribute("aria-labelledby", "sure");
    const buttons = document.createElement("p");
    buttons.className = "buttons";
    const button = (name, value, kind) => {
      const made = Object.assign(document.createElement("button"), { type: "button", className: `button ${kind}`, textContent: name });
      made.addEventListener("click", () => box.close(value));
      buttons.append(made);
    };
    button(label, "yes", "primary");
    button("Cancel", "", "");
    box.append(text, buttons);
    box.addEventListener("close", () => { box.remove(); resolve(box.returnValue === "yes"); });
    document.querySelector(".gradio-container").append(box);
    box.showModal();
  });

  const read = (file) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve({ name: file.name, data: reader.result.slice(reader.result.indexOf(",") + 1) }));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });

  const say = (text) => {
    const place = document.querySelector("#notice .prose, #notice .html-container, #notice");
    const said = Object.assign(document.createElement("p"), { className: "notice problem", textContent: text });
    place.replaceChildren(said);
  };

  const connect = (send) => {
    document.querySelector("#notice")?.setAttribute("role", "status");
    const act = (name, value) => {
      root.classList.add("waiting");
      send(JSON.stringify({ act: name, value }));
    };
    document.addEventListener("click", async (event) => {
      const button = event.target.closest?.("[data-act]");
      if (!button || root.classList.contains("waiting")) return;
      const { act: name, value, confirm } = button.dataset;
      if (!confirm || await sure(confirm, button.textContent.trim())) act(name, value);
    });
    document.addEventListener("change", async (event) => {
      if (event.target.id !== "chosen" || !event.target.files.length) return;
      const files = [...event.target.files];
      if (files.reduce((sum, file) => sum + file.size, 0) > MOST) {
        say("These files have more than 20 MB together. Choose fewer, or have them copied into the corpus folder.");
        event.target.value = "";
        return;
      }
      act("upload", JSON.stringify(await Promise.all(files.map(read))));
    });
  };

  const done = () => {
    root.classList.remove("waiting");
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const problem = document.querySelector("#notice .notice.problem");
      const fresh = [...document.querySelectorAll("[data-focus]")].find((found) => found.offsetParent && !found.dataset.seen);
      for (const found of document.querySelectorAll("[data-focus]")) found.dataset.seen = "yes";
      (problem || fresh)?.focus();
      if (problem || document.querySelector("#notice .notice")) document.querySelector("#notice").scrollIntoView({ block: "nearest" });
    }));
  };

  return { connect, done };
})();
