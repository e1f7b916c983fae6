// SPDX-License-Identifier: EUPL-1.2
// Fetches the page again when the server says that something has changed. Without this file the page is what it
// was when it was asked for; nothing else depends on it.
(() => {
  "use strict";
  const place = document.currentScript.dataset.events;
  let busy = false;
  let again = false;

  const openDetails = () => [...document.querySelectorAll("main details[open]")].map((one) => one.id);

  // Where the keyboard was, it stays: the new link or summary that stands for the old one.
  const focused = () => {
    const one = document.activeElement;
    if (!one || !one.closest("main")) return null;
    if (one.id) return `#${CSS.escape(one.id)}`;
    const href = one.getAttribute("href");
    if (href) return `main a[href="${CSS.escape(href)}"]`;
    const details = one.closest("details");
    return details ? `#${CSS.escape(details.id)} > summary` : null;
  };

  const put = (fresh) => {
    const open = openDetails();
    const focus = focused();
    for (const id of ["main", "updated"]) {
      const now = document.getElementById(id);
      const then = fresh.getElementById(id);
      if (now && then) now.replaceWith(document.adoptNode(then));
    }
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focus) document.querySelector(focus)?.focus({ preventScroll: true });
    document.title = fresh.title;
  };

  const renew = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The server is away: EventSource connects again by itself, and then the page is fetched.
    }
    busy = false;
    if (again) {
      again = false;
      setTimeout(renew, 1000);
    }
  };

  const events = new EventSource(place);
  let connected = false;
  events.addEventListener("open", () => {
    if (connected) renew();
    connected = true;
  });
  events.addEventListener("ran", renew);
  events.addEventListener("changed", (event) => {
    document.getElementById("live").textContent = event.data;
    renew();
  });
})();
