import { tidyCopies } from "../calls/copies";
import { copyButtons } from "./copy";
import { dialogs } from "./dialog";
import { errorSummary, pendingForms } from "./forms";
import { htmxCsrf } from "./htmx";
import { menu } from "./menu";

document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  menu();
  dialogs();
  errorSummary(document);
  pendingForms();
  htmxCsrf();
  copyButtons();
  tidyCopies();
});
