/** What stands in a form, as pairs of name and text, and how it is put back. */
import type { Copy, Entries } from "./copies";

const NOT_ANSWERS = new Set(["csrfmiddlewaretoken", "bases", "pen"]);

export function entriesOf(form: HTMLFormElement): Entries {
  const entries: Entries = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !NOT_ANSWERS.has(name)) entries.push([name, value]);
  }
  return entries;
}

const NOT_TYPED = new Set(["submit", "button", "reset", "image", "file"]);

/** What stood in the form when the server sent it, whatever was typed since. */
export function sentEntries(form: HTMLFormElement): Entries {
  const entries: Entries = [];
  for (const item of form.elements as Iterable<Element>) {
    const { name, disabled, type } = item as HTMLInputElement;
    if (!name || disabled || NOT_TYPED.has(type) || NOT_ANSWERS.has(name)) continue;
    for (const value of sentValues(item)) entries.push([name, value]);
  }
  return entries;
}

function sentValues(item: Element): string[] {
  if (item instanceof HTMLSelectElement) {
    const chosen = [...item.options].filter((option) => option.defaultSelected);
    return (chosen.length || item.multiple ? chosen : [...item.options].slice(0, 1)).map((option) => option.value);
  }
  if (item instanceof HTMLTextAreaElement) return [item.defaultValue];
  if (!(item instanceof HTMLInputElement)) return [];
  if (item.type !== "checkbox" && item.type !== "radio") return [item.defaultValue];
  return item.defaultChecked ? [item.value] : [];
}

export const serialized = (entries: Entries): string => JSON.stringify(entries);

function byName(entries: Entries): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [name, value] of entries) names.set(name, [...(names.get(name) ?? []), value]);
  return names;
}

/** Names of the inputs in which two states differ. */
export function changedNames(before: Entries, after: Entries): string[] {
  const [old, now] = [byName(before), byName(after)];
  const names = new Set([...old.keys(), ...now.keys()]);
  return [...names].filter((name) => JSON.stringify(old.get(name)) !== JSON.stringify(now.get(name)));
}

/** The list that an input is a part of: `sensors` of `sensors-0-name`; empty for a plain field. */
const listOf = (name: string): string => /^(.+?)-\d+-/.exec(name)?.[1] ?? "";

/** The changed inputs of `copy`; of a list all rows, as rows are counted anew when a page is made. */
function namesToWrite(form: HTMLFormElement, copy: Copy): Set<string> {
  const lists = new Set(copy.dirty.map(listOf).filter(Boolean));
  const every = [...copy.entries, ...entriesOf(form)].map(([name]) => name);
  return new Set([...copy.dirty, ...every.filter((name) => lists.has(listOf(name)))]);
}

/** Write the changed inputs of `copy` into the form. True when it holds inputs that the page lacks. */
export function putBack(form: HTMLFormElement, copy: Copy): boolean {
  const values = byName(copy.entries);
  let lacking = false;
  for (const name of namesToWrite(form, copy)) {
    const given = values.get(name) ?? [];
    const inputs = [...form.elements].filter((item): item is HTMLInputElement => (item as HTMLInputElement).name === name);
    for (const [index, input] of inputs.entries()) write(input, given, given[index] ?? "");
    for (const value of inputs.length ? [] : given) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
      lacking = true;
    }
  }
  return lacking;
}

function write(input: HTMLInputElement, given: string[], value: string): void {
  if (input.type === "checkbox" || input.type === "radio") input.checked = given.includes(input.value);
  else if (input.value === value || (!value && input.tagName === "SELECT")) return;
  else input.value = value;
  for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
}
