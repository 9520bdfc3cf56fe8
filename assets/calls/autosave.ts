/** The screens of an application save by themselves; what cannot be sent yet stays in this browser. */
import { copies, drop, forget, keep, type Copy, type Entries, type Found, type Place } from "./copies";
import { changedNames, entriesOf, putBack, sentEntries, serialized } from "./entries";

const PAUSE = 800;
const FIRST_RETRY = 2_000;
const LAST_RETRY = 60_000;
const TIMEOUT = 20_000;
const LOOK_AGAIN = 15_000;
const SILENT = 60_000;
/** Browsers let 64 kB go on when the page is closed. */
const KEEPALIVE = 60_000;

interface Answer {
  saved_at: string;
  bases: Record<string, string>;
  saved: string[];
  conflicts: string[];
  refused: Record<string, string[]>;
  variants: string;
}

type Said = "saved" | "sending" | "offline" | "unkept" | "restored" | "signedOut" | "refused" | "conflict" | "reload";

const csrf = (): string =>
  /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ??
  document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ??
  "";

const newPen = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Send answers to be saved; rejects when the server cannot be reached in time. */
async function post(url: string, body: FormData, leaving: boolean): Promise<Response> {
  const size = [...body].reduce((sum, [name, value]) => sum + 120 + name.length + new Blob([value]).size, 0);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT);
  try {
    return await fetch(url, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrf(), Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
      keepalive: leaving && size < KEEPALIVE,
      signal: stop.signal,
    });
  } finally {
    clearTimeout(timer);
  }
}

class Autosave {
  private readonly pen = newPen();
  private readonly place: Place;
  private readonly url: string;
  private before = "";
  private stroke = 0;
  private bases: Record<string, string>;
  /** What the server has, as far as this page knows. */
  private sure: Entries;
  /** What the server has answered to; a refused answer is not sent again until something changes. */
  private tried = "";
  private left = "";
  private timer = 0;
  private failures = 0;
  private sending = false;
  private composing = false;
  private submitting = false;
  private stopped = false;
  private rowsRestored = false;
  /** Copies of other screens that the server has answered to from this page. */
  private readonly answeredTo = new Set<string>();

  constructor(
    private readonly form: HTMLFormElement,
    private readonly line: HTMLElement,
  ) {
    const { autosave, writer, code, slug } = form.dataset;
    this.url = autosave ?? "";
    this.place = { who: writer ?? "", code: code ?? "", slug: slug ?? "" };
    this.bases = JSON.parse(this.hidden("bases").value || "{}") as Record<string, string>;
    const refused = (form.dataset.refused ?? "").split(" ").filter(Boolean);
    this.sure = sentEntries(form).filter(([name]) => !isOneOf(name, refused));
    if (refused.length) this.tried = serialized(entriesOf(form));
  }

