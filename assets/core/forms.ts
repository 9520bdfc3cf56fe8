/** Focus the error summary, so that it is read first. */
export function errorSummary(root: ParentNode): void {
  root.querySelector<HTMLElement>(".error-summary")?.focus();
}

/** A form with `data-once` is sent once: a second press within 10 seconds does nothing. */
export function pendingForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("once" in form.dataset)) return;
    const sent = Number(form.dataset.sent ?? 0);
    if (Date.now() - sent < 10_000) event.preventDefault();
    else form.dataset.sent = String(Date.now());
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset.sent;
  });
}
