/** What someone typed and the server does not have yet, kept in this browser. */

const PREFIX = "machitry.copy:";
const SIGNING_OUT = "machitry.signing-out";
const DAYS_30 = 30 * 24 * 3600 * 1000;

export type Entries = [string, string][];

/** One page's unsent answers of one screen. */
export interface Copy {
  /** When the last key was pressed, in milliseconds. */
  at: number;
  /** The page that wrote it (see `rules.merge`: a pen). */
  pen: string;
  /** The page left: no one writes it any more. */
  closed: boolean;
  /** What the person saw of each answer. */
  bases: Record<string, string>;
  entries: Entries;
  /** Names of the inputs that the person changed. */
  dirty: string[];
}

/** `who` writes, of which application, on which screen. */
export interface Place {
  who: string;
  code: string;
  slug: string;
}

export interface Found extends Place {
  key: string;
  copy: Copy;
}

const keyOf = (place: Place, pen: string) => `${PREFIX}${place.who}:${place.code}:${place.slug}:${pen}`;

/** Keep it; false when this browser cannot (full, or not allowed). */
export function keep(place: Place, copy: Copy): boolean {
  try {
    localStorage.setItem(keyOf(place, copy.pen), JSON.stringify(copy));
    return true;
  } catch {
    return false;
  }
}

export function drop(place: Place, pen: string): void {
  forget(keyOf(place, pen));
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing is kept where nothing may be kept.
  }
}

function keys(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function read(key: string): Copy | undefined {
  try {
    const copy = JSON.parse(localStorage.getItem(key) ?? "") as Copy;
    return Array.isArray(copy.entries) && Array.isArray(copy.dirty) ? copy : undefined;
  } catch {
    return undefined;
  }
}

/** Every copy that is not too old, oldest first; older ones and broken ones are removed. */
export function copies(): Found[] {
  const found: Found[] = [];
  for (const key of keys()) {
    const [who = "", code = "", slug = ""] = key.slice(PREFIX.length).split(":");
    const copy = read(key);
    if (!copy || Date.now() - copy.at > DAYS_30) forget(key);
    else found.push({ key, who, code, slug, copy });
  }
  return found.sort((a, b) => a.copy.at - b.copy.at);
}

function signingOut(mark?: boolean): boolean {
  try {
    if (mark === true) sessionStorage.setItem(SIGNING_OUT, "1");
    if (mark === false) sessionStorage.removeItem(SIGNING_OUT);
    return sessionStorage.getItem(SIGNING_OUT) !== null;
  } catch {
    return false;
  }
}

/** On every page: copies are removed after signing out and after handing in; before, they are told. */
export function tidyCopies(): void {
  const kept = copies();
  const done = document.querySelector<HTMLElement>("[data-copies-done]")?.dataset.copiesDone;
  for (const found of kept) if (found.code === done) forget(found.key);
  const doors = document.querySelectorAll<HTMLFormElement>("form[action$='/logout/']");
  for (const form of doors) form.addEventListener("submit", () => signingOut(true));
  if (kept.length) for (const told of document.querySelectorAll("[data-copies-unsent]")) told.removeAttribute("hidden");
  if (doors.length || !signingOut()) return;
  signingOut(false);
  // Where an application can be written, signing out has failed.
  if (!document.querySelector("form[data-autosave]")) for (const key of keys()) forget(key);
}
