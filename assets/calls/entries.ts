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

/** Write the changed inputs of `copy` into the form. True when it holds inputs that the page lacks. */
export function putBack(form: HTMLFormElement, copy: Copy): boolean {
  const values = byName(copy.entries);
  let lacking = false;
  for (const name of copy.dirty) {
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
  form.dispatchEvent(new CustomEvent("answers:restored", { bubbles: true }));
  return lacking;
}

function write(input: HTMLInputElement, given: string[], value: string): void {
  if (input.type === "checkbox" || input.type === "radio") input.checked = given.includes(input.value);
  else if (input.value !== value) input.value = value;
  else return;
  for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
}
