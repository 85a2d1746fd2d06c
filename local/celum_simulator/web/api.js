// The same API that every client of the tenant uses.
const API = "/content-api/v1";
let key = "";

export function actAs(wanted) {
  key = wanted;
}

export async function call(method, path, body) {
  const headers = { "X-API-KEY": key };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(API + path, { method, headers, body: body && JSON.stringify(body) });
  if (answer.status === 204) return null;
  const data = await answer.json().catch(() => ({ message: `The server answered ${answer.status}.` }));
  if (answer.ok) return data;
  const reasons = (data.faults ?? []).map((fault) => fault.message).join("; ");
  throw new Error(`${data.message}${reasons ? ` (${reasons})` : ""}`);
}

export async function everything(path) {
  const rows = [];
  for (let page = 1, more = true; more; page += 1) {
    const answer = await call("GET", `${path}${path.includes("?") ? "&" : "?"}page=${page}&size=200`);
    rows.push(...(answer.content ?? []));
    more = answer.hasNext;
  }
  return rows;
}

// The handle of the uploaded bytes, for a new asset or a new version.
export async function send(file) {
  const asked = await call("POST", "/upload", { filename: file.name, filesize: file.size });
  const headers = { "Content-Type": "application/octet-stream", "X-API-KEY": key };
  const sent = await fetch(new URL(asked.url).pathname, { method: "POST", headers, body: file });
  if (!sent.ok) throw new Error(`The upload of ${file.name} was refused with ${sent.status}.`);
  return asked.handle;
}
