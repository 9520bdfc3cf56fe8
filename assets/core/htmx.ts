/** htmx sends Django's CSRF token: from the form, from any form of the page, or from the cookie. */
export function htmxCsrf(): void {
  document.addEventListener("htmx:configRequest", (event) => {
    const { headers, verb, elt } = (event as CustomEvent<{ headers: Record<string, string>; verb: string; elt: Element }>)
      .detail;
    if (verb === "get") return;
    const field =
      elt.closest("form")?.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]") ??
      document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]");
    const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
    const token = field?.value ?? cookie;
    if (token) headers["X-CSRFToken"] = token;
  });
}
