/** The API's reference: list, tabs, the key of the hour, sending. Nothing of the key leaves this page. */
import { fillKey, keyForms, showKey } from "./docs_key";
import { followLinks } from "./docs_pages";
import { sending } from "./docs_send";
import { tabs } from "./tabs";

/** What each operation needs when it has come into the page. */
function ready(): void {
  for (const group of document.querySelectorAll<HTMLElement>("[data-tabs]")) tabs(group);
  showKey();
  fillKey();
}

/** The search filters while one types; pressing Enter opens the first operation that is left. */
function search(nav: HTMLElement): void {
  const form = nav.querySelector<HTMLFormElement>("[data-api-search]");
  const input = form?.querySelector("input");
  const count = nav.querySelector<HTMLElement>("[data-api-count]");
  if (!form || !input || !count) return;
  const filter = (): HTMLElement[] => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [...nav.querySelectorAll<HTMLElement>("[data-api-words]")];
    for (const row of rows) {
      const text = (row.dataset.apiWords ?? "").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    for (const group of nav.querySelectorAll<HTMLElement>("[data-api-group]")) {
      group.hidden = !group.querySelector("[data-api-words]:not([hidden])");
    }
    const left = rows.filter((row) => !row.hidden);
    const told = left.length ? `${count.dataset.some} ${left.length}` : (count.dataset.none ?? "");
    count.textContent = words.length ? told : "";
    return left;
  };
  input.addEventListener("input", filter);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    filter()[0]?.querySelector("a")?.click();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const nav = document.querySelector<HTMLElement>("[data-api-nav]");
  const opener = nav?.querySelector<HTMLElement>("[data-api-open]");
  const open = (yes: boolean) => {
    nav?.toggleAttribute("data-open", yes);
    opener?.setAttribute("aria-expanded", String(yes));
  };
  opener?.addEventListener("click", () => open(opener.getAttribute("aria-expanded") !== "true"));
  if (nav) {
    search(nav);
    nav.querySelector("a[aria-current]")?.scrollIntoView({ block: "nearest" });
    scrollTo(0, 0);
  }
  followLinks(() => {
    open(false);
    ready();
  });
  keyForms();
  sending();
  ready();
});
