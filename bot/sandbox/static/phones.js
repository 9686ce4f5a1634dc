// The page of phones: asks for what is new once a second, draws it, and sends what is typed.
//
// Every word of a text is put on the page as text, never as markup. Phones and texts are kept in place and only
// changed where they differ, so that nobody loses a half-written reply, the focus or the place they were reading.
"use strict";

const POLL_MILLISECONDS = 1000;
const USUAL_KEYS = ["C", "R", "N"];
const MOST_KEYS = 6;
const GAP_MILLISECONDS = 20 * 60 * 1000;
const PLAY_PAUSE_MILLISECONDS = 3000;

const byId = (id) => document.getElementById(id);
const shown = { version: "", now: 0, readAt: 0, zone: undefined, all: false, state: null };
const phones = new Map();
const drawings = new WeakMap();

// ---------------------------------------------------------------- talking to the carrier

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function refresh() {
  try {
    const answer = await fetch(`/phones.json?version=${shown.version}${shown.all ? "&all" : ""}`);
    if (answer.status === 200) draw(await answer.json());
    if (byId("notice").dataset.lost) notice("");
  } catch {
    notice("The carrier is not answering. The phones show what they last knew.");
    byId("notice").dataset.lost = "yes";
  }
}

async function pollForever() {
  await refresh();
  setTimeout(pollForever, document.hidden ? 4 * POLL_MILLISECONDS : POLL_MILLISECONDS);
}

function say(id, words) {
  if (byId(id).textContent !== words) byId(id).textContent = words;
}

function notice(words) {
  delete byId("notice").dataset.lost;
  say("notice", words);
}

// ---------------------------------------------------------------- time

function format(options, moment) {
  return new Intl.DateTimeFormat(undefined, { timeZone: shown.zone, ...options }).format(moment);
}

const DAY = { weekday: "short", month: "short", day: "numeric" };
const HOUR = { hour: "numeric", minute: "2-digit" };
const dayAndHour = (moment) => format(DAY, moment) + ", " + format(HOUR, moment);
const carrierNow = () => shown.now + (performance.now() - shown.readAt);

function until(moment) {
  const minutes = Math.max(0, Math.round((moment - carrierNow()) / 60000));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days) return `in ${days} d ${hours} h`;
  return hours ? `in ${hours} h ${minutes % 60} min` : `in ${minutes} min`;
}

function soon(moment) {
  const day = moment - carrierNow() > 6 * 86400000 ? DAY : { weekday: "short" };
  return format(day, moment) + " " + format(HOUR, moment);
}

function drawTime() {
  if (!shown.state) return;
  const { demo } = shown.state;
  byId("now").textContent = dayAndHour(carrierNow());
  byId("moves").hidden = !demo.enabled;
  const next = demo.enabled && demo.next ? Date.parse(demo.next) : null;
  const nothing = demo.enabled ? "No event is waiting" : "";
  say("next", next === null ? nothing : `Next event ${soon(next)}`);
  say("until", next === null ? "" : `, ${until(next)}`);
}

async function move(order) {
  const buttons = byId("moves").querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const clock = await post("/demo", order);
    await refresh();
    notice(clock.trouble || "");
  } catch {
    notice("Time could not be moved. Nothing has changed.");
  }
  buttons.forEach((button) => { button.disabled = false; });
}

// ---------------------------------------------------------------- the whole page

function draw(state) {
  const first = shown.state === null;
  Object.assign(shown, {
    version: state.version,
    now: Date.parse(state.now),
    readAt: performance.now(),
    zone: state.time_zone,
    state,
  });
  drawTime();
  if (first) drawGuide(state.guide);
  if (state.demo.trouble) notice(state.demo.trouble);
  const place = byId("phones");
  state.phones.forEach((phone, position) => {
    const drawn = phones.get(phone.number) || newPhone(phone);
    // In place first: a thread that is nowhere has no end to scroll to.
    if (place.children[position] !== drawn.element) place.insertBefore(drawn.element, place.children[position] || null);
    drawPhone(drawn, phone, state.senders);
  });
  for (const [number, drawn] of phones) {
    if (!state.phones.some((phone) => phone.number === number)) {
      drawn.element.remove();
      phones.delete(number);
    }
  }
  byId("more").hidden = state.more === 0;
  byId("more").textContent = state.more === 1 ? "Show one more phone" : `Show ${state.more} more phones`;
  if (state.phones.length === 0 && first) document.querySelector(".add").open = true;
}

