// Every form and page works without this file; with it, answers come without a jump of the page.
"use strict";

async function swapped(address, options) {
  const answer = await fetch(address, { ...options, headers: { Accept: "text/html" }, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("main")) throw new Error("no page");
  for (const part of ["header.top", ".banner", "main", "footer"]) {
    const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
    if (old && fresh) old.replaceWith(fresh);
  }
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  alive();
  return answer;
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
      await swapped(address);
      history.pushState(null, "", address);
      document.querySelector("main h2[tabindex]")?.focus();
    } else {
      await swapped(form.action, { method: "POST", body: fields });
      document.querySelector("main [autofocus]")?.focus();
    }
  } catch {
    form.removeAttribute("data-swap");
    form.requestSubmit(event.submitter);
  }
});

window.addEventListener("popstate", () => location.reload());

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

function watch() {
  const run = document.querySelector("[data-watch]");
  if (!run) return;
  document.querySelector("noscript[data-refresh]")?.remove();
  setTimeout(async () => {
    if (!document.contains(run)) return;
    try {
      await swapped(location.href);
    } catch {
      setTimeout(watch, 5000);
    }
  }, Number(run.dataset.watch));
}

function alive() {
  whatif();
  watch();
}

alive();
