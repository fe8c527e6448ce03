/*
 * Sends files in parts, several parts at once across all files. Parts the store already holds are hashed here
 * and not sent again; a file that changed since is noticed and begun anew. Items: {file, state, sent, error}.
 * States: waiting → opening → sending → joining → done | failed | stopped.
 */
import { fingerprint, partOf, sumsOf } from "./hashing.js";
import { ask, patience, put, Refused } from "./wire.js";

const IN_FLIGHT = 5;
const OPENED_AHEAD = 2; // files opened before their first part has its turn
const STORED = new Set([200, 412]); // 412: a single put whose answer was lost

export class Sender {
  constructor({ begin, fields, token, onChange }) {
    Object.assign(this, { begin, fields, token, onChange, items: [], flying: 0, paused: false, stop: new AbortController() });
  }

  add(files) {
    const fresh = files.filter((file) => !this.items.some((item) => item.state !== "failed" && same(item.file, file)));
    for (const file of fresh) this.items.push({ file, state: "waiting", held: 0, live: new Map(), todo: [], flying: 0 });
    this.pump();
    return fresh.length;
  }

  pause() {
    this.paused = true;
    this.stop.abort();
    this.onChange();
  }

  resume() {
    this.paused = false;
    this.stop = new AbortController();
    for (const item of this.items) if (item.state === "failed" && item.again) Object.assign(item, { state: item.upload ? "sending" : "waiting", error: null });
    this.pump();
  }

  async giveUp(item) {
    item.state = "stopped";
    item.todo = [];
    this.onChange();
    if (item.upload) await this.drop(item).catch(() => {});
    this.pump();
  }

  drop(item) { return ask("DELETE", `/uploads/${item.upload.id}`, this.token); }

  pump() {
    this.onChange();
    if (this.paused) return;
    const ahead = this.items.filter((item) => item.state === "opening" || (item.state === "sending" && item.todo.length)).length;
    this.items.filter((item) => item.state === "waiting").slice(0, Math.max(0, OPENED_AHEAD - ahead)).forEach((item) => this.during(item, () => this.open(item)));
    for (const item of this.items) {
      while (this.flying < IN_FLIGHT && item.state === "sending" && item.todo.length) this.during(item, () => this.send(item, item.todo.shift()));
      if (item.state === "sending" && !item.todo.length && !item.flying) this.during(item, () => this.join(item));
    }
  }

  /** Run one step of an item; what goes wrong stays with the item, then the next steps get their turn. */
  async during(item, step) {
    try {
      await step();
    } catch (error) {
      if (error.code === "part_changed" && !item.begunAnew) return this.during(item, () => this.beginAnew(item));
      if (item.state !== "stopped") Object.assign(item, { state: "failed", error, again: !(error instanceof Refused) || error.status >= 500 });
    }
    this.pump();
  }

  /** The file is no longer the one that was announced: its parts would not fit together. */
  async beginAnew(item) {
    if (item.state === "stopped") return;
    if (item.begunAnew) throw new Refused(409, { code: "part_changed" });
    Object.assign(item, { state: "opening", begunAnew: true, todo: [], held: 0 });
    await this.drop(item);
    if (item.state !== "stopped") await this.open(item);
  }

  async open(item) {
    item.state = "opening";
    const { file } = item;
    const about = { name: file.name, size: file.size, modified_at: new Date(file.lastModified).toISOString(), fingerprint: await fingerprint(file) };
    item.upload = await ask("POST", this.begin, this.token, { ...about, ...this.fields });
    if (item.state === "stopped") return this.drop(item); // given up before there was anything to give up
    const { held, state, sums } = await ask("GET", `/uploads/${item.upload.id}`, this.token);
    item.sums = sums;
    for (const part of held) {
      if ((await sumsOf(partOf(file, item.upload, part.n), ["sha256"])).sha256 === part.sha256) continue;
      return this.beginAnew(item);
    }
    if (item.state === "stopped") return;
    const kept = new Set(held.map((part) => part.n));
    item.held = held.reduce((sum, part) => sum + part.size, 0);
    item.todo = Array.from({ length: item.upload.parts }, (_, index) => index + 1).filter((n) => !kept.has(n));
    item.state = state === "completed" ? "done" : "sending";
  }

  async send(item, number) {
    this.flying += 1;
    item.flying += 1;
    const { signal } = this.stop;
    const { upload } = item; // stays this part's own when the file is begun anew meanwhile
    const blob = partOf(item.file, upload, number);
    try {
      const asked = { n: number, size: blob.size, ...(await sumsOf(blob, item.sums)) };
      for (let tries = 0; item.state === "sending" && item.upload === upload; tries += 1) {
        const { parts } = await ask("POST", `/uploads/${upload.id}/parts`, this.token, { parts: [asked] });
        const onProgress = (bytes) => { item.live.set(number, bytes); this.onChange(); };
        const status = signal.aborted ? 0 : await put(parts[0], blob, { onProgress, signal });
        if (item.upload !== upload) return;
        if (STORED.has(status)) { item.held += blob.size; return; }
        if (signal.aborted) { item.todo.unshift(number); return; }
        item.live.delete(number);
        if (!(await patience(tries))) throw new Error("store");
      }
    } catch (error) {
      if (item.upload !== upload || item.state !== "sending") return;
      item.todo.unshift(number);
      throw error;
    } finally {
      item.live.delete(number);
      this.flying -= 1;
      item.flying -= 1;
    }
  }

  async join(item) {
    item.state = "joining";
    try {
      await ask("POST", `/uploads/${item.upload.id}/complete`, this.token, {});
      item.state = "done";
    } catch (error) {
      if (error.code !== "parts_missing" || item.joinedAgain) throw error;
      Object.assign(item, { state: "sending", joinedAgain: true, todo: error.problem.values.numbers });
    }
  }
}

export const sentBytes = (item) => (item.state === "done" ? item.file.size : Math.min(item.file.size, item.held + [...item.live.values()].reduce((a, b) => a + b, 0)));
const same = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
