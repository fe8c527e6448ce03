/*
 * What every page gets: exact times made near ("3 hours ago"), dialogs, questions before a step that cannot be
 * taken back, forms that are sent once, copy buttons, pages that wait for something, and sound where there is any.
 *
 * Every module listens on the document, so that a part of a page that is exchanged later needs nothing again;
 * what must look at the elements themselves is done in `settle`, which runs at start and after each exchange.
 */
import { installCopying } from "./copying.js";
import { installDialogs } from "./dialogs.js";
import { guardForms } from "./forms.js";
import { onSettle, settle } from "./settling.js";
import { installPolling } from "./polling.js";
import { showTimes } from "./times.js";

installDialogs();
guardForms();
installCopying();
installPolling();

onSettle((root) => {
  showTimes(root);
  root.querySelector("[data-focus-first]")?.focus();
});
onSettle(async (root) => {
  if (root.querySelector("[data-player], [data-ab]")) (await import("../room/room.js")).settleRoom(root);
  // Only now does something stand behind what needs scripts.
  for (const element of root.querySelectorAll("[data-with-script]")) element.hidden = false;
  for (const element of root.querySelectorAll("[data-without-script]")) element.hidden = true;
});

settle(document);
setInterval(() => showTimes(document), 30_000);
