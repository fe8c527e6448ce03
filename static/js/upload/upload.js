/* The place where files are dropped: <section data-upload>, see templates/files/_upload.html. */
import { filesOf, isWanted } from "./dropping.js";
import { forget, remember, unfinished } from "./memory.js";
import { pace, size, timeLeft } from "./pace.js";
import { Sender, sentBytes } from "./sender.js";

const OPEN = new Set(["waiting", "opening", "sending", "joining"]);

class Place {
  constructor(element) {
    this.element = element;
    this.words = JSON.parse(element.dataset.words);
    this.at = (name) => element.querySelector(`[data-u=${name}]`);
    this.rows = new Map();
    this.told = new Map();
    this.pace = pace();
    const { begin, fields, token } = element.dataset;
    this.sender = new Sender({ begin, fields: JSON.parse(fields), token, onChange: () => this.queueDraw() });
    this.listen();
    this.askForUnfinished();
  }

  listen() {
    for (const input of this.element.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => { this.take([...input.files]); input.value = ""; });
    }
    const zone = this.at("zone");
    zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("is-over"); });
    zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", async (event) => {
      event.preventDefault();
      zone.classList.remove("is-over");
      this.take(await filesOf(event.dataTransfer));
    });
    this.at("pause").addEventListener("click", () => (this.isStanding() ? this.sender.resume() : this.sender.pause()));
    window.addEventListener("offline", () => { this.offline = true; this.sender.pause(); });
    window.addEventListener("online", () => { if (this.offline) { this.offline = false; this.sender.resume(); } });
    window.addEventListener("beforeunload", (event) => { if (this.isBusy()) event.preventDefault(); });
  }

  take(files) {
    const wanted = files.filter((file) => isWanted(file, this.element.dataset.accept));
    if (wanted.length < files.length) this.tell("left_out", { count: files.length - wanted.length });
    for (const file of wanted) remember(this.sender.begin, file);
    this.sender.add(wanted);
  }

  async askForUnfinished() {
    const rows = await unfinished(this.sender.begin);
    if (!rows.length) return;
    this.at("unfinished").hidden = false;
    this.at("unfinished-names").textContent = rows.map((row) => row.name).join(", ");
  }

  isBusy() { return this.sender.items.some((item) => OPEN.has(item.state)); }

  /** Whether nothing moves and a press can change that: it was paused, or what is left has failed. */
  isStanding() { return this.sender.paused || (!this.isBusy() && this.sender.items.some((item) => item.state === "failed")); }

  queueDraw() {
    this.drawing ??= requestAnimationFrame(() => { this.drawing = null; this.draw(); });
  }

  draw() {
    const { items, paused } = this.sender;
    const counted = items.filter((item) => item.state !== "stopped");
    const whole = counted.reduce((sum, item) => sum + item.file.size, 0);
    const sent = counted.reduce((sum, item) => sum + sentBytes(item), 0);
    for (const item of items) this.drawRow(item);
    this.at("status").hidden = !counted.length;
    Object.assign(this.at("whole"), { max: whole || 1, value: sent });
    const standing = this.isStanding();
    const rate = standing ? 0 : this.pace(sent);
    const words = { sent: size(sent), whole: size(whole), rate: size(rate), left: timeLeft(whole - sent, rate) };
    const done = counted.length > 0 && counted.every((item) => item.state === "done");
    const line = done ? "all_done" : this.offline ? "offline" : standing ? "paused" : rate ? "going" : "starting";
    this.at("line").textContent = this.say(line, { ...words, count: counted.length });
    this.at("pause").hidden = !paused && !this.isBusy() && !items.some((item) => item.state === "failed" && item.again);
    this.at("pause").textContent = this.say(standing ? "resume" : "pause");
    if (["all_done", "offline", "paused"].includes(line) && this.last !== line) this.tell(line, { ...words, count: counted.length });
    this.last = line;
    if (done && !this.finished) this.finish();
    this.finished = done;
  }

  drawRow(item) {
    const row = this.rows.get(item) ?? this.newRow(item);
    Object.assign(row.querySelector("progress"), { max: item.file.size || 1, value: sentBytes(item) });
    row.dataset.state = item.state;
    const reason = item.error && (item.error.problem?.detail ?? this.say("failed_reason"));
    row.querySelector("[data-u=state]").textContent = reason ?? this.say(item.state, { sent: size(sentBytes(item)), whole: size(item.file.size) });
    row.querySelector("button").hidden = item.state === "done" || item.state === "stopped";
    if (this.told.get(item) === item.state) return;
    this.told.set(item, item.state);
    if (item.state === "done" || item.state === "stopped") forget(this.sender.begin, item.file);
    if (item.state === "failed") this.tell("failed_named", { name: item.file.name, reason });
  }

  newRow(item) {
    const row = this.at("row").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-u=name]").textContent = item.file.name;
    const button = row.querySelector("button");
    button.setAttribute("aria-label", this.say("give_up_named", { name: item.file.name }));
    button.addEventListener("click", () => this.sender.giveUp(item));
    this.at("list").append(row);
    this.rows.set(item, row);
    return row;
  }

  finish() {
    this.at("unfinished").hidden = true;
    this.element.dispatchEvent(new CustomEvent("upload:done", { bubbles: true }));
    if (this.element.dataset.reload !== undefined) setTimeout(() => location.reload(), 800);
  }

  say(name, values = {}) { return (this.words[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? ""); }
  tell(name, values) { this.at("live").textContent = this.say(name, values); }
}

for (const element of document.querySelectorAll("[data-upload]")) element.uploadPlace = new Place(element);
