/** The navigation below 1200 px: a button that opens it; Esc closes it. Without this script it stands open. */
export function menu(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-menu-button]");
  const list = document.getElementById(button?.getAttribute("aria-controls") ?? "");
  if (!button || !list) return;
  const set = (open: boolean) => {
    button.setAttribute("aria-expanded", String(open));
    list.toggleAttribute("data-open", open);
  };
  set(false);
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    set(false);
    button.focus();
  });
}
