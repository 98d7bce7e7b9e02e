// Every form and page works without this file; with it, answers come without a jump of the page.
"use strict";

// What the page would put the focus on, were it loaded whole.
function focusIn(part) {
  const found = part.querySelector("[autofocus]");
  found?.removeAttribute("autofocus");
  return found;
}

async function swapped(address, options) {
  const answer = await fetch(address, { ...options, headers: { Accept: "text/html" }, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("main")) throw new Error("no page");
  const focus = focusIn(page);
  for (const part of ["header.top", ".banner", "main", "footer"]) {
    const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
    if (old && fresh) old.replaceWith(fresh);
  }
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  alive();
  return focus;
}

function typed(form, button) {
  const fields = new FormData(form);
  if (button && button.name) fields.append(button.name, button.value);
  return new URLSearchParams(fields);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-swap]")) return;
  event.preventDefault();
  const fields = typed(form, event.submitter);
  form.setAttribute("aria-busy", "true");
  try {
    if (form.method === "get") {
      const address = `${form.action}?${fields}`;
      const focus = await swapped(address);
      history.pushState(null, "", address);
      shown = location.pathname + location.search;
      (focus ?? document.getElementById("shown"))?.focus();
    } else {
      const focus = await swapped(form.action, { method: "POST", body: fields });
      focus?.focus();
    }
  } catch {
    form.removeAttribute("data-swap");
    form.requestSubmit(event.submitter);
  }
});

// Back to another answer, and not only to another place in this one.
let shown = location.pathname + location.search;
window.addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) location.reload();
});

function whatif() {
  const slider = document.getElementById("whatif");
  if (!slider) return;
  slider.parentElement.hidden = false;
  const rows = document.querySelectorAll("table.points tbody tr");
  const [dot, drop, says] = ["now", "drop", "whatif-says"].map((id) => document.getElementById(id));
  slider.addEventListener("input", () => {
    const row = rows[slider.value];
    const [km, fen] = [...row.cells].map((cell) => cell.textContent.trim());
    dot.setAttribute("cx", row.dataset.x);
    dot.setAttribute("cy", row.dataset.y);
    for (const [name, value] of [["x1", row.dataset.x], ["x2", row.dataset.x], ["y1", row.dataset.y]]) drop.setAttribute(name, value);
    says.textContent = slider.dataset.says.replace("{km}", km).replace("{fen}", fen);
    slider.setAttribute("aria-valuetext", says.textContent);
  });
}

// A month that is being settled: only its own card is renewed, so that the reader keeps the place.
function watch() {
  const run = document.querySelector("[data-watch]");
  if (!run) return;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("run");
      if (!answer.ok) throw new Error("no page");
      if (!fresh) return location.reload(); // the session is over
      if (fresh.matches("[data-watch]")) run.replaceWith(fresh);
      else document.querySelector("main").replaceWith(page.querySelector("main"));
      watch();
    } catch {
      setTimeout(watch, 5000);
    }
  }, Number(run.dataset.watch));
}

// A check keeps the chosen files in their fields: only what was found is put in.
document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  if (!form.matches("[data-check]")) return;
  if (!button || !button.hasAttribute("formaction")) {
    button?.setAttribute("aria-disabled", "true");
    return;
  }
  event.preventDefault();
  button.disabled = true;
  try {
    const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focus = focusIn(page);
    for (const id of ["checked", "upload-errors"]) {
      const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
      if (!fresh) throw new Error("no page");
      old.replaceWith(fresh);
    }
    focus?.focus();
  } catch {
    form.removeAttribute("data-check");
    form.requestSubmit(button);
  } finally {
    button.disabled = false;
  }
});

// On a narrow screen the form folds once it has an answer; unfolding it is one tap.
const narrow = window.matchMedia("(max-width: 65.99rem)");
function fold() {
  for (const one of document.querySelectorAll("details.fold")) one.open = !(narrow.matches && one.hasAttribute("data-fold"));
}
narrow.addEventListener("change", fold);

// An answer that is no longer that of the fields says so.
document.addEventListener("input", (event) => {
  const note = event.target.form?.querySelector(".changed");
  if (note && document.getElementById("answer")) note.textContent = note.dataset.words;
});

// On paper every step stands open.
window.addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details.sheet, .folded > details")) one.open = true;
});

// A link to a field unfolds what it lies in.
document.addEventListener("click", (event) => {
  const address = event.target.closest?.("a[href^='#']")?.getAttribute("href").slice(1);
  for (let one = address && document.getElementById(address); one; one = one.parentElement) if (one.matches("details")) one.open = true;
}, true);

function alive() {
  fold();
  whatif();
  watch();
}

alive();