  start(): void {
    this.takeOver();
    this.changed();
    const { form } = this;
    form.addEventListener("compositionstart", () => (this.composing = true));
    form.addEventListener("compositionend", () => {
      this.composing = false;
      this.changed();
    });
    for (const type of ["input", "change"]) form.addEventListener(type, () => this.changed());
    // Rows that a script adds or takes away tell nothing by themselves.
    let seen = 0;
    new MutationObserver(() => {
      window.clearTimeout(seen);
      seen = window.setTimeout(() => this.changed(), 300);
    }).observe(form, { childList: true, subtree: true });
    form.addEventListener("focusout", () => this.now());
    form.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
      else this.now();
    });
    window.addEventListener("pagehide", () => this.leave(true));
    window.addEventListener("pageshow", (event) => {
      this.submitting = false;
      if (event.persisted) this.now();
    });
    for (const type of ["online", "focus"]) window.addEventListener(type, () => this.now());
    window.addEventListener("beforeunload", (event) => {
      if (this.line.dataset.said === "unkept" && this.unsent() && !this.submitting) event.preventDefault();
    });
  }

  private hidden(name: string): HTMLInputElement {
    return this.form.querySelector<HTMLInputElement>(`input[type=hidden][name=${name}]`) as HTMLInputElement;
  }

  private unsent(): boolean {
    return serialized(entriesOf(this.form)) !== serialized(this.sure);
  }

  /** Something waits that the server was not asked yet. */
  private pending(): boolean {
    return this.unsent() && serialized(entriesOf(this.form)) !== this.tried;
  }

  private now(): void {
    if (this.pending()) this.later(0);
  }

  private changed(): void {
    if (!this.unsent()) {
      drop(this.place, this.pen);
      return;
    }
    if (!this.remember() && !this.failures) this.say("unkept");
    if (!this.composing && !this.failures && this.pending()) this.later(PAUSE);
  }

  /** Keep what stands in the form in this browser. */
  private remember(closed = false): boolean {
    const entries = entriesOf(this.form);
    const dirty = changedNames(this.sure, entries);
    return keep(this.place, { at: Date.now(), pen: this.pen, closed, bases: this.bases, entries, dirty });
  }

  private later(pause: number): void {
    window.clearTimeout(this.timer);
    if (!this.stopped) this.timer = window.setTimeout(() => void this.send(), pause);
  }

  private body(): FormData {
    const body = new FormData();
    for (const [name, value] of entriesOf(this.form)) body.append(name, value);
    body.append("bases", JSON.stringify(this.bases));
    body.append("pen", this.stroked());
    body.append("writer_id", this.place.who);
    return body;
  }

  private stroked(): string {
    this.stroke += 1;
    return [this.pen, String(this.stroke), this.before].filter(Boolean).join(":");
  }

  /** One at a time: true when the server has everything. */
  private async send(): Promise<boolean> {
    if (this.sending || this.stopped || this.composing) return false;
    this.sending = true;
    window.clearTimeout(this.timer);
    const sent = entriesOf(this.form);
    try {
      const answer = await post(this.url, this.body(), false);
      return await this.answered(answer, sent);
    } catch {
      this.failed();
      return false;
    } finally {
      this.sending = false;
      if (!this.failures && this.pending()) this.later(PAUSE);
    }
  }

  private async answered(answer: Response, sent: Entries): Promise<boolean> {
    const json = answer.headers.get("Content-Type")?.startsWith("application/json") ?? false;
    if (answer.ok && json) {
      this.saved((await answer.json()) as Answer, sent);
      return !this.pending();
    }
    if (answer.status === 401) {
      this.failures += 1;
      this.say("signedOut", "", this.form.dataset.signIn);
    } else if (json && [403, 404, 409].includes(answer.status)) {
      this.stopped = true;
      this.say("refused", ((await answer.json()) as { words: string }).words);
    } else if (answer.status === 403) {
      this.failures += 1;
      this.say("reload");
    } else {
      this.failed();
    }
    return false;
  }

  private failed(): void {
    this.failures += 1;
    this.say(this.remember() ? "offline" : "unkept");
    this.later(Math.min(FIRST_RETRY * 2 ** (this.failures - 1), LAST_RETRY));
  }

  private saved(answer: Answer, sent: Entries): void {
    const refused = Object.keys(answer.refused);
    this.failures = 0;
    this.bases = { ...this.bases, ...answer.bases };
    this.hidden("bases").value = JSON.stringify(this.bases);
    this.tried = serialized(sent);
    this.sure = [
      ...sent.filter(([name]) => !isOneOf(name, refused)),
      ...this.sure.filter(([name]) => isOneOf(name, refused)),
    ];
    if (this.unsent()) this.remember();
    else drop(this.place, this.pen);
    this.showVariants(answer.variants);
    if (refused.length) this.say("refused", Object.values(answer.refused).flat()[0]);
    else if (answer.conflicts.length) this.say("conflict");
    else this.say("saved", answer.saved_at);
    const time = document.querySelector(".question-bar .saved time");
    if (time) time.textContent = answer.saved_at;
    if (this.rowsRestored && !this.unsent()) window.location.reload();
  }

  private showVariants(html: string): void {
    const region = document.querySelector<HTMLElement>("[data-variants]");
    if (region && region.dataset.shown !== html) {
      region.innerHTML = html;
      region.dataset.shown = html;
    }
  }

  /** The page may go: send what is left without waiting for the answer. */
  private leave(closed = false): void {
    if (!this.unsent()) return;
    this.remember(closed);
    const sent = entriesOf(this.form);
    if (this.submitting || this.stopped || !this.pending() || this.left === serialized(sent)) return;
    this.left = serialized(sent);
    post(this.url, this.body(), true).then(
      (answer) => void this.answered(answer, sent),
      () => {
        this.left = "";
        this.failed();
      },
    );
  }

  /** The plain button: while the server is away, first try to save, and go on when that worked. */
  private submitted(event: SubmitEvent): void {
    const button = event.submitter;
    if ((this.failures || !navigator.onLine) && this.pending() && !this.submitting) {
      event.preventDefault();
      event.stopPropagation();
      void this.send().then((whole) => whole && this.form.requestSubmit(button));
      return;
    }
    this.submitting = true;
    window.clearTimeout(this.timer);
    if (this.unsent()) this.remember(true);
    this.hidden("bases").value = JSON.stringify(this.bases);
    this.hidden("pen").value = this.stroked();
    const token = this.form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]");
    if (token) token.value = csrf();
  }

  /** Put back what this browser kept of this screen; send what it kept of the others. */
  private takeOver(): void {
    const here = this.mine().filter((found) => found.slug === this.place.slug);
    const newest = here.pop();
    for (const found of here) void deliver(found, this.url);
    this.sendOthers();
    if (!newest) return;
    this.rowsRestored = putBack(this.form, newest.copy);
    if (this.unsent()) {
      this.bases = newest.copy.bases;
      this.before = newest.copy.pen;
      this.remember();
      this.say("restored");
      this.later(0);
    }
    forget(newest.key);
  }

  private mine(): Found[] {
    return copies().filter((found) => found.who === this.place.who && found.code === this.place.code);
  }

  /** A page that was killed could not say that it closed: its copy goes when it was silent for long enough. */
  private sendOthers(): void {
    const others = this.mine().filter((found) => found.slug !== this.place.slug && !this.answeredTo.has(found.key));
    for (const found of others.filter(({ copy }) => isGone(copy)))
      void deliver(found, this.url).then((answer) => answer === "unreached" || this.answeredTo.add(found.key));
    if (others.length) window.setTimeout(() => this.sendOthers(), LOOK_AGAIN);
  }

  private say(said: Said, words = "", href = ""): void {
    const { line, form } = this;
    const key = `say${said[0]?.toUpperCase() ?? ""}${said.slice(1)}`;
    const text = (form.dataset[key] ?? "").replace("{}", words);
    if (line.dataset.text === text) return;
    line.dataset.text = text;
    line.dataset.said = said;
    line.textContent = text;
    if (href) {
      const link = document.createElement("a");
      link.href = href;
      link.textContent = form.dataset.saySignIn ?? "";
      line.append(" ", link);
    }
  }
}

