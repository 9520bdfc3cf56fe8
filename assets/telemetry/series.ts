/** Pages of series: ranges by drag and keys, and asking now and then whether there is anything new. */

export {};

interface Htmx {
  swap(target: string, content: string, how: { swapStyle: string }, options: { select: string }): void;
  process(element: Element): void;
}

const htmx = (window as unknown as { htmx?: Htmx }).htmx;
const PART = "#series";
/** Keys of a chart that has the focus, and the link of the page that each stands for. */
const KEYS: Record<string, string> = {
  ArrowLeft: "earlier",
  ArrowRight: "later",
  "+": "closer",
  ";": "closer",
  "-": "wider",
};

/** What had the focus, to give it back to its successor: by its id, else by what it says. */
function heir(): () => void {
  const active = document.activeElement;
  if (!active?.closest(PART)) return () => undefined;
  const [id, text] = [active.id, active.textContent];
  return () => {
    const same = [...document.querySelectorAll<HTMLElement>(`${PART} a, ${PART} button`)].find((one) => one.textContent === text);
    (id ? document.getElementById(id) : same)?.focus({ preventScroll: true });
  };
}

let newest = 0;

/** Another range in the place of this one; ``keep``: the same address again. */
async function show(address: string, keep = false): Promise<void> {
  const turn = ++newest;
  const focus = heir();
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => undefined);
  if (turn !== newest) return;
  // Refused in words (422) is a page too; anything else the browser shows itself.
  if (!htmx || !answer || answer.redirected || (!answer.ok && answer.status !== 422)) {
    if (!keep) window.location.assign(address);
    return;
  }
  const text = await answer.text();
  if (turn !== newest) return;
  if (!keep) history.pushState({}, "", address);
  htmx.swap(PART, text, { swapStyle: "outerHTML" }, { select: PART });
  const settle = answer.ok ? focus : () => document.querySelector<HTMLElement>(`${PART} [role=alert]`)?.focus();
  settle();
  setTimeout(settle, 60);
}

window.addEventListener("popstate", () => void show(window.location.pathname + window.location.search, true));

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>(`${PART} a[href]`);
  if (!link || link.closest("[data-whole]") || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void show(link.pathname + link.search);
});

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (!form.closest(PART)) return;
  event.preventDefault();
  const query = new URLSearchParams([...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]));
  void show(`${window.location.pathname}?${query.toString()}`);
});

/** Unix seconds as an input of date and time in Japan writes them. */
function local(seconds: number): string {
  return new Date((seconds + 9 * 3600) * 1000).toISOString().slice(0, 16);
}

document.addEventListener("chart:range", (event) => {
  const { from, to } = (event as CustomEvent<{ from: number; to: number }>).detail;
  const address = new URL(window.location.href);
  address.searchParams.delete("range");
  address.searchParams.delete("more");
  // An input knows whole minutes.
  address.searchParams.set("since", local(Math.floor(from / 60) * 60));
  address.searchParams.set("until", local(Math.max(Math.ceil(to / 60), Math.floor(from / 60) + 1) * 60));
  void show(address.pathname + address.search);
});

document.addEventListener("keydown", (event) => {
  const chart = event.target as HTMLElement;
  if (!chart.dataset?.zoom || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = KEYS[event.key];
  const link = step && document.querySelector<HTMLAnchorElement>(`[data-range="${step}"]`);
  if (!link) return;
  event.preventDefault();
  void show(link.pathname + link.search);
});

/** The newest state and values in their place; the chart too, where its range ends now. */
function poll(place: HTMLElement): void {
  const address = place.dataset.poll ?? "";
  const pause = Number(place.dataset.pollSeconds ?? 30) * 1000;
  let tag = "";
  let busy = false;
  const ask = async () => {
    if (document.hidden || busy) return;
    busy = true;
    try {
      const headers: Record<string, string> = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(address, { headers, cache: "no-store", credentials: "same-origin" });
      if (answer.status !== 200 || answer.redirected) return;
      const first = !tag;
      tag = answer.headers.get("ETag") ?? "";
      const text = await answer.text();
      if (first && place.innerHTML.trim() === text.trim()) return;
      place.innerHTML = text;
      htmx?.process(place);
      if (!first && document.querySelector(`${PART}[data-follows]`)) {
        void show(window.location.pathname + window.location.search, true);
      }
    } catch {
      // Away from the network the page stays as it is; the next turn asks again.
    } finally {
      busy = false;
    }
  };
  setInterval(() => void ask(), pause);
  document.addEventListener("visibilitychange", () => void ask());
}

for (const place of document.querySelectorAll<HTMLElement>("[data-poll]")) poll(place);
