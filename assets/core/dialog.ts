/**
 * `data-dialog="id"` on a link or button opens the native dialog of that id; without this script the
 * link leads to a plain page with the same question. Esc and `data-dialog-close` close it, and the
 * focus returns to the opener (the browser does so for showModal).
 */
export function dialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target?.closest<HTMLElement>("[data-dialog]");
    const dialog = opener ? document.getElementById(opener.dataset.dialog ?? "") : null;
    if (dialog instanceof HTMLDialogElement) {
      event.preventDefault();
      dialog.showModal();
      return;
    }
    const closer = target?.closest("[data-dialog-close]");
    const open = closer?.closest("dialog");
    if (open) {
      event.preventDefault();
      open.close();
    }
  });
}