const isGone = (copy: Copy): boolean => copy.closed || Date.now() - copy.at > SILENT;

/** Whether an input belongs to one of the fields: `sensors-0-name` to `sensors`. */
const isOneOf = (name: string, fields: string[]): boolean =>
  fields.some((field) => name === field || name.startsWith(`${field}-`));

/** Send a copy of another page; it is forgotten when the server has it. */
async function deliver(found: Found, url: string): Promise<"unreached" | "same" | "changed"> {
  const body = new FormData();
  for (const [name, value] of found.copy.entries) body.append(name, value);
  body.append("bases", JSON.stringify(found.copy.bases));
  body.append("pen", [newPen(), "1", found.copy.pen].join(":"));
  body.append("writer_id", found.who);
  try {
    const answer = await post(url.replace(/[^/]+\/save\/$/, `${found.slug}/save/`), body, false);
    if (!answer.ok) return answer.status < 500 ? "same" : "unreached";
    const { refused, saved, conflicts } = (await answer.json()) as Answer;
    if (!Object.keys(refused).length) forget(found.key);
    return saved.length + conflicts.length > 0 ? "changed" : "same";
  } catch {
    // It stays, and goes with the next look or the next page.
    return "unreached";
  }
}

/** A page that shows all answers of an application first sends what this browser still has of them. */
async function deliverAll(page: HTMLElement): Promise<void> {
  const { copiesOf, writer, saveUrl } = page.dataset;
  const mine = copies().filter((found) => found.who === writer && found.code === copiesOf && isGone(found.copy));
  const answers = await Promise.all(mine.map((found) => deliver(found, saveUrl ?? "")));
  if (answers.includes("changed")) window.location.reload();
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector<HTMLFormElement>("form[data-autosave]");
  const line = document.querySelector<HTMLElement>("[data-autosave-line]");
  const page = document.querySelector<HTMLElement>("[data-copies-of]");
  if (page) void deliverAll(page);
  if (!form || !line) return;
  // What the browser put back by itself may be older than what the server sent.
  const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (visit && visit.type !== "navigate") form.reset();
  // Other scripts of the page arrange their inputs first.
  window.setTimeout(() => new Autosave(form, line).start(), 0);
});
