/** In lists of the admin, a table that is wider than its place can be scrolled by keyboard. */
function scrollable(): void {
  for (const box of document.querySelectorAll<HTMLElement>(".results, .inline-group")) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      const title = box.querySelector("h2") ?? document.querySelector("h1");
      box.setAttribute("aria-label", title?.textContent?.trim() ?? "");
    }
  }
}

scrollable();
window.addEventListener("resize", scrollable);
