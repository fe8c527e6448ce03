/* A POST form is sent once, however often its button is pressed. The server's request key says the same again. */
import { say } from "./words.js";

// A response that is a file leaves the page standing; after this long its button may be pressed again.
const LOCKED_MS = 10_000;

export function guardForms() {
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent !== undefined) return event.preventDefault();
    form.dataset.sent = "";
    mark(submitter);
    setTimeout(() => release(form), LOCKED_MS);
  });
  // Pages that come back from the browser's memory come back ready.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });
}

export function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[data-sending]")) {
    delete button.dataset.sending;
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-label");
  }
}

function mark(button) {
  if (!button) return;
  button.dataset.sending = "";
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-label", say("sending"));
}
