/*
 * The sound goes on while one walks through the site: as long as something plays, a link to one of our pages (or a
 * form with data-soft, such as a comment) is fetched and its parts exchanged around the transport bar.
 *
 * Everything unusual goes the ordinary way: other sites, files, new tabs, pages with scripts of their own, errors.
 */
import { settle } from "../shell/settling.js";
import { release } from "../shell/forms.js";
import { comparisonOnPage } from "./ab.js";
import { now } from "./transport.js";

const PARTS = [".rehearsal", ".rail", ".topbar", "main", ".foot"];

export function installNavigation() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (!now().playing || !isPage(link) || !isPlain(document)) return;
    event.preventDefault();
    visit(link.href, {});
  });
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.dataset.soft === undefined || !now().playing || !isPlain(document)) return;
    event.preventDefault();
    visit(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, submitter)) }, form);
  });
  addEventListener("popstate", () => {
    if (history.state?.soft || now().sound) visit(location.href, {}, null, false);
  });
}

function isPage(link) {
  const url = new URL(link.href);
  if (url.origin !== location.origin || link.target || link.hasAttribute("download")) return false;
  if (url.pathname === location.pathname && url.hash) return false;
  return !/^\/(static|files|media)\//.test(url.pathname);
}

async function visit(address, request, form = null, remember = true) {
  document.body.setAttribute("aria-busy", "true");
  const response = await fetch(address, { ...request, headers: { Accept: "text/html" } }).catch(() => null);
  document.body.removeAttribute("aria-busy");
  const isHtml = response?.headers.get("Content-Type")?.startsWith("text/html");
  const page = isHtml ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  if (!page || !isPlain(page)) {
    if (form) release(form);
    // A form that was answered has been taken: its page is only shown, never sent again.
    location.assign(form && response?.ok ? response.url : address);
    return;
  }
  // A form that came back with its errors has no address of its own to return to.
  if (remember && (!form || response.redirected)) history.pushState({ soft: true }, "", response.url + new URL(address, location).hash);
  exchange(page);
}

/** Whether a page has no scripts of its own: those run once per document, and an upload must not lose its page. */
function isPlain(page) {
  return [...page.querySelectorAll("script[src]")].every((script) => script.getAttribute("src").endsWith("/shell/shell.js"));
}

function exchange(page) {
  comparisonOnPage()?.pause();
  document.title = page.title;
  addSheets(page);
  for (const selector of PARTS) {
    const [old, fresh] = [document.querySelector(selector), page.querySelector(selector)];
    if (!old || !fresh) continue;
    old.replaceWith(document.adoptNode(fresh));
    settle(fresh);
  }
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target) target.scrollIntoView();
  else scrollTo(0, 0);
  (target || document.querySelector("[data-focus-first]") || document.querySelector("h1"))?.focus({ preventScroll: true });
}

function addSheets(page) {
  const known = new Set([...document.querySelectorAll("link[rel=stylesheet]")].map(({ href }) => href));
  for (const sheet of page.querySelectorAll("link[rel=stylesheet]")) {
    const href = new URL(sheet.getAttribute("href"), location).href;
    if (!known.has(href)) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  }
}
