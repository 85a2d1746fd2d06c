// A person's view of the tenant: its collections and the assets in them, kept up to date.
import { actAs, call, everything, send } from "./api.js";
import { keepUp, knowTypes, open } from "./detail.js";
import { $, element, fill, label, standing, tell } from "./drawing.js";

const PAGE = 50;
const LOOK_EVERY = 2000; // ms
const LOOKS_AFTER_A_CHANGE = 5; // previews and a search index that lags come later than the change itself
const LOST = "The simulator does not answer; this is what it held last.";
const state = { collection: null, pages: 1, snapshot: "", looks: 0, drawn: {} };
const narrow = matchMedia("(max-width: 799px)");

function news(id, data) {
  const text = JSON.stringify(data);
  const changed = text !== state.drawn[id];
  state.drawn[id] = text;
  return changed;
}

// collections

async function showTree() {
  const collections = await everything("/collections?permissions=upload&sort=name,ASC");
  if (!news("tree", collections)) return;
  state.collection = collections.find((one) => one.id === state.collection?.id) ?? null;
  const below = Map.groupBy(collections, (one) => one.parentId ?? 0);
  const branch = (id) => (below.get(id) ?? []).map((one) => {
    const item = element("li", {}, entry(label(one.name), one));
    const children = branch(one.id);
    if (children.length) item.append(element("ul", {}, ...children));
    return item;
  });
  fill("tree", element("li", {}, entry("All assets", null)), ...branch(0));
}

function entry(text, collection) {
  const button = element("button", { id: `collection-${collection?.id ?? "all"}`, type: "button" }, text);
  if (collection?.id === state.collection?.id) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => tell("message", async () => {
    Object.assign(state, { collection, pages: 1 });
    for (const other of $("tree").querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    await showAssets();
    if (!narrow.matches) return;
    $("collections").open = false;
    $("where").focus();
  }));
  return button;
}

// assets

async function showAssets() {
  const { collection, pages } = state;
  const filter = collection ? { type: "ASSET_PARENT_ID", values: [collection.id] } : { type: "ASSET_ID_RANGE", from: 0 };
  const sorting = [{ field: "modification.date", order: "DESC" }];
  const found = [];
  let more = true;
  for (let page = 1; more && page <= pages; page += 1) {
    const answer = await call("POST", "/assets/search", { filter, sorting, pagination: { page, size: PAGE } });
    found.push(...(answer.content ?? []));
    more = answer.hasNext;
  }
  if (collection !== state.collection) return; // the person has gone on to another one
  $("where").textContent = collection ? label(collection.name) : "All assets";
  $("upload").hidden = $("hint").hidden = !collection?.permissions.upload;
  $("more").hidden = !more;
  if (!news("assets", found)) return;
  fill("assets", ...(found.length ? found.map(card) : [element("li", { className: "quiet" }, "Nothing here yet.")]));
}

function thumbnail(version) {
  const url = version.previewUrls?.THUMB;
  const name = (version.fileExtension || version.fileCategory).toUpperCase();
  return url
    ? element("img", { className: "thumb", src: new URL(url).pathname, alt: "", loading: "lazy" })
    : element("span", { className: "thumb" }, name);
}

function card(asset) {
  const button = element(
    "button", { id: `asset-${asset.id}`, type: "button", className: "card" },
    thumbnail(asset.currentVersion), element("strong", {}, asset.name), standing(asset),
  );
  if (asset.lock) button.append(element("span", { className: "quiet" }, "locked"));
  button.addEventListener("click", () => tell("message", () => open(asset.id)));
  return element("li", {}, button);
}

async function upload(files) {
  const parentId = state.collection.id;
  const type = $("type").value ? { typeId: Number($("type").value) } : {};
  await tell("message", async () => {
    for (const file of files) {
      $("message").textContent = `${file.name} is on its way.`;
      await call("POST", "/assets", { parentId, uploadHandle: await send(file), ...type });
    }
    await showAssets();
  }, `${files.map((file) => file.name).join(", ")}: now in ${label(state.collection.name)}.`);
}

// keeping up

// Told by the switches, not by the API, so that looking is no request that a test or a limit counts.
async function look() {
  const answer = await fetch("/_control/snapshot");
  const text = await answer.text();
  if (text !== state.snapshot) state.looks = LOOKS_AFTER_A_CHANGE;
  state.snapshot = text;
  if (state.looks === 0) return;
  state.looks -= 1;
  await showTree();
  await showAssets();
  await keepUp();
}

async function watch() {
  try {
    if (!document.hidden) await look();
    if ($("message").textContent === LOST) $("message").textContent = "";
  } catch (problem) {
    const away = problem instanceof TypeError; // fetch got no answer at all
    Object.assign($("message"), { textContent: away ? LOST : problem.message, className: "bad" });
  }
  setTimeout(watch, LOOK_EVERY);
}

async function enter() {
  actAs($("user").value);
  Object.assign(state, { collection: null, pages: 1, drawn: {} });
  const types = await call("GET", "/asset-types");
  knowTypes(types);
  $("type").replaceChildren(...types.map((type) => new Option(label(type.labels), type.id)), new Option("no type", ""));
  await showTree();
  await showAssets();
}

async function start() {
  const users = await (await fetch("/_control/keys")).json();
  if (!users.length) throw new Error("This tenant has no user with a key. Start it with --seed acme.");
  $("user").replaceChildren(...users.map((one) => new Option(one.username, one.key)));
  const person = users.find((one) => one.username !== "onedrive-bridge");
  if (person) $("user").value = person.key;
  await enter();
  await watch();
}

function foldCollections() {
  $("collections").open = !narrow.matches;
}

narrow.addEventListener("change", foldCollections);
$("user").addEventListener("change", () => tell("message", enter));
$("more").addEventListener("click", () => tell("message", () => {
  state.pages += 1;
  return showAssets();
}));
$("file").addEventListener("change", async ({ target }) => {
  const files = [...target.files];
  target.value = "";
  if (files.length) await upload(files);
});
window.addEventListener("dragover", (event) => {
  event.preventDefault(); // else a file that misses the target replaces this page
  $("shown").classList.toggle("over", !$("upload").hidden && $("shown").contains(event.target));
});
window.addEventListener("dragleave", () => $("shown").classList.remove("over"));
window.addEventListener("drop", async (event) => {
  event.preventDefault();
  const meant = $("shown").classList.contains("over");
  $("shown").classList.remove("over");
  if (meant) await upload([...event.dataTransfer.files]);
});
foldCollections();
tell("message", start);
