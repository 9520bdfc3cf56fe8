/** “Try it”: the form's values make the address of the examples, and Send asks the API with the key of the hour. */
import { currentKey } from "./docs_key";

/** So much of an answer is shown. */
const SHOWN = 20_000;
const HEADERS = /^(ratelimit|ratelimit-policy|retry-after|etag|content-type|content-length|link|cache-control|content-language|x-request-id)$/;

/** As the server writes a value into an address; a quotation mark would end the shell's. */
function written(value: string): string {
  return encodeURIComponent(value).replace(/['()*!]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The path and query that the form's fields make. */
export function address(form: HTMLFormElement): string {
  let path = form.dataset.path ?? "";
  const query: string[] = [];
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[data-place]")) {
    const value = field.value.trim();
    const empty = field instanceof HTMLInputElement ? field.placeholder : "";
    if (field.dataset.place === "path") path = path.replace(`{${field.name}}`, written(value || empty));
    else if (value) query.push(`${field.name}=${written(value)}`);
  }
  return query.length ? `${path}?${query.join("&")}` : path;
}

function show(form: HTMLFormElement): void {
  const url = `${form.dataset.base ?? ""}${address(form)}`;
  for (const place of document.querySelectorAll("[data-snippet] [data-url]")) place.textContent = url;
}

function part(name: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-try-${name}]`);
}

function put(name: string, text: string): void {
  const place = part(name);
  if (place) place.textContent = text;
}

/** JSON with indents; any other text as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(form: HTMLFormElement): Promise<void> {
  const status = part("status");
  const say = (which: string) => {
    if (status) status.textContent = which ? (status.dataset[which] ?? "") : "";
  };
  const key = form.dataset.needsKey === "yes" ? currentKey() : "";
  if (form.dataset.needsKey === "yes" && !key) {
    say("noKey");
    document.querySelector<HTMLElement>("[data-docs-key] button")?.focus();
    return;
  }
  say("waiting");
  const began = performance.now();
  try {
    const headers: Record<string, string> = { "Accept-Language": document.documentElement.lang };
    if (key) headers.Authorization = `Bearer ${key}`;
    const answer = await fetch(address(form), { headers, credentials: "omit", cache: "no-store" });
    const text = await answer.text();
    const whole = pretty(text);
    put("code", `${answer.status} ${answer.statusText}`.trim());
    put("time", `${Math.round(performance.now() - began)} ms · ${new Blob([text]).size} B`);
    put("headers", [...answer.headers].filter(([name]) => HEADERS.test(name)).map(([name, value]) => `${name}: ${value}`).join("\n"));
    put("limit", answer.headers.has("RateLimit") ? `RateLimit: ${answer.headers.get("RateLimit")}` : "");
    put("body", whole.slice(0, SHOWN));
    say(whole.length > SHOWN ? "cut" : "");
    const place = part("answer");
    if (place) {
      place.hidden = false;
      place.scrollIntoView({ block: "nearest" });
    }
  } catch {
    say("failed");
  }
}

export function sending(): void {
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("[data-try]") : null;
    if (form) show(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-try]")) return;
    event.preventDefault();
    void send(form);
  });
}
