// A person's view of the tenant, through the same API that every client uses.
import { fieldEditor, shown } from "./fields.js";

const API = "/content-api/v1";
const PAGE = 50;
const $ = (id) => document.getElementById(id);
const state = { key: "", collection: null, page: 1, types: [] };

function element(tag, members = {}, ...children) {
  const made = Object.assign(document.createElement(tag), members);
  made.append(...children);
  return made;
}

async function call(method, path, body) {
  const headers = { "X-API-KEY": state.key };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(API + path, { method, headers, body: body && JSON.stringify(body) });
  if (answer.status === 204) return null;
  const data = await answer.json().catch(() => ({ message: answer.statusText }));
  if (answer.ok) return data;
  const reasons = (data.faults ?? []).map((fault) => fault.message).join("; ");
  throw new Error(`${data.message}${reasons ? ` (${reasons})` : ""}`);
}

async function tell(work) {
  $("message").textContent = "";
  $("message").className = "";
  try {
    await work();
  } catch (problem) {
    $("message").textContent = problem.message;
    $("message").className = "bad";
    if ($("detail").open) $("body").prepend(element("p", { className: "bad", textContent: problem.message }));
  }
}

const label = (texts) => texts.en ?? Object.values(texts)[0] ?? "";
const day = (date) => new Date(date).toLocaleString();

async function everything(path) {
  const rows = [];
  for (let page = 1, more = true; more; page += 1) {
    const answer = await call("GET", `${path}&page=${page}&size=200`);
    rows.push(...(answer.content ?? []));
    more = answer.hasNext;
  }
  return rows;
}

async function showTree() {
  const collections = await everything("/collections?permissions=upload&sort=name,ASC");
  const below = Map.groupBy(collections, (one) => one.parentId ?? 0);
  const branch = (id) => (below.get(id) ?? []).map((one) => {
    const item = element("li", {}, entry(label(one.name), one));
    const children = branch(one.id);
    if (children.length) item.append(element("ul", {}, ...children));
    return item;
  });
  $("tree").replaceChildren(element("li", {}, entry("All assets", null)), ...branch(0));
}

function entry(text, collection) {
  const button = element("button", { type: "button", textContent: text });
  if (collection?.id === state.collection?.id) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => tell(async () => {
    Object.assign(state, { collection, page: 1 });
    for (const other of $("tree").querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    await showAssets();
  }));
  return button;
}

async function showAssets() {
  const { collection } = state;
  $("where").textContent = collection ? label(collection.name) : "All assets";
  $("upload").hidden = !collection?.permissions.upload;
  const filter = collection
    ? { type: "ASSET_PARENT_ID", values: [collection.id] }
    : { type: "ASSET_ID_RANGE", from: 0 };
  const sorting = [{ field: "modification.date", order: "DESC" }];
  const answer = await call("POST", "/assets/search", { filter, sorting, pagination: { page: state.page, size: PAGE } });
  const cards = (answer.content ?? []).map(card);
  if (state.page === 1) $("assets").replaceChildren(...cards);
  else $("assets").append(...cards);
  $("more").hidden = !answer.hasNext;
  if (!answer.totalElements) $("message").textContent = "Nothing here yet.";
}

function thumbnail(version) {
  const url = version.previewUrls?.THUMB;
  const name = (version.fileExtension || version.fileCategory).toUpperCase();
  return url
    ? element("img", { className: "thumb", src: new URL(url).pathname, alt: "", loading: "lazy" })
    : element("span", { className: "thumb", textContent: name });
}

function standing(asset) {
  const released = asset.releaseStatus === "RELEASED";
  return element("span", { className: released ? "good" : "bad", textContent: released ? "released" : "not released" });
}

function card(asset) {
  const button = element(
    "button", { type: "button", className: "card" },
    thumbnail(asset.currentVersion), element("strong", { textContent: asset.name }), standing(asset),
  );
  button.addEventListener("click", () => tell(() => open(asset.id)));
  return element("li", {}, button);
}

function facts(pairs) {
  const list = element("dl");
  for (const [name, value] of pairs) list.append(element("dt", { textContent: name }), element("dd", {}, value));
  return list;
}

function availability(given) {
  if (!given) return "not set";
  if (given.type === "DIRECT") return given.available ? "available" : "not available";
  return `from ${given.from ? day(given.from) : "ever"} until ${given.to ? day(given.to) : "always"}`;
}

