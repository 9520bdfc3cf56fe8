/** Operations are pages of their own. Following a link only exchanges what differs, so that the key stays. */
const PARTS = [".api-main", ".api-side", ".breadcrumb"];

/** Which page stands here: going back within it (another #place) loads nothing. */
let shown = location.pathname + location.search;

/** The address of a page with the reader's choice, unless it is the usual one. */
function asked(address: string): string {
  const url = new URL(address, location.href);
  const chooser = document.querySelector<HTMLSelectElement>("[data-chooser] select");
  if (chooser && chooser.value !== chooser.dataset.default) url.searchParams.set("device", chooser.value);
  else url.searchParams.delete("device");
  return url.href;
}

async function load(address: string, push: boolean, ready: () => void): Promise<boolean> {
  let text: string;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return false;
    text = await answer.text();
  } catch {
    return false;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  if (!page.querySelector(".api-main")) return false;
  for (const selector of PARTS) {
    const fresh = page.querySelector(selector);
    const old = document.querySelector(selector);
    if (fresh && old) old.replaceWith(document.adoptNode(fresh));
  }
  document.title = page.title;
  if (push) history.pushState(null, "", address);
  shown = location.pathname + location.search;
  const here = new URL(address, location.href).pathname;
  for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-api-nav] [data-api-link]")) {
    if (new URL(link.href).pathname === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const link of page.querySelectorAll<HTMLAnchorElement>(".header a[hreflang]")) {
    document.querySelector<HTMLAnchorElement>(".header a[hreflang]")?.setAttribute("href", link.getAttribute("href") ?? "");
  }
  ready();
  return true;
}

function arrive(address: string): void {
  const place = new URL(address, location.href).hash.slice(1);
  const target = place ? document.getElementById(place) : null;
  const main = document.querySelector<HTMLElement>(".api-main");
  main?.focus({ preventScroll: true });
  if (target) target.scrollIntoView();
  else scrollTo(0, 0);
}

export function followLinks(ready: () => void): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-api-link]") : null;
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const address = asked(link.href);
    void load(address, true, ready).then((loaded) => (loaded ? arrive(address) : location.assign(address)));
  });
  document.addEventListener("change", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-chooser]")) return;
    const address = asked(location.pathname);
    void load(address, true, ready).then((loaded) => {
      if (!loaded) location.assign(address);
      else document.querySelector<HTMLElement>("[data-chooser] select")?.focus();
    });
  });
  addEventListener("popstate", () => {
    if (shown === location.pathname + location.search) return;
    void load(location.href, false, ready).then((loaded) => loaded || location.reload());
  });
}
