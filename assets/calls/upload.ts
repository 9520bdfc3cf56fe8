/** Files are sent with their progress in words; without this script the form is sent as it is. */

const say = (form: HTMLFormElement, words: string): void => {
  const line = form.querySelector<HTMLElement>("[data-upload-line]");
  if (line) line.textContent = words;
};

const filled = (words: string | undefined, value: string | number): string => (words ?? "{}").replace("{}", String(value));

/** Put the answered page in place of this one: it says what was added and what was refused. */
function show(html: string): void {
  const answered = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  const here = document.querySelector("main");
  if (!answered || !here) {
    window.location.reload();
    return;
  }
  here.replaceWith(answered);
  const first = answered.querySelector<HTMLElement>(".error-summary") ?? answered.querySelector<HTMLElement>("h1");
  first?.setAttribute("tabindex", "-1");
  first?.focus();
  window.scrollTo(0, 0);
}

/** The first chosen file that the server would refuse for its size. */
function tooLarge(form: HTMLFormElement): File | undefined {
  const most = Number(form.dataset.mostBytes);
  const chosen = form.querySelector<HTMLInputElement>("input[type=file]")?.files ?? [];
  return Array.from(chosen).find((file) => file.size > most);
}

function send(form: HTMLFormElement): void {
  const request = new XMLHttpRequest();
  const again = (): void => {
    delete form.dataset.busy;
    delete form.dataset.sent;
  };
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) say(form, filled(form.dataset.saySending, Math.floor((event.loaded / event.total) * 100)));
  });
  request.upload.addEventListener("load", () => say(form, form.dataset.sayChecking ?? ""));
  request.addEventListener("load", () => {
    again();
    if (request.status === 200 || request.status === 422) show(request.responseText);
    else if (request.status === 413) say(form, filled(form.dataset.sayLarge, ""));
    else window.location.reload();
  });
  for (const name of ["error", "abort", "timeout"]) {
    request.addEventListener(name, () => {
      again();
      say(form, form.dataset.sayBroken ?? "");
    });
  }
  request.open("POST", form.action);
  form.dataset.busy = "1";
  request.send(new FormData(form));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("upload" in form.dataset)) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  const large = tooLarge(form);
  if (large) {
    delete form.dataset.sent;
    say(form, filled(form.dataset.sayLarge, large.name));
    return;
  }
  send(form);
});
