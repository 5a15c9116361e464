"use strict";
/* The desk beside the picture: which frame, which kind, what is done; every change goes to the Saver at once. */

const words = JSON.parse(document.getElementById("words").textContent);
const kinds = JSON.parse(document.getElementById("names").textContent);
const names = new Map(kinds.map((kind) => [kind.code, kind.name]));
const by = (id) => document.getElementById(id);

let frames = []; // {name, state} in the order to look through
let place = -1;
let current = null; // the frame that is shown, as the server told it
let history = [];
let kind = kinds[0].code;

const saver = new Saver(document.body.dataset.book, tellSaved);
const picture = new Picture(by("picture"), {
  changed: () => keep(),
  chosen: (box) => { if (box) setKind(box.species); by("remove").disabled = !box; },
  kind: () => kind,
  caption: (box) => `${names.get(box.species) || box.species}${box.by === "model" && box.score ? ` ${Math.round(box.score * 100)}%` : ""}`,
  order: (species) => kinds.findIndex((one) => one.code === species),
});

function filled(text, facts) { return text.replace(/\{(\w+)\}/g, (_, name) => facts[name]); }

function tellSaved(state, detail) {
  const line = by("saved");
  if (state === "saved" && line.dataset.state === "overtook") return;
  line.dataset.state = state;
  line.textContent = filled(words[state], { n: detail, why: detail });
}

/* --- frames --- */

async function start() {
  let list;
  try {
    list = await (await fetch("frames")).json();
  } catch {
    setTimeout(start, 2000);
    return;
  }
  frames = list;
  for (const frame of frames) {
    saver.revisions.set(frame.name, frame.revision);
    const pending = saver.pending(frame.name);
    if (pending) frame.state = pending.state;
  }
  saver.send();
  const wanted = decodeURIComponent(location.hash.slice(1));
  const there = frames.findIndex((frame) => frame.name === wanted);
  await show(there >= 0 ? there : Math.max(0, frames.findIndex((frame) => frame.state === "open")));
}

async function show(number) {
  if (number < 0 || number >= frames.length) return;
  const name = frames[number].name;
  let told;
  try {
    const answer = await fetch(`frames/${encodeURIComponent(name)}`);
    if (!answer.ok) throw new Error(answer.status);
    told = await answer.json();
  } catch {
    tellSaved("waiting", saver.names().length);
    setTimeout(() => { if (place === number || place < 0 || !current) show(number); }, 2000);
    return;
  }
  place = number;
  const pending = saver.pending(name);
  current = pending ? { ...told, state: pending.state, boxes: pending.boxes } : told;
  saver.revisions.set(name, told.revision);
  history = [];
  by("saved").textContent = "";
  by("saved").dataset.state = "";
  picture.show(`pictures/${encodeURIComponent(name)}.jpg`, told.width_px, told.height_px, current.boxes.map((box) => ({ ...box })));
  picture.choose(-1);
  keepPlace(name);
  tell();
  if (frames[number + 1]) new Image().src = `pictures/${encodeURIComponent(frames[number + 1].name)}.jpg`;
}

function keepPlace(name) {
  window.history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  for (const link of document.querySelectorAll("[data-keeps-place]")) link.hash = encodeURIComponent(name);
}

/* --- changes --- */

function keep(state = current.state) {
  history.push({ state: current.state, boxes: current.boxes });
  put(state, picture.boxes.map((box) => ({ ...box })));
}

function put(state, boxes) {
  current = { ...current, state, boxes };
  frames[place].state = state;
  by("saved").dataset.state = "";
  saver.keep(current.name, { state, boxes });
  tell();
}

function undo() {
  const before = history.pop();
  if (!before) return;
  put(before.state, before.boxes);
  picture.replace(before.boxes.map((box) => ({ ...box })));
}

function remove() {
  if (picture.selected < 0) return;
  picture.boxes.splice(picture.selected, 1);
  picture.choose(-1);
  keep();
}

function setKind(code) {
  kind = code;
  for (const button of document.querySelectorAll(".kind")) button.setAttribute("aria-pressed", button.dataset.species === code);
}

function pressKind(code) {
  setKind(code);
  const box = picture.boxes[picture.selected];
  if (!box || box.species === code) return;
  picture.boxes[picture.selected] = { ...box, species: code, by: "human", score: null };
  picture.draw();
  keep();
}

async function done() {
  if (!current) return;
  keep("done");
  const after = frames.findIndex((frame, n) => n > place && frame.state === "open");
  const next = after >= 0 ? after : frames.findIndex((frame) => frame.state === "open");
  if (next >= 0) await show(next);
}

/* --- what is told --- */

function tell() {
  const done = frames.filter((frame) => frame.state !== "open").length;
  by("count").textContent = done === frames.length ? words.finished : filled(words.count, { all: frames.length, done });
  by("progress").value = frames.length ? done / frames.length : 0;
  const boxes = current.boxes.length ? filled(words.boxes, { n: current.boxes.length }) : words.no_boxes;
  by("facts").textContent = [filled(words.place, { n: place + 1 }), words[`why_${current.why}`], boxes, words[`state_${current.state}`]].join(" ・ ");
  by("facts").dataset.state = current.state;
  const unusable = by("unusable");
  unusable.textContent = current.state === "unusable" ? unusable.dataset.again : unusable.dataset.otherwise;
  by("undo").disabled = history.length === 0;
  by("remove").disabled = picture.selected < 0;
  by("previous").disabled = place <= 0;
  by("next").disabled = place >= frames.length - 1;
}

const pressed = {
  larger: () => picture.zoom(1.6), smaller: () => picture.zoom(1 / 1.6), whole: () => picture.whole(),
  remove, undo, done, previous: () => show(place - 1), next: () => show(place + 1),
  unusable: () => keep(current.state === "unusable" ? "open" : "unusable"),
};
for (const [id, act] of Object.entries(pressed)) by(id).addEventListener("click", () => { if (current) act(); });
for (const button of document.querySelectorAll(".kind")) button.addEventListener("click", () => pressKind(button.dataset.species));

addEventListener("keydown", (event) => {
  if (!current || event.altKey || event.metaKey) return;
  if (event.ctrlKey) {
    if (event.key === "z") { event.preventDefault(); undo(); }
    return;
  }
  const onButton = event.target.closest && event.target.closest("button, a, summary");
  const number = Number(event.key);
  if (number >= 1 && number <= kinds.length) pressKind(kinds[number - 1].code);
  else if (event.key === "Enter" && !onButton) done();
  else if (event.key === "ArrowLeft") show(place - 1);
  else if (event.key === "ArrowRight") show(place + 1);
  else if (event.key === "Delete" || event.key === "Backspace") remove();
  else if (event.key === "Escape") picture.choose(-1);
});

setKind(kind);
start();
