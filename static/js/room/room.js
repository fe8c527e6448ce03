/* Sound on a page: players, comparisons, comments and keys. Loaded by shell.js where there is something to hear. */
import { installComparison } from "./ab.js";
import { installComments } from "./comments.js";
import { installKeys } from "./keys.js";
import { installNavigation } from "./navigation.js";
import { installPlayer } from "./players.js";

installKeys();
installNavigation();

export function settleRoom(root) {
  root.querySelectorAll("[data-player]").forEach(installPlayer);
  root.querySelectorAll("[data-ab]").forEach(installComparison);
  installComments(root);
}
