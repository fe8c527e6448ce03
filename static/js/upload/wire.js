/* The two conversations of an upload: JSON with the site, bytes with the store. */
const PATIENCE = [300, 600, 1200, 2400, 4800, 8000, 8000];

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.title ?? String(status));
    this.status = status;
    this.code = problem?.code ?? "";
    this.problem = problem;
  }
}

const jittered = (ms) => new Promise((done) => setTimeout(done, ms * (0.5 + Math.random())));

/** Ask the site; a lost or 5xx answer is asked again. Throws Refused for a no. */
export async function ask(method, url, token, body) {
  for (const wait of [...PATIENCE, null]) {
    try {
      const answer = await fetch(url, {
        method,
        headers: { "X-CSRF-Token": token, Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) },
        body: body && JSON.stringify(body),
      });
      if (answer.ok) return answer.status === 204 ? null : await answer.json();
      if (answer.status < 500 || wait === null) throw new Refused(answer.status, await answer.json().catch(() => null));
    } catch (error) {
      if (error instanceof Refused || wait === null) throw error;
    }
    await jittered(wait);
  }
}

/** PUT a blob to a signed address. Resolves with the status; 0 when there was none (cut, stopped, refused by CORS). */
export function put(signed, blob, { onProgress, signal }) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("PUT", signed.url);
    for (const [name, value] of Object.entries(signed.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onloadend = () => done(request.status);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(blob);
  });
}

/** Wait before try number `tries`; false when there have been too many. */
export async function patience(tries) {
  if (tries >= PATIENCE.length) return false;
  await jittered(PATIENCE[tries]);
  return true;
}
