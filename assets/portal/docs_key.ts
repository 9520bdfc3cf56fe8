/** The key for one hour. It lives in this module's memory: no storage, no cookie, no address. */
interface Held {
  key: string;
  until: Date;
}

/** By trial: a key reads one trial. */
const held = new Map<string, Held>();

function form(): HTMLFormElement | null {
  return document.querySelector<HTMLFormElement>("[data-docs-key]");
}

function trial(): string {
  return form()?.querySelector<HTMLInputElement>("[name=trial]")?.value ?? "";
}

function tell(which: "until" | "gone" | "ended" | "refused", more = ""): void {
  const status = document.querySelector<HTMLElement>("[data-docs-key-status]");
  if (status) status.textContent = `${status.dataset[which] ?? ""}${more}`;
}

/** The key that reads the trial of this page; an ended one is forgotten. */
export function currentKey(): string {
  const found = held.get(trial());
  if (found && found.until.getTime() <= Date.now()) {
    held.delete(trial());
    tell("ended");
    showKey();
    fillKey();
    return "";
  }
  return found?.key ?? "";
}

/** Put the key into the examples, or take it out again. */
export function fillKey(): void {
  const key = held.get(trial())?.key;
  for (const place of document.querySelectorAll<HTMLElement>("[data-key]")) {
    place.dataset.empty ??= place.textContent ?? "";
    const written = place.dataset.key === "quoted" ? JSON.stringify(key ?? "") : key;
    place.textContent = key ? (written ?? "") : place.dataset.empty;
  }
}

/** Show the key of the trial, or hide the place for it. */
export function showKey(): void {
  const made = document.querySelector<HTMLElement>("[data-docs-key-made]");
  const input = made?.querySelector("input");
  if (!made || !input) return;
  const found = held.get(trial());
  made.hidden = !found;
  input.value = found?.key ?? "";
  if (found) {
    const clock = found.until.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
    tell("until", ` ${clock}`);
  }
}

async function make(sent: HTMLFormElement): Promise<void> {
  const button = sent.querySelector("button");
  if (button) button.disabled = true;
  try {
    const answer = await fetch(sent.action, {
      method: "POST",
      body: new FormData(sent),
      headers: { Accept: "application/json" },
    });
    const found = (await answer.json()) as { key: string; expires_at: string; trial: string };
    held.set(found.trial, { key: found.key, until: new Date(found.expires_at) });
    showKey();
    fillKey();
  } catch {
    tell("refused");
  } finally {
    if (button) button.disabled = false;
  }
}

/** The buttons that make and forget a key, on whichever operation is in the page. */
export function keyForms(): void {
  document.addEventListener("submit", (event) => {
    const sent = event.target;
    if (!(sent instanceof HTMLFormElement) || !sent.matches("[data-docs-key]")) return;
    event.preventDefault();
    void make(sent);
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-docs-key-forget]")) return;
    held.delete(trial());
    showKey();
    fillKey();
    tell("gone");
  });
  // A page that comes back from the browser's memory holds no key.
  addEventListener("pagehide", () => {
    held.clear();
    showKey();
    fillKey();
  });
}
