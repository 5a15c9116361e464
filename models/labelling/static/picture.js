"use strict";
/* The picture with its boxes, in an SVG whose user units are the picture's pixels. One finger or the mouse draws,
   chooses, moves and resizes; two fingers or the wheel zoom. */

const SVG = "http://www.w3.org/2000/svg";
const HANDLE_CSS_PX = 9; // radius that is seen
const REACH_CSS_PX = { mouse: 12, touch: 26, pen: 18 }; // and that is hit: fingers are thick
const TAP_CSS_PX = 5; // less movement is a tap
const ZOOM_MAX = 12;

class Picture {
  constructor(svg, { changed, chosen, kind, caption, order }) {
    this.svg = svg;
    this.on = { changed, chosen, kind, caption, order };
    this.boxes = [];
    this.selected = -1;
    this.pointers = new Map();
    this.gesture = null;
    this.wide = this.high = 1;
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => this.up(event));
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    addEventListener("resize", () => this.draw());
  }

  show(address, wide, high, boxes) {
    this.wide = wide;
    this.high = high;
    const photo = this.svg.querySelector("#photo");
    photo.setAttribute("href", address);
    photo.setAttribute("width", wide);
    photo.setAttribute("height", high);
    this.boxes = boxes;
    this.selected = -1;
    this.gesture = null;
    this.svg.style.aspectRatio = `${wide} / ${high}`;
    this.whole();
  }

  replace(boxes) {
    this.boxes = boxes;
    if (this.selected >= boxes.length) this.choose(-1);
    this.draw();
  }

  choose(number) {
    this.selected = number;
    this.on.chosen(this.boxes[number] || null);
    this.draw();
  }

  /* --- what is seen of it --- */

  whole() { this.look({ x: 0, y: 0, scale: 1 }); }

  look({ x, y, scale }) {
    const size = Math.min(ZOOM_MAX, Math.max(1, scale));
    const w = this.wide / size, h = this.high / size;
    this.view = { scale: size, x: clamp(x, 0, this.wide - w), y: clamp(y, 0, this.high - h) };
    this.svg.setAttribute("viewBox", `${this.view.x} ${this.view.y} ${w} ${h}`);
    this.draw();
  }

  zoom(factor, at) {
    const centre = at || { x: this.view.x + this.wide / this.view.scale / 2, y: this.view.y + this.high / this.view.scale / 2 };
    const scale = Math.min(ZOOM_MAX, Math.max(1, this.view.scale * factor));
    const ratio = this.view.scale / scale;
    this.look({ x: centre.x - (centre.x - this.view.x) * ratio, y: centre.y - (centre.y - this.view.y) * ratio, scale });
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), this.point(event));
  }

  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return { x: at.x, y: at.y };
  }

  unit() { // picture px per CSS px
    const matrix = this.svg.getScreenCTM();
    return matrix && matrix.a ? 1 / matrix.a : 1;
  }

  /* --- fingers and mouse --- */

  down(event) {
    if (event.button > 0) return;
    this.svg.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.pointers.size === 2) { this.beginPinch(); return; }
    if (this.pointers.size > 2) return;
    const at = this.point(event);
    const handle = this.handleAt(at, REACH_CSS_PX[event.pointerType] || REACH_CSS_PX.mouse);
    const before = this.boxes.map((box) => ({ ...box }));
    if (handle) this.gesture = { kind: "resize", handle, before, at };
    else if (this.selected >= 0 && inside(this.boxes[this.selected], at)) this.gesture = { kind: "move", before, at };
    else this.gesture = { kind: "draw", before, at };
    this.gesture.from = { x: event.clientX, y: event.clientY };
    this.gesture.moved = false;
  }

  move(event) {
    if (!this.pointers.has(event.pointerId)) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const gesture = this.gesture;
    if (!gesture) return;
    if (gesture.kind === "pinch") { this.pinch(); return; }
    const far = Math.hypot(event.clientX - gesture.from.x, event.clientY - gesture.from.y);
    if (!gesture.moved && far < TAP_CSS_PX) return;
    gesture.moved = true;
    this.drag(gesture, this.point(event));
    this.draw();
  }

  drag(gesture, to) {
    if (gesture.kind === "draw") {
      gesture.box = span(this.inPicture(gesture.at), this.inPicture(to));
      return;
    }
    const box = gesture.before[this.selected];
    const made = gesture.kind === "move"
      ? { ...box, x: clamp(box.x + to.x - gesture.at.x, 0, this.wide - box.w), y: clamp(box.y + to.y - gesture.at.y, 0, this.high - box.h) }
      : { ...box, ...span(opposite(box, gesture.handle), this.inPicture(to)) };
    this.boxes[this.selected] = { ...made, by: "human" };
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const gesture = this.gesture;
    if (!gesture) return;
    if (gesture.kind === "pinch") {
      if (this.pointers.size < 2) this.gesture = null;
      return;
    }
    this.gesture = null;
    if (event.type === "pointercancel") { this.boxes = gesture.before; this.draw(); return; }
    if (!gesture.moved) { this.choose(this.boxAt(gesture.at)); return; }
    if (gesture.kind === "draw") this.add(gesture.box);
    else this.tidy();
    this.draw();
  }

  add(box) {
    const least = TAP_CSS_PX * this.unit();
    if (box.w < Math.max(2, least) || box.h < Math.max(2, least)) return;
    this.boxes.push({ ...box, species: this.on.kind(), by: "human", score: null });
    this.choose(this.boxes.length - 1);
    this.on.changed();
  }

  tidy() {
    const box = this.boxes[this.selected];
    box.w = Math.max(2, box.w);
    box.h = Math.max(2, box.h);
    box.x = Math.min(box.x, this.wide - box.w);
    box.y = Math.min(box.y, this.high - box.h);
    this.on.changed();
  }

  beginPinch() {
    if (this.gesture && this.gesture.before) this.boxes = this.gesture.before; // the first finger drew nothing
    this.gesture = { kind: "pinch", ...this.fingers(), view: { ...this.view } };
    this.draw();
  }

  fingers() {
    const [a, b] = [...this.pointers.values()];
    return { gap: Math.max(10, Math.hypot(a.x - b.x, a.y - b.y)), clientX: (a.x + b.x) / 2, clientY: (a.y + b.y) / 2 };
  }

  pinch() {
    const now = this.fingers(), began = this.gesture;
    this.look(began.view);
    const under = this.point(began);
    const scale = began.view.scale * now.gap / began.gap;
    const ratio = began.view.scale / Math.min(ZOOM_MAX, Math.max(1, scale));
    const unit = this.unit() * ratio;
    this.look({
      x: under.x - (under.x - began.view.x) * ratio - (now.clientX - began.clientX) * unit,
      y: under.y - (under.y - began.view.y) * ratio - (now.clientY - began.clientY) * unit,
      scale,
    });
  }

  inPicture(at) { return { x: clamp(at.x, 0, this.wide), y: clamp(at.y, 0, this.high) }; }

  handleAt(at, reach) {
    const box = this.boxes[this.selected];
    if (!box) return null;
    // Of a tiny box the corners must leave room to hold its middle.
    const near = Math.min(reach * this.unit(), Math.max(HANDLE_CSS_PX * this.unit(), Math.min(box.w, box.h) / 2));
    return cornersOf(box).find((corner) => Math.hypot(corner.x - at.x, corner.y - at.y) <= near) || null;
  }

  boxAt(at) {
    const slack = 6 * this.unit();
    let found = -1;
    this.boxes.forEach((box, n) => {
      const smaller = found < 0 || box.w * box.h < this.boxes[found].w * this.boxes[found].h;
      if (inside(box, at, slack) && smaller) found = n;
    });
    return found;
  }

  /* --- drawing --- */

  draw() {
    const unit = this.unit();
    const [layer, captions, handles] = ["#boxes", "#captions", "#handles"].map((id) => this.svg.querySelector(id));
    for (const part of [layer, captions, handles]) part.replaceChildren();
    this.boxes.forEach((box, n) => this.drawn(layer, captions, box, n === this.selected, unit));
    const box = this.boxes[this.selected];
    if (box) {
      for (const corner of cornersOf(box)) {
        handles.append(made("circle", { cx: corner.x, cy: corner.y, r: HANDLE_CSS_PX * unit, class: "handle" }));
      }
    }
    const fresh = this.gesture && this.gesture.box;
    if (fresh) this.drawn(layer, captions, { ...fresh, species: this.on.kind() }, true, unit);
  }

  drawn(layer, captions, box, selected, unit) {
    const kind = `kind-${this.on.order(box.species)}`;
    const frame = made("g", { class: `box ${kind}${selected ? " selected" : ""}${box.by === "model" ? " proposed" : ""}` });
    frame.append(made("rect", { x: box.x, y: box.y, width: box.w, height: box.h }));
    layer.append(frame);
    const high = 15 * unit, words = this.on.caption(box);
    const wide = [...words].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 255 ? 13 : 8.4), 10) * unit;
    const x = clamp(box.x, this.view.x, this.view.x + this.wide / this.view.scale - wide);
    const above = box.y - high * 1.35;
    const y = above >= this.view.y ? above : Math.max(this.view.y, box.y);
    const caption = made("g", { class: `box ${kind}` });
    caption.append(made("rect", { x, y, width: wide, height: high * 1.35, class: "plate" }));
    const text = made("text", { x: x + 4 * unit, y: y + high, "font-size": 13 * unit });
    text.textContent = words;
    caption.append(text);
    captions.append(caption);
  }
}

function made(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function clamp(value, low, high) { return Math.min(Math.max(value, low), Math.max(low, high)); }

function inside(box, at, slack = 0) {
  return at.x >= box.x - slack && at.x <= box.x + box.w + slack && at.y >= box.y - slack && at.y <= box.y + box.h + slack;
}

function span(a, b) {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), w: Math.abs(a.x - b.x), h: Math.abs(a.y - b.y) };
}

function cornersOf(box) {
  return [[0, 0], [1, 0], [0, 1], [1, 1]].map(([right, low]) => ({ right, low, x: box.x + right * box.w, y: box.y + low * box.h }));
}

function opposite(box, corner) {
  return { x: box.x + (1 - corner.right) * box.w, y: box.y + (1 - corner.low) * box.h };
}
