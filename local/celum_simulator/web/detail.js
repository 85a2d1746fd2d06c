// One asset: what is known of it, its versions, its fields; and what a person may do to it.
import { call, everything, send } from "./api.js";
import { $, element, facts, fill, label, standing, tell, time } from "./drawing.js";
import { fieldEditor, shown } from "./fields.js";

const state = { id: null, drawn: "", types: [] };

export function knowTypes(types) {
  state.types = types;
}

export async function open(id) {
  Object.assign(state, { id, drawn: "" });
  $("body").replaceChildren();
  $("told").textContent = "";
  await refresh();
  $("detail").showModal();
  $("title").focus();
}

async function refresh() {
  const { id } = state;
  if (id === null) return;
  const asset = await call("GET", `/assets/${id}?inclusions=informationFields&inclusions=externalReferences`);
  const versions = await everything(`/assets/${id}/versions`);
  const text = JSON.stringify([asset, versions]);
  if (id !== state.id || text === state.drawn) return;
  state.drawn = text;
  draw(asset, versions);
}

// For the regular look: an asset that somebody deleted stays on display and says so.
export async function keepUp() {
  try {
    await refresh();
  } catch (problem) {
    if (problem instanceof TypeError) throw problem; // fetch got no answer at all
    Object.assign($("told"), { textContent: problem.message, className: "bad" });
  }
}

function draw(asset, versions) {
  $("title").textContent = asset.name;
  const paths = (asset.parentPaths ?? []).map((path) => path.pathSegments.map((step) => label(step.collectionName)).join(" / "));
  const about = [
    ["State", standing(asset)],
    ["Type", label(state.types.find((type) => type.id === asset.typeId)?.labels) || "none"],
    ["Collections", paths.join(", ") || "none"],
    ["Available", availability(asset.availability)],
    ["Lock", lock(asset)],
    ["Changed", time((asset.modification ?? asset.creation).date)],
    ...(asset.externalReferences ?? []).map((one) => [`${one.provider.key}, ${one.description.key}`, link(one.url)]),
  ];
  fill(
    "body",
    facts(about),
    element("h3", {}, "Versions"), facts([...versions].reverse().map(version)), newVersion(),
    ...(asset.informationFieldValueSets ?? []).flatMap((set) => [
      element("h3", {}, label(set.labels)), facts(set.informationFieldValues.map(field)),
    ]),
  );
}

function act(work, done) {
  return tell("told", async () => {
    await work();
    await refresh();
  }, done);
}

const change = (body) => call("PATCH", `/assets/${state.id}`, body);

function link(url) {
  return /^https?:/.test(url) ? element("a", { href: url, target: "_blank", rel: "noreferrer" }, url) : url;
}

function availability(given) {
  if (!given) return "not set";
  if (given.type === "DIRECT") return given.available ? "yes" : "no";
  return `${given.from ? `from ${time(given.from)}` : "from the start"} ${given.to ? `until ${time(given.to)}` : "without end"}`;
}

function form(children, submit) {
  const made = element("form", {}, ...children);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return made;
}

function lock(asset) {
  if (asset.lock) {
    const unlock = () => act(() => change({ lock: { op: "CLEAR" } }), "The asset is unlocked.");
    return form([element("span", {}, asset.lock.comment), element("button", { id: "lock" }, "Unlock")], unlock);
  }
  const comment = element("input", { id: "lock-comment", type: "text", placeholder: "why", required: true });
  comment.setAttribute("aria-label", "Why the asset is locked");
  const set = async () => {
    await change({ lock: { op: "SET", comment: comment.value } });
    delete $(comment.id).dataset.typed;
  };
  return form([comment, element("button", { id: "lock" }, "Lock")], () => act(set, "The asset is locked."));
}

function version(one) {
  const button = element("button", { id: `download-${one.id}`, type: "button" }, "Download");
  button.setAttribute("aria-label", `Download version ${one.id}`);
  button.addEventListener("click", () => tell("told", async () => {
    const answer = await call("GET", `/assets/${state.id}/download?downloadFormatId=1&versionId=${one.id}`);
    location.assign(answer.url);
  }));
  const size = element("span", { className: "quiet" }, `${one.filesize.toLocaleString("en")} bytes, ${time(one.creation.date)}`);
  const line = element("span", { className: "line" }, element("strong", {}, one.filename), size, button);
  return [`${one.id}${one.active ? " (current)" : ""}`, line];
}

function newVersion() {
  const input = element("input", { id: "new-version", type: "file" });
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) act(async () => {
      await call("POST", `/assets/${state.id}/versions`, { filename: file.name, uploadHandle: await send(file) });
    }, `${file.name} is a version now.`);
  });
  return element("div", { className: "acts" }, element("label", { className: "button" }, "Add a version", input));
}

function field(value) {
  const name = label(value.field.labels);
  const note = value.field.required ? " (required)" : "";
  const editor = value.field.permissions.edit && fieldEditor(value);
  if (!editor) return [name + note, shown(value)];
  editor.input.id = `field-${value.field.id}`;
  const save = element("button", { id: `save-${value.field.id}` }, "Save");
  save.setAttribute("aria-label", `Save ${name}`);
  const store = async () => {
    await change({ informationFieldValues: [{ id: value.field.id, type: value.type, value: editor.operation() }] });
    delete $(editor.input.id).dataset.typed;
  };
  const title = element("label", { htmlFor: editor.input.id }, name + note);
  return [title, form([editor.input, save], () => act(store, `${name} is saved.`))];
}

$("body").addEventListener("input", ({ target }) => {
  if (target.type !== "file") target.dataset.typed = "yes";
});
$("close").addEventListener("click", () => $("detail").close());
$("detail").addEventListener("close", () => {
  $(`asset-${state.id}`)?.focus();
  state.id = null;
});
