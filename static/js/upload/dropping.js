/* Files out of a drop, folders walked to the bottom; and whether a file is one that is asked for. */
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(walk))).flat();
}

export function isWanted(file, accept) {
  const endings = accept.toLowerCase().split(",").map((ending) => ending.trim()).filter((ending) => ending.startsWith("."));
  return !file.name.startsWith(".") && (!endings.length || endings.some((ending) => file.name.toLowerCase().endsWith(ending)));
}

async function walk(entry) {
  if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a reader gives at most a hundred entries at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return (await Promise.all(found.map(walk))).flat();
    found.push(...some);
  }
}
