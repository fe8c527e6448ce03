/* <button type="button" data-copy="the text">, or data-copy-from="id of the element whose text it is". */
import { toast } from "./toasts.js";
import { say } from "./words.js";

export function installCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent.trim();
    await navigator.clipboard.writeText(text);
    toast(say("copied"));
  });
}