function drawGuide(guide) {
  if (!guide.steps.length) return;
  byId("guide-title").textContent = guide.title;
  byId("guide-steps").replaceChildren(...guide.steps.map((step) => element("li", {}, step)));
  byId("play").hidden = !guide.plays.length;
  byId("play").firstElementChild.textContent = guide.plays_title;
  byId("guide").hidden = false;
  byId("guide").open = matchMedia("(min-width: 641px)").matches;
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// ---------------------------------------------------------------- one phone

function newPhone(phone) {
  const section = byId("phone").content.cloneNode(true).firstElementChild;
  const find = (selector) => section.querySelector(selector);
  const drawn = {
    element: section, thread: find(".thread"), form: find("form"), keys: find(".keys"),
    texts: new Map(), number: phone.number,
  };
  const id = "phone-" + phone.number.replace(/\D/g, "");
  find(".title").id = id;
  section.setAttribute("aria-labelledby", id);
  drawn.form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(drawn, drawn.form.elements.body.value);
  });
  drawn.keys.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (key) send(drawn, key.textContent);
  });
  phones.set(phone.number, drawn);
  return drawn;
}

function drawPhone(drawn, phone, senders) {
  const find = (selector) => drawn.element.querySelector(selector);
  const { thread } = drawn;
  const atTheEnd = drawn.texts.size === 0 || thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
  const title = phone.title || pretty(phone.number);
  find(".title").textContent = title;
  find(".number").textContent = phone.title ? pretty(phone.number) : "";
  find(".stopped").hidden = !phone.stopped;
  thread.setAttribute("aria-label", `Texts on ${title}`);
  drawn.form.elements.body.setAttribute("aria-label", `Text from ${title}`);
  drawPartners(drawn, phone.partners.length ? phone.partners : senders);
  drawThread(drawn, phone.texts);
  drawKeys(drawn, phone.texts);
  drawCall(drawn, phone.calls.at(-1));
  if (atTheEnd) thread.scrollTop = thread.scrollHeight;
}

function pretty(number) {
  if (number.startsWith("whatsapp:")) return "WhatsApp " + pretty(number.slice("whatsapp:".length));
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return parts ? `(${parts[1]}) ${parts[2]}-${parts[3]}` : number;
}

function drawPartners(drawn, partners) {
  const select = drawn.form.elements.to;
  const known = [...select.options].map((option) => option.value);
  if (known.join() !== partners.join()) {
    select.replaceChildren(...partners.map((number) => element("option", { value: number }, pretty(number))));
  }
  drawn.element.querySelector(".to").hidden = partners.length < 2;
}

async function send(drawn, body) {
  const field = drawn.form.elements.body;
  if (!body.trim()) return field.focus();
  const to = drawn.form.elements.to.value;
  const chat = to.startsWith("whatsapp:");
  if (!to) return notice("There is no number to write to yet. It appears with the first text, or with a configured sender.");
  try {
    await post("/phones/texts", { phone: (chat ? "whatsapp:" : "") + drawn.number, to, body });
    field.value = "";
    drawn.thread.scrollTop = drawn.thread.scrollHeight;
  } catch {
    notice("That text was not sent. It is still in the phone.");
    field.value = body;
  }
  await refresh();
}

// ---------------------------------------------------------------- texts

