/* What was begun and not finished in this browser, so that a reloaded page can ask for it (IndexedDB, names only). */
const opened = new Promise((done) => {
  const request = indexedDB.open("headroom-uploads", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("begun", { keyPath: ["place", "name", "size"] });
  request.onsuccess = () => done(request.result);
  request.onerror = () => done(null); // private windows may refuse: then nothing is remembered
});

const settled = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); request.onerror = () => done(null); });

async function rows(mode) {
  const database = await opened;
  return database && database.transaction("begun", mode).objectStore("begun");
}

export const remember = async (place, { name, size }) => (await rows("readwrite"))?.put({ place, name, size });
export const forget = async (place, { name, size }) => (await rows("readwrite"))?.delete([place, name, size]);

export async function unfinished(place) {
  const store = await rows("readonly");
  return store ? (await settled(store.getAll())).filter((row) => row.place === place) : [];
}
