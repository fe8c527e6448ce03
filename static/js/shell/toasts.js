/* A short sentence in the corner, read aloud politely. Only for what the page shows in no other way. */
const SHOWN_MS = 6_000;

export function toast(text) {
  const element = document.createElement("p");
  element.className = "toast";
  element.textContent = text;
  document.querySelector("[data-toasts]").append(element);
  setTimeout(() => element.remove(), SHOWN_MS);
}