async function open(id) {
  const asset = await call("GET", `/assets/${id}?inclusions=informationFields&inclusions=externalReferences`);
  const versions = await everything(`/assets/${id}/versions?`);
  $("title").textContent = asset.name;
  const paths = (asset.parentPaths ?? []).map((path) => path.pathSegments.map((s) => label(s.collectionName)).join(" / "));
  const about = [
    ["State", standing(asset)],
    ["Collections", paths.join(", ") || "none"],
    ["Available", availability(asset.availability)],
    ["Lock", asset.lock ? asset.lock.comment : "none"],
    ["Changed", day((asset.modification ?? asset.creation).date)],
    ...(asset.externalReferences ?? []).map((r) => [`${r.provider.key}, ${r.description.key}`, r.url]),
  ];
  $("body").replaceChildren(
    facts(about),
    element("h3", { textContent: "Versions" }), facts(versions.map((one) => version(id, one))),
    ...(asset.informationFieldValueSets ?? []).flatMap((set) => [
      element("h3", { textContent: label(set.labels) }), facts(set.informationFieldValues.map((value) => field(id, value))),
    ]),
  );
  if (!$("detail").open) $("detail").showModal();
}

function version(id, one) {
  const button = element("button", { type: "button", textContent: "Download" });
  button.addEventListener("click", () => tell(async () => {
    const link = await call("GET", `/assets/${id}/download?downloadFormatId=1&versionId=${one.id}`);
    location.assign(link.url);
  }));
  const size = `${one.filesize.toLocaleString()} bytes, ${day(one.creation.date)} `;
  const text = element("span", {}, element("strong", { textContent: one.filename }), ` ${size}`, button);
  return [`${one.id}${one.active ? " (current)" : ""}`, text];
}

function field(id, value) {
  const name = `${label(value.field.labels)}${value.field.required ? " *" : ""}`;
  const editor = value.field.permissions.edit && fieldEditor(value);
  if (!editor) return [name, shown(value)];
  const form = element("form", {}, editor.input, element("button", { textContent: "Save" }));
  editor.input.setAttribute("aria-label", name);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell(async () => {
      const entry = { id: value.field.id, type: value.type, value: editor.operation() };
      await call("PATCH", `/assets/${id}`, { informationFieldValues: [entry] });
      await open(id);
    });
  });
  return [name, form];
}

async function upload(file) {
  const asked = await call("POST", "/upload", { filename: file.name, filesize: file.size });
  const headers = { "Content-Type": "application/octet-stream", "X-API-KEY": state.key };
  const sent = await fetch(new URL(asked.url).pathname, { method: "POST", headers, body: file });
  if (!sent.ok) throw new Error(`the upload was refused with ${sent.status}`);
  const typeId = Number($("type").value);
  const type = typeId ? { typeId } : {};
  const asset = await call("POST", "/assets", { parentId: state.collection.id, uploadHandle: asked.handle, ...type });
  state.page = 1;
  await showAssets();
  await open(asset.id);
}

async function enter() {
  state.key = $("user").value;
  state.collection = null;
  state.page = 1;
  const types = await call("GET", "/asset-types");
  const options = types.map((type) => element("option", { value: type.id, textContent: label(type.labels) }));
  $("type").replaceChildren(element("option", { value: "", textContent: "no type" }), ...options);
  await showTree();
  await showAssets();
}

async function start() {
  const users = await (await fetch("/_control/keys")).json();
  if (!users.length) throw new Error("This tenant has no user with a key. Start it with --seed acme.");
  $("user").replaceChildren(...users.map((u) => element("option", { value: u.key, textContent: u.username })));
  const person = users.find((u) => u.username !== "onedrive-bridge");
  if (person) $("user").value = person.key;
  await enter();
}

$("user").addEventListener("change", () => tell(enter));
$("close").addEventListener("click", () => $("detail").close());
$("detail").addEventListener("close", () => tell(() => {
  state.page = 1;
  return showAssets();
}));
$("more").addEventListener("click", () => tell(() => {
  state.page += 1;
  return showAssets();
}));
$("file").addEventListener("change", () => tell(async () => {
  const [file] = $("file").files;
  if (file) await upload(file);
  $("file").value = "";
}));
tell(start);
