"use strict";
// Pages are whole without this file. With it, a page follows what happens: when the server says that
// something changed, the page is fetched again and its regions are put in place of the old ones.

(() => {
  const regions = () => document.querySelectorAll("[data-region]");

  async function refresh() {
    let text;
    try {
      const answer = await fetch(location.href.split("#")[0], { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) return;
      text = await answer.text();
    } catch {
      return; // no network for a moment: the next change fetches again
    }
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const old of regions()) {
      const found = fresh.getElementById(old.id);
      if (found === null || found.innerHTML === old.innerHTML) continue;
      replace(old, found);
    }
  }

  function replace(old, fresh) {
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    old.replaceChildren(...document.adoptNode(fresh).childNodes);
    old.querySelectorAll("details").forEach((one, number) => { one.open = open[number] ?? one.open; });
  }

  let waiting = null;
  function refreshSoon() {
    // Several things change together: one fetch for all of them.
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  }

  const follower = document.querySelector("[data-changes]");
  if (follower !== null && "EventSource" in window) {
    let first = true;
    const source = new EventSource(follower.dataset.changes);
    source.addEventListener("changed", () => {
      // The first tells how things stood when the stream began; the page may be a moment older.
      refreshSoon();
      first = false;
    });
    source.addEventListener("error", () => { if (!first) refreshSoon(); });
    addEventListener("pagehide", () => source.close());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.classList.contains("answer-form")) return;
    const button = event.submitter;
    if ("inline" in form.dataset && button !== null) {
      event.preventDefault();
      const words = new URLSearchParams({ answer: button.value });
      fetch(form.action, { method: "POST", body: words }).then(refresh, refresh);
    }
    // After the browser has read the form: a disabled button would not be sent.
    setTimeout(() => form.querySelectorAll("button").forEach((one) => { one.disabled = true; }), 0);
  });
})();
