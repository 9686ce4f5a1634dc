/* What HTML alone does not do: close menus with Escape or a tap elsewhere, take toasts away, put the cursor into the
   search with "/", lead to the first error. Pages work without it. */
"use strict";

const openOnes = "details.menu[open], details.define[open]";

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest(dismiss.dataset.dismiss).remove();
  for (const details of document.querySelectorAll(openOnes)) {
    if (!details.contains(event.target)) details.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const details of document.querySelectorAll(openOnes)) {
      if (details.contains(document.activeElement)) details.querySelector("summary").focus();
      details.open = false;
    }
    document.getElementById("found")?.replaceChildren();
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const wanted = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (wanted) {
      event.preventDefault();
      wanted.focus();
    }
  }
});

/* Nobody has touched the page for half an hour: end the session and take the page off the screen. A page that refreshes
   itself would otherwise keep the session alive for whoever walks by. */
let idleTimer;
const idleMinutes = Number(document.body?.dataset.idleMinutes ?? 0);
const leave = () => {
  const headers = { "X-CSRF-Token": document.querySelector('input[name="csrf"]')?.value ?? "" };
  fetch("/signout", { method: "POST", headers, redirect: "manual" }).finally(() => location.replace("/signin"));
};
const stayAwake = () => {
  clearTimeout(idleTimer);
  idleTimer = setTimeout(leave, idleMinutes * 60_000);
};
if (idleMinutes > 0) {
  for (const sign of ["pointerdown", "keydown", "scroll", "touchstart"]) {
    document.addEventListener(sign, stayAwake, { passive: true, capture: true });
  }
  stayAwake();
}

const leadToErrors = () => document.querySelector("[data-focus]")?.focus();
document.addEventListener("DOMContentLoaded", leadToErrors);
document.addEventListener("htmx:after:swap", leadToErrors);
