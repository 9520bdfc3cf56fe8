/** Tabs by the ARIA pattern: one stop of the Tab key, arrows between them. The choice is kept for the next group. */
let chosen = "";

export function tabs(group: HTMLElement): void {
  const panels = [...group.querySelectorAll<HTMLElement>("[data-tab]")];
  if (group.dataset.ready !== undefined || panels.length < 2) return;
  group.dataset.ready = "";
  const list = document.createElement("div");
  list.className = "api-tablist";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", group.dataset.tabsLabel ?? "");
  const buttons = panels.map((panel) => {
    const button = document.createElement("button");
    button.type = "button";
    button.id = `${panel.id}-tab`;
    button.textContent = panel.dataset.tab ?? "";
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    return button;
  });
  const choose = (index: number, focus: boolean) => {
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === index));
      button.tabIndex = at === index ? 0 : -1;
      const panel = panels[at];
      if (panel) panel.hidden = at !== index;
    });
    chosen = buttons[index]?.textContent ?? "";
    if (focus) buttons[index]?.focus();
  };
  list.append(...buttons);
  list.addEventListener("click", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    if (at >= 0) choose(at, true);
  });
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const count = buttons.length;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + count, Home: 0, End: count - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    choose(to % count, true);
  });
  group.prepend(list);
  const before = buttons.findIndex((button) => button.textContent === chosen);
  choose(Math.max(0, before), false);
}
