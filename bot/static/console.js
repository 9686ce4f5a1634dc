/* What HTML alone does not do: close menus with Escape or a tap elsewhere, take toasts away, put the cursor into the
   search with "/" and walk through what it found, send a form once, keep one's place when a row goes, and lead to the
   first error. Pages work without it. */
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

/* ---- A form is sent once ----
   Whoever clicks again because nothing seems to happen would book twice, or read that it was done already; and the
   second click of a double click would press what the first one put in its place: "Start" where "Arrived" was. */
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest("button");
    if (event.detail > 1 && button?.form && button.type === "submit") event.preventDefault();
  },
  true,
);

const sentForms = new Map();
const isOver = (form) => {
  clearTimeout(sentForms.get(form));
  sentForms.delete(form);
  form.removeAttribute("aria-busy");
};
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-again")) return;
    if (sentForms.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.setAttribute("aria-busy", "true");
    sentForms.set(form, setTimeout(() => isOver(form), 30_000));
  },
  true,
);
addEventListener("pageshow", () => [...sentForms.keys()].forEach(isOver));
document.addEventListener("htmx:finally:request", () => [...sentForms.keys()].filter((form) => form.matches("[hx-post]")).forEach(isOver));

/* ---- No answer, or one that is not ours (a proxy's page while we restart): say so, and leave the page as it is. ---- */
const say = (words) => {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  const sentence = document.createElement("p");
  sentence.textContent = words;
  const close = document.createElement("button");
  close.type = "button";
  close.dataset.dismiss = ".toast";
  close.textContent = "Close";
  toast.append(sentence, close);
  document.getElementById("toasts")?.replaceChildren(toast);
  return toast;
};
const noAnswer = "No answer from Stillon, so nothing may have been saved. Check the connection, then look before you repeat it.";
document.addEventListener("htmx:error", () => say(noAnswer));
document.addEventListener("htmx:before:swap", (event) => {
  const { response, hx } = event.detail.ctx;
  if (response?.status >= 500 && !hx?.retarget) {
    event.preventDefault();
    say(noAnswer);
  }
});

/* ---- One's place is kept: where the button that was pressed has gone, the next one of its list has the focus. ---- */
let place = null;
const stops = (section) => [...section.querySelectorAll("a[href], button, summary, input:not([type=hidden])")];
document.addEventListener("htmx:before:swap", () => {
  const section = document.activeElement?.closest("section[aria-labelledby]");
  place = section && { name: section.getAttribute("aria-labelledby"), at: stops(section).indexOf(document.activeElement) };
});
document.addEventListener("htmx:after:swap", () => {
  if (place && document.activeElement === document.body) {
    const section = document.querySelector(`section[aria-labelledby="${CSS.escape(place.name)}"]`);
    const left = section ? stops(section) : [];
    (left[Math.min(place.at, left.length - 1)] ?? document.getElementById("content"))?.focus({ preventScroll: true });
  }
  place = null;
});

/* ---- What a search found is walked through with the arrows; Enter opens it where it is one. ---- */
const search = document.getElementById("q");
const foundLinks = () => [...document.querySelectorAll("#found a")];
let isStale = false;
let wantsToOpen = false;
const openTheOne = () => {
  const links = foundLinks();
  if (links.length === 1) links[0].click();
  else links[0]?.focus();
};
search?.addEventListener("input", () => {
  isStale = true;
  wantsToOpen = false;
});
search?.form.addEventListener("htmx:after:swap", () => {
  isStale = false;
  if (wantsToOpen) openTheOne();
  wantsToOpen = false;
});
search?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !search.value.trim()) return;
  if (isStale) {
    wantsToOpen = true; // the answer to what was typed is on its way: htmx asks for it at once
    return;
  }
  event.preventDefault();
  openTheOne();
});
search?.form.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const ring = [search, ...foundLinks()];
  const next = ring[ring.indexOf(document.activeElement) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

/* ---- A time that is typed is the one that is meant; one that is picked takes its place. ---- */
document.addEventListener("input", (event) => {
  const fields = event.target.closest("#times");
  if (!fields) return;
  const other = fields.querySelector('input[name="pick"][value="other"]');
  if (event.target.name === "time") other.checked = true;
  else if (event.target.name === "pick" && event.target !== other) fields.querySelector('input[name="time"]').value = "";
});

/* ---- Nobody has touched any page of ours for half an hour: end the session and take the page off the screen. A page that
   refreshes itself would otherwise keep the session alive for whoever walks by. Whoever is at it, in whichever tab, is
   not signed out, neither here nor by the server, which sees no typing; and it is said two minutes before. ---- */
const idleMinutes = Number(document.body?.dataset.idleMinutes ?? 0);
const WARNED = 2;
const ASKED_EVERY = 5 * 60_000;
const others = "BroadcastChannel" in window ? new BroadcastChannel("stillon-awake") : null;
let idleTimer;
let warnTimer;
let warning = null;
let heardAt = Date.now();
let toldAt = 0;
let typedIn = null; // the form somebody began to fill in
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.method === "post" && form.closest("main") && form.enctype === "application/x-www-form-urlencoded") typedIn = form;
});
const handIn = (form) => {
  const typed = new URLSearchParams(new FormData(form));
  typed.set("kept_path", form.getAttribute("action"));
  return fetch("/account/keep", { method: "POST", body: typed, redirect: "manual" }).catch(() => {});
};
const leave = async () => {
  if (typedIn?.isConnected) await handIn(typedIn);
  const headers = { "X-CSRF-Token": document.querySelector('input[name="csrf"]')?.value ?? "" };
  fetch("/signout", { method: "POST", headers, redirect: "manual" }).finally(() => location.replace("/signin"));
};
const warn = () => {
  warning = say(`Nobody has touched this page for a while. You are signed out in ${WARNED} minutes; press any key to stay.`);
};
const restart = () => {
  clearTimeout(idleTimer);
  clearTimeout(warnTimer);
  idleTimer = setTimeout(leave, idleMinutes * 60_000);
  warnTimer = setTimeout(warn, (idleMinutes - WARNED) * 60_000);
  warning?.remove();
  warning = null;
};
const stayAwake = () => {
  restart();
  const now = Date.now();
  if (now - toldAt > 1000) others?.postMessage("");
  toldAt = now;
  if (now - heardAt > ASKED_EVERY) {
    heardAt = now;
    fetch("/account/here", { redirect: "manual" }).catch(() => {});
  }
};
if (idleMinutes > 0) {
  for (const sign of ["pointerdown", "keydown", "scroll", "touchstart"]) {
    document.addEventListener(sign, stayAwake, { passive: true, capture: true });
  }
  others?.addEventListener("message", restart);
  restart();
}

const leadToErrors = () => document.querySelector("[data-focus]")?.focus();
document.addEventListener("DOMContentLoaded", leadToErrors);
document.addEventListener("htmx:after:swap", leadToErrors);
