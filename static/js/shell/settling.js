/* The one list of what is done to new elements: at start with the document, later with each exchanged part. */
const steps = [];

export function onSettle(step) {
  steps.push(step);
}

export function settle(root) {
  for (const step of steps) step(root);
}
