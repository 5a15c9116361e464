"use strict";
// Draws the newest live message of a device. Words come with the message; nothing is stored here.

(() => {
  const INK = "#e9f0fb", GRID = "#2b3a55", FLOOR = "#5c7096", POINT = "#7fd1ff", FAST = "#ffd27a";
  const ROOM = { left: -3, right: 3, near: 0, far: 6, high: 2.6 }; // metres; grows when points lie outside
  const STALE_MS = 5000;

  function start(root) {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    const picture = { root, part, room: { ...ROOM }, trail: [], history: [], newestMs: 0, deadline: null };
    const draw = root.dataset.kind === "home" ? drawHome : drawField;
    root.querySelectorAll("[data-part=views]").forEach((view) => { view.hidden = false; });
    blank(picture);
    const source = new EventSource(root.dataset.live);
    source.addEventListener("live", (event) => {
      const view = JSON.parse(event.data);
      if (view === null) { nothing(picture); return; }
      picture.newestMs = performance.now();
      draw(picture, view);
    });
    source.addEventListener("gone", () => { source.close(); location.reload(); });
    addEventListener("pagehide", () => source.close());
    setInterval(() => {
      tick(picture);
      if (picture.newestMs && performance.now() - picture.newestMs > STALE_MS) nothing(picture);
    }, 200);
  }

  function blank(picture) {
    if (picture.root.dataset.kind === "home") drawPoints(picture, []);
    else { fill(picture.part("picture")); drawStrip(picture); }
  }

  function nothing(picture) {
    if (picture.gone) return;
    picture.gone = true;
    picture.root.dataset.mood = "calm";
    picture.deadline = null;
    picture.root.querySelector(".live-state").textContent = picture.root.dataset.none;
    const question = picture.part("question");
    if (question) question.hidden = true;
    picture.trail = [];
    blank(picture);
  }

  function say(picture, words, mood) {
    picture.gone = false;
    picture.root.dataset.mood = mood;
    const line = picture.root.querySelector(".live-state");
    if (line.textContent !== words) line.textContent = words;
  }

  // --- a home ---

  function drawHome(picture, view) {
    say(picture, view.state_words, view.mood);
    picture.part("height").textContent = view.height_words;
    picture.part("bodies").textContent = view.bodies_words;
    // The device's own two times are compared, so no clock needs to agree with another.
    picture.deadline = view.left_s === null ? null : performance.now() + 1000 * view.left_s;
    if (view.said_words) picture.part("said").textContent = view.said_words;
    picture.part("question").hidden = picture.deadline === null && !view.said_words;
    tick(picture);
    picture.trail.push(view.points);
    if (picture.trail.length > 6) picture.trail.shift();
    drawPoints(picture, picture.trail);
  }

  function tick(picture) {
    const left = picture.part("left");
    if (!left) return;
    left.parentElement.hidden = picture.deadline === null;
    if (picture.deadline === null) return;
    left.textContent = String(Math.max(0, Math.ceil((picture.deadline - performance.now()) / 1000)));
  }

  function drawPoints(picture, frames) {
    const room = picture.room;
    for (const [x, y] of frames.flat()) {
      room.left = Math.min(room.left, Math.max(-8, x)); room.right = Math.max(room.right, Math.min(8, x));
      room.far = Math.max(room.far, Math.min(10, y));
    }
    const width = Math.max(room.right - room.left, room.far - room.near);
    drawAbove(picture.part("above"), frames, room, width);
    drawSide(picture.part("side"), frames, room, width);
  }

  function drawAbove(canvas, frames, room, width) {
    const pen = fill(canvas), scale = canvas.width / (width + 0.6);
    const px = (x) => canvas.width / 2 + (x - (room.left + room.right) / 2) * scale;
    const py = (y) => canvas.height - (y - room.near + 0.3) * scale;
    pen.strokeStyle = GRID; pen.lineWidth = 2;
    for (let metre = Math.ceil(room.left); metre <= room.right; metre += 1) line(pen, px(metre), py(room.near), px(metre), py(room.far));
    for (let metre = 0; metre <= room.far; metre += 1) line(pen, px(room.left), py(metre), px(room.right), py(metre));
    radar(pen, px(0), py(0));
    points(pen, frames, ([x, y]) => [px(x), py(y)]);
  }

  function drawSide(canvas, frames, room, width) {
    const pen = fill(canvas), scale = canvas.width / (width + 0.6);
    const px = (y) => (y - room.near + 0.3) * scale;
    const floor = canvas.height * 0.82;
    const pz = (z) => floor - z * scale;
    pen.strokeStyle = GRID; pen.lineWidth = 2;
    for (let metre = 1; metre <= 3; metre += 1) line(pen, 0, pz(metre), canvas.width, pz(metre));
    pen.strokeStyle = FLOOR; pen.lineWidth = 5;
    line(pen, 0, floor, canvas.width, floor);
    pen.fillStyle = INK; pen.font = "22px sans-serif";
    pen.fillText("1 m", 8, pz(1) - 6); pen.fillText("2 m", 8, pz(2) - 6);
    points(pen, frames, ([, y, z]) => [px(y), pz(z)]);
  }

  function points(pen, frames, place) {
    frames.forEach((frame, age) => {
      pen.globalAlpha = (age + 1) / frames.length;
      for (const point of frame) {
        const [x, y] = place(point);
        pen.fillStyle = Math.abs(point[3]) > 0.6 ? FAST : POINT;
        pen.beginPath(); pen.arc(x, y, 7, 0, 2 * Math.PI); pen.fill();
      }
    });
    pen.globalAlpha = 1;
  }

  function radar(pen, x, y) {
    pen.fillStyle = INK;
    pen.beginPath(); pen.moveTo(x, y - 14); pen.lineTo(x - 12, y + 8); pen.lineTo(x + 12, y + 8); pen.fill();
  }

  // --- a field ---

  function drawField(picture, view) {
    say(picture, view.count_words, view.mood);
    lamps(picture.part("lamps"), view.outputs);
    picture.history.push({ at: performance.now(), outputs: view.outputs });
    while (picture.history.length && performance.now() - picture.history[0].at > 60000) picture.history.shift();
    drawStrip(picture);
    const canvas = picture.part("picture");
    if (view.picture === null) { fill(canvas); words(canvas, picture.root.dataset.withheld); return; }
    const image = new Image();
    image.onload = () => {
      canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
      const pen = canvas.getContext("2d");
      pen.drawImage(image, 0, 0);
      for (const box of view.boxes) drawBox(pen, canvas, box);
    };
    image.src = `data:image/jpeg;base64,${view.picture}`;
  }

  function drawBox(pen, canvas, box) {
    const x = box.x * canvas.width, y = box.y * canvas.height, w = box.w * canvas.width, h = box.h * canvas.height;
    const size = Math.max(13, canvas.width / 32);
    pen.strokeStyle = box.confirmed ? "#ff5a3c" : "#ffd27a"; pen.lineWidth = Math.max(2, canvas.width / 220);
    pen.setLineDash(box.confirmed ? [] : [8, 6]);
    pen.strokeRect(x, y, w, h);
    pen.setLineDash([]);
    const text = `${box.words} ${box.percent}%`;
    pen.font = `bold ${size}px sans-serif`;
    const wide = pen.measureText(text).width + 8, top = y > size + 8 ? y - size - 8 : y + h;
    pen.fillStyle = box.confirmed ? "#a61b1b" : "#7a4b00";
    pen.fillRect(x, top, wide, size + 8);
    pen.fillStyle = "#fff"; pen.fillText(text, x + 4, top + size + 1);
  }

  // Lamps of outputs that were on once stay: the device names only those that are on now.
  function outputsKnown(place) {
    return [...place.querySelectorAll("[data-code]")].map((lamp) => ({ code: lamp.dataset.code, words: lamp.dataset.words }));
  }

  function lamps(place, lit) {
    const known = outputsKnown(place);
    for (const output of lit) if (!known.some((one) => one.code === output.code)) known.push(output);
    if (known.length === 0) return;
    place.replaceChildren(...known.map((output) => {
      const on = lit.some((one) => one.code === output.code), lamp = document.createElement("span");
      lamp.className = on ? "lamp on" : "lamp";
      lamp.dataset.code = output.code; lamp.dataset.words = output.words;
      lamp.textContent = `${output.words} ${on ? place.dataset.on : place.dataset.off}`;
      return lamp;
    }));
  }

  function drawStrip(picture) {
    const outputs = outputsKnown(picture.part("lamps"));
    const canvas = picture.part("strip"), pen = fill(canvas), now = performance.now();
    const row = canvas.height / Math.max(2, outputs.length), left = 190, wide = canvas.width - left;
    outputs.forEach((output, number) => {
      pen.fillStyle = INK; pen.font = "24px sans-serif";
      pen.fillText(output.words, 12, row * number + row / 2 + 9, left - 20);
      pen.fillStyle = GRID; pen.fillRect(left, row * number + row / 2 - 2, wide, 4);
      pen.fillStyle = "#ffb13d";
      picture.history.forEach((moment, at) => {
        if (!moment.outputs.some((one) => one.code === output.code)) return;
        const end = at + 1 < picture.history.length ? picture.history[at + 1].at : now;
        const from = left + wide * (1 - (now - moment.at) / 60000), to = left + wide * (1 - (now - end) / 60000);
        pen.fillRect(from, row * number + row * 0.22, Math.max(3, to - from), row * 0.56);
      });
    });
  }

  // --- canvas ---

  function fill(canvas) {
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#101a2b"; pen.fillRect(0, 0, canvas.width, canvas.height);
    return pen;
  }

  function words(canvas, text) {
    const pen = canvas.getContext("2d");
    pen.fillStyle = INK; pen.font = "22px sans-serif"; pen.textAlign = "center";
    pen.fillText(text, canvas.width / 2, canvas.height / 2, canvas.width - 30);
    pen.textAlign = "start";
  }

  function line(pen, x1, y1, x2, y2) { pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(x2, y2); pen.stroke(); }

  if ("EventSource" in window) document.querySelectorAll("[data-live]").forEach(start);
})();
