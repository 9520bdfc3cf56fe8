/** In lists of the admin, a table that is wider than its place can be scrolled by keyboard. */
function scrollable(): void {
  for (const box of document.querySelectorAll<HTMLElement>(".results, .inline-group")) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", document.querySelector("h1")?.textContent ?? "");
    }
  }
}

scrollable();
window.addEventListener("resize", scrollable);
