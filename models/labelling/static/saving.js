"use strict";
/* Keeps every change in this browser until the server has said that it has it. A change that was not answered is sent
   again, also after the page, the browser or the server was closed; its request id makes a second sending harmless. */

class Saver {
  constructor(book, tell) {
    this.prefix = `mimamori-labels:${book}:`;
    this.tell = tell; // (state, detail): "saved", "saving", "waiting", "refused", "overtook"
    this.revisions = new Map();
    this.spare = new Map(); // where the browser allows no storage
    this.busy = false;
    addEventListener("online", () => this.send());
  }

  keep(name, labels) {
    const change = { ...labels, base: this.revisions.get(name) || 0, request: newRequest() };
    this.write(name, JSON.stringify(change));
    this.send();
  }

  pending(name) {
    const text = this.read(name);
    return text === null ? null : JSON.parse(text);
  }

  names() {
    const found = [...this.spare.keys()];
    try {
      for (let n = 0; n < localStorage.length; n += 1) {
        const key = localStorage.key(n);
        if (key.startsWith(this.prefix)) found.push(key.slice(this.prefix.length));
      }
    } catch { /* no storage */ }
    return found;
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    try {
      for (let names = this.names(); names.length; names = this.names()) {
        this.tell("saving");
        await this.sendOne(names[0]);
      }
    } catch {
      this.tell("waiting", this.names().length);
      this.timer = setTimeout(() => this.send(), 2000);
    }
    this.busy = false;
  }

  async sendOne(name) {
    const body = this.read(name);
    const answer = await fetch(`frames/${encodeURIComponent(name)}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body,
    });
    if (answer.status === 422) { // it would be refused for ever
      this.forget(name, body);
      this.tell("refused", JSON.stringify((await answer.json()).detail));
      return;
    }
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.json();
    this.revisions.set(name, told.revision);
    this.forget(name, body);
    this.tell(told.overtook ? "overtook" : "saved");
  }

  forget(name, body) {
    if (this.read(name) !== body) return; // changed again meanwhile
    this.spare.delete(name);
    try { localStorage.removeItem(this.prefix + name); } catch { /* no storage */ }
  }

  read(name) {
    if (this.spare.has(name)) return this.spare.get(name);
    try { return localStorage.getItem(this.prefix + name); } catch { return null; }
  }

  write(name, text) {
    try { localStorage.setItem(this.prefix + name, text); } catch { this.spare.set(name, text); }
  }
}

function newRequest() {
  // randomUUID is missing where the page is not served from this machine and not over https.
  const parts = crypto.getRandomValues(new Uint32Array(4));
  return [...parts].map((part) => part.toString(16).padStart(8, "0")).join("");
}
