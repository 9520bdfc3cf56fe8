/** `data-copy="id"` on a button copies that field's value (or that element's text) and says so in
 * `[data-copy-status]` beside it. Where the browser forbids it, the text stays selected for the keys. */
export function copyButtons(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest<HTMLElement>("[data-copy]");
    const source = button ? document.getElementById(button.dataset.copy ?? "") : null;
    if (button && source) void copy(button, source);
  });
}

async function copy(button: HTMLElement, source: HTMLElement): Promise<void> {
  if (!(await written(choose(source)))) return;
  button.focus();
  const status = button.parentElement?.querySelector<HTMLElement>("[data-copy-status]");
  if (status) status.textContent = button.dataset.copied ?? "";
}

/** Whether the selected `text` is in the clipboard now. */
async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No secure context, or no permission: the older way may still be open.
    return document.execCommand("copy");
  }
}

/** Select what is copied, so that it is seen, and answer its text. */
function choose(source: HTMLElement): string {
  if (source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement) {
    source.focus();
    source.select();
    return source.value;
  }
  getSelection()?.selectAllChildren(source);
  return source.textContent ?? "";
}
