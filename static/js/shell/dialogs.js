/*
 * <button type="button" data-opens="id">           opens <dialog id="id"> as a modal; the browser gives focus back
 * <form data-confirm="Cancel this order?">         asks first; without scripts the form is simply sent
 */
import { say } from "./words.js";

const agreed = new WeakSet();

export function installDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    else if (event.target.matches("dialog[open]") && isOnBackdrop(event)) event.target.close();
  });
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    const question = submitter?.dataset.confirm ?? form.dataset.confirm;
    if (!question || agreed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question, submitter).then((yes) => {
      if (!yes) return;
      agreed.add(form);
      form.requestSubmit(submitter);
    });
  }, true);
}

/** Whether the person says yes in a modal dialog. The yes button repeats the words of the one that was pressed. */
export function ask(question, submitter) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "question");
  dialog.innerHTML = '<form method="dialog"><h2 id="question"></h2><div class="actions"><button class="button" value="yes"></button><button class="button" value="no" autofocus></button></div></form>';
  dialog.querySelector("h2").textContent = question;
  const [yes, no] = dialog.querySelectorAll("button");
  yes.textContent = submitter?.textContent.trim() || say("yes");
  yes.className = submitter?.className ?? "button";
  no.textContent = say("no");
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

function isOnBackdrop({ target, clientX, clientY }) {
  const box = target.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
