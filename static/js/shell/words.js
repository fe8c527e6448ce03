/* Words that scripts need, in the page's language: the server puts them on <body data-words>. */
const table = JSON.parse(document.body.dataset.words ?? "{}");

export function say(name, values = {}) {
  return (table[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}