function drawThread(drawn, texts) {
  const thread = drawn.thread;
  const first = drawn.texts.size === 0;
  const sids = new Set(texts.map((text) => text.sid));
  const rows = [];
  texts.forEach((text, position) => {
    const before = texts[position - 1];
    const pause = !before || Date.parse(text.at) - Date.parse(before.at) > GAP_MILLISECONDS;
    if (pause) rows.push(stamp(drawn, text));
    rows.push(drawText(drawn, text, {
      apart: !pause && before.mine !== text.mine,
      fresh: !first,
      turns: pause || before.chat !== text.chat,
      back: Boolean(before && before.chat),
      last: position === texts.length - 1,
    }));
  });
  if (rows.length === 0) rows.push(drawn.empty ||= element("p", { className: "empty" }, "No texts yet"));
  for (const sid of drawn.texts.keys()) if (!sids.has(sid)) drawn.texts.delete(sid);
  rows.forEach((row, position) => {
    if (thread.children[position] !== row) thread.insertBefore(row, thread.children[position] || null);
  });
  while (thread.children.length > rows.length) thread.lastElementChild.remove();
}

function stamp(drawn, text) {
  drawn.stamps ||= new Map();
  if (!drawn.stamps.has(text.sid)) {
    drawn.stamps.set(text.sid, element("p", { className: "when" }, dayAndHour(Date.parse(text.at))));
  }
  return drawn.stamps.get(text.sid);
}

function drawText(drawn, text, { apart, fresh, turns, back, last }) {
  const lost = isLost(text);
  const note = noteOn(text, lost, last);
  const drawing = JSON.stringify([text.body, text.status, note, apart, turns && (text.chat || back)]);
  let row = drawn.texts.get(text.sid);
  if (row && drawings.get(row) === drawing) return row;
  const isNew = !row;
  row ||= element("div", {});
  drawings.set(row, drawing);
  row.className = ["text", text.chat && "chat", text.mine && "mine", apart && "apart", (lost || text.by_carrier) && "odd", isNew && fresh && "fresh"]
    .filter(Boolean).join(" ");
  row.replaceChildren(element("div", { className: "bubble" }, ...withLinks(text.body || "(no words)")));
  if (turns && (text.chat || back)) row.prepend(element("p", { className: "note by" }, text.chat ? "WhatsApp" : "Text"));
  if (note) row.append(element("p", { className: note.bad ? "note bad" : "note" }, note.words));
  drawn.texts.set(text.sid, row);
  return row;
}

function isLost(text) {
  return text.status === "undelivered" || text.status === "failed";
}

function noteOn(text, lost, last) {
  if (lost) return { bad: true, words: `Did not arrive (${text.error_code || text.status})` };
  if (text.by_carrier) return { words: "From the carrier itself" };
  if (text.mine && text.error_code) return { bad: true, words: `The practice did not answer (${text.error_code})` };
  return text.mine && last ? { words: "Delivered" } : null;
}

const LINK = /(?:https?:\/\/|(?:localhost|127\.0\.0\.1|(?:[a-z0-9-]+\.)+[a-z]{2,})(?::\d+)?\/)[^\s]*[^\s.,;:!?)'"]/gi;

