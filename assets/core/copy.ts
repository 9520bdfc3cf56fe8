/** `data-copy="id"` on a button copies that field's value and says so in `[data-copy-status]` beside it. */
export function copyButtons(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest<HTMLElement>("[data-copy]");
    const input = button ? document.getElementById(button.dataset.copy ?? "") : null;
    if (!button || !(input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement)) return;
    const status = button.parentElement?.querySelector<HTMLElement>("[data-copy-status]");
    const told = () => {
      if (status) status.textContent = button.dataset.copied ?? "";
    };
    input.focus();
    input.select();
    if (navigator.clipboard) void navigator.clipboard.writeText(input.value).then(told, () => undefined);
    else if (document.execCommand("copy")) told();
  });
}