function withLinks(body) {
  const parts = [];
  let end = 0;
  for (const found of body.matchAll(LINK)) {
    parts.push(body.slice(end, found.index), link(found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, body.slice(end)].filter((part) => part !== "");
}

function link(words) {
  const local = /^(localhost|127\.)/i.test(words);
  const href = /^https?:/i.test(words) ? words : (local ? "http://" : "https://") + words;
  return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, words);
}

// ---------------------------------------------------------------- calls

const CALL_WORDS = {
  ringing: "Ringing", "in-progress": "On the line", completed: "Call ended", busy: "Declined", "no-answer": "Not answered",
};

function drawCall(drawn, call) {
  const place = drawn.element.querySelector(".call");
  const drawing = JSON.stringify(call || null);
  if (drawings.get(place) === drawing) return;
  drawings.set(place, drawing);
  place.hidden = !call;
  drawn.element.classList.toggle("called", Boolean(call));
  if (!call) return;
  const state = call.by_machine ? "Answering machine" : CALL_WORDS[call.status] || call.status;
  const lines = call.heard.map((line) => element("p", { className: line.mine ? "said mine" : "said" }, line.mine ? `Pressed ${line.words}` : line.words));
  const acts = callActs(call).map(([act, words, digit]) => {
    const button = element("button", { type: "button", className: act === "answer" ? "primary" : "" }, words);
    button.addEventListener("click", () => actOnCall(call.sid, act, digit));
    return button;
  });
  place.replaceChildren(
    element("p", { className: "call-head" }, `${state}: ${pretty(call.from)}`),
    element("div", { className: "call-heard", role: "log", tabIndex: 0 }, ...lines),
    element("div", { className: "call-keys", role: "group", ariaLabel: "Call" }, ...acts),
  );
  const heard = place.querySelector(".call-heard");
  heard.scrollTop = heard.scrollHeight; // the last that was said
}

function callActs(call) {
  if (call.status === "ringing") return [["answer", "Answer"], ["machine", "Let it ring"], ["end", "Decline"]];
  if (call.status !== "in-progress") return [];
  const keys = call.waits ? ["1", "2", "3", "8", "9", "0"].map((digit) => ["press", digit, digit]) : [];
  return [...keys, ["end", "Hang up"]];
}

async function actOnCall(sid, act, digit = "") {
  try {
    await post("/phones/calls", { sid, act, digit });
  } catch {
    notice("The call did not go on.");
  }
  await refresh();
}

// ---------------------------------------------------------------- quick replies

// A practice prints its answers as single letters or digits followed by what they do: "Reply C to confirm".
const KEY = /(?:^|[,.;]\s*|\b(?:reply|1st|or|and)\s+)([A-Z]|[1-9])(?=\s+(?:to|by|hasta|para|if|for|takes|passes|within|confirm\w*|cambiar|si|when)\b|=|:\s)/gi;

function askedFor(body) {
  return [...body.matchAll(KEY)].map((found) => found[1]).filter((key) => key === key.toUpperCase());
}

function drawKeys(drawn, texts) {
  const latest = texts.findLast((text) => !text.mine && !text.by_carrier && !isLost(text));
  const asked = latest ? askedFor(latest.body) : [];
  const keys = [...new Set([...USUAL_KEYS, ...asked])].slice(0, MOST_KEYS);
  const drawing = keys.join() + "|" + asked.join();
  if (drawn.keys.dataset.drawing === drawing) return;
  drawn.keys.dataset.drawing = drawing;
  drawn.keys.replaceChildren(...keys.map((key) => element(
    "button",
    { type: "button", className: asked.includes(key) ? "asked" : "", ariaLabel: `Send ${key}` },
    key,
  )));
}

// ---------------------------------------------------------------- acts

byId("moves").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) move(JSON.parse(button.dataset.move));
});

// Plays the guide's acts, as somebody would do them: each text leaves its phone, and time moves between them.
async function play(acts) {
  const button = byId("play").firstElementChild;
  button.disabled = true;
  try {
    for (const act of acts) {
      if (act.phone) {
        await post("/phones/texts", { phone: act.phone, to: shown.state.senders.find((each) => !each.startsWith("whatsapp:")), body: act.body });
      } else {
        const clock = await post("/demo", act.seconds ? { advance_seconds: act.seconds } : { jump: "next" });
        if (clock.trouble) throw new Error(clock.trouble);
      }
      await refresh();
      await new Promise((done) => setTimeout(done, PLAY_PAUSE_MILLISECONDS));
    }
    await refresh();
    notice("");
  } catch {
    notice("The play stopped: the service did not answer.");
  }
  button.disabled = false;
}

byId("play").addEventListener("click", () => play(shown.state.guide.plays));

byId("more").addEventListener("click", () => {
  shown.all = true;
  refresh();
});

byId("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const number = form.elements.number.value.replace(/[\s().-]/g, "");
  try {
    await post("/phones", { number, title: form.elements.title.value });
    form.reset();
    byId("add-problem").textContent = "";
    await refresh();
  } catch (problem) {
    byId("add-problem").textContent = problem.message;
    form.elements.number.focus();
  }
});

setInterval(drawTime, POLL_MILLISECONDS);
pollForever();
