// A person's view of the tenant: looks every two seconds, redraws what changed, and leaves alone what is being typed.
const PERSON = "Jane Doe <jane@acme.example>";
const LOOK_EVERY = 2000; // ms
const SIMPLE = 4 << 20; // bytes; anything larger goes through an upload session, as OneDrive's own page does
const FRAGMENT = 32 * 320 * 1024; // bytes; Graph: a multiple of 320 KiB, under 60 MiB
const AT_A_GLANCE = ["ApprovalStatus", "SyncStatus"]; // columns told beside a file's name, where a library has them

const by = (id) => document.getElementById(id);
const state = { world: null, text: "", drive: "", folder: "", item: "" };
const narrow = matchMedia("(max-width: 899px)");

function make(tag, members = {}, ...children) {
  const made = Object.assign(document.createElement(tag), members);
  made.append(...children);
  return made;
}

// Redrawn elements keep their id, so the focus stays where the person left it.
function fill(id, ...children) {
  const focused = by(id).contains(document.activeElement) && document.activeElement.id;
  by(id).replaceChildren(...children);
  if (focused) (by(focused) ?? by("where")).focus({ preventScroll: true });
}

const parent = (path) => path.slice(0, path.lastIndexOf("/"));
const last = (path) => path.slice(path.lastIndexOf("/") + 1);
const time = (iso) => iso.replace("T", " ").replace(/(\.\d+)?Z$/, "");
function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = bytes ? Math.min(Math.floor(Math.log2(bytes) / 10), 4) : 0;
  return `${step ? (bytes / 1024 ** step).toFixed(1) : bytes} ${units[step]}`;
}

// talking to the server

async function ask(method, path, { body, headers = {} } = {}) {
  const answer = await fetch(path, { method, body, headers: { "X-Simulated-User": PERSON, ...headers } });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(data.error?.message ?? data.problem ?? `The server answered ${answer.status}.`);
  return data;
}

const control = (method, name, body) =>
  ask(method, `/_control/${name}`, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

async function act(work, done = "") {
  by("problem").textContent = by("news").textContent = "";
  try {
    await work();
    by("news").textContent = done;
  } catch (problem) {
    by("news").textContent = "";
    by("problem").textContent = problem.message;
  }
  await look(true);
}

const lost = "The simulator does not answer; this is what it held last.";
async function look(always = false) {
  try {
    const { now, ...world } = await control("GET", "overview");
    if (by("problem").textContent === lost) by("problem").textContent = "";
    by("now").textContent = `${time(now)} UTC`;
    const text = JSON.stringify(world);
    if (!always && text === state.text) return;
    Object.assign(state, { world, text });
    draw();
  } catch {
    by("problem").textContent = lost;
  }
}

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, LOOK_EVERY);
}

// drawing

const drive = () => state.world.drives.find((one) => one.id === state.drive) ?? state.world.drives[0];
const none = () => make("li", { className: "quiet", textContent: "none" });
const lines = (rows) => (rows.length ? rows : [none()]);

function choice(id, members, current, pick, note = "") {
  const button = make("button", { id, type: "button", onclick: pick, ...members, textContent: "" });
  button.append(make("span", { className: "name", textContent: members.textContent }));
  if (note) button.append(make("small", { textContent: note }));
  if (current) button.setAttribute("aria-current", "true");
  return make("li", {}, button);
}

function draw() {
  const { drives, subscriptions, refusals } = state.world;
  const here = drive();
  state.drive = here?.id ?? "";
  fill("drives", ...lines(drives.map((one) =>
    choice(`drive-${one.id}`, { textContent: `${one.site} · ${one.name}` }, one === here, () => enter(one.id, "")))));
  fill("subscriptions", ...lines(subscriptions.map((one) => make("li", {},
    make("span", { textContent: one.resource }), make("span", { textContent: one.address }),
    make("span", { className: "quiet", textContent: `until ${time(one.expires)}` })))));
  fill("refusals", ...lines(refusals.map((one) => make("li", { textContent: Object.values(one).join(" · ") }))));
  by("files").hidden = !here;
  if (here) drawFolder(here);
  if (!document.activeElement.dataset.typed) drawDetails(here);
}

function enter(id, folder) {
  Object.assign(state, { drive: id, folder, item: "" });
  draw();
  by("where").focus();
}

function drawFolder(here) {
  while (state.folder && !here.items.some((one) => one.folder && one.path === state.folder)) state.folder = parent(state.folder);
  fill("where", ...crumbs(here));
  const inside = here.items.filter((one) => parent(one.path) === state.folder).sort((a, b) => b.folder - a.folder);
  fill("items", ...(inside.length ? inside.map((one) => entry(here, one)) : [make("li", { className: "quiet", textContent: "This folder is empty." })]));
  const gone = here.bin.map((one) => make("li", {}, make("span", { textContent: one.name }),
    make("button", { id: `bin-${one.id}`, type: "button", className: "action", textContent: "Restore",
      onclick: () => act(() => control("POST", "restore", { drive: here.id, id: one.id }), `${one.name} is back.`) })));
  fill("bin", ...(gone.length ? [make("h3", { textContent: "Recycle bin" }), make("ul", { className: "lines" }, ...gone)] : []));
}

function crumbs(here) {
  const steps = [[here.name, ""]];
  for (const name of state.folder.split("/").slice(1)) steps.push([name, `${steps.at(-1)[1]}/${name}`]);
  return steps.flatMap(([name, path], level) => [
    level ? " / " : "",
    path === state.folder ? name
      : make("button", { id: `up-${level}`, type: "button", textContent: name, onclick: () => enter(here.id, path) }),
  ]);
}

function entry(here, one) {
  const members = { textContent: last(one.path), className: one.folder ? "folder" : "file" };
  if (one.folder) return choice(`item-${one.id}`, members, false, () => enter(here.id, one.path));
  const told = AT_A_GLANCE.map((name) => one.columns[name]).filter(Boolean);
  return choice(`item-${one.id}`, members, state.item === one.id, () => pick(one), [...told, size(one.size)].join(" · "));
}

function pick(one) {
  state.item = one.id;
  draw();
  if (narrow.matches) by("title").focus();
}

function drawDetails(here) {
  const one = here?.items.find((item) => item.id === state.item);
  if (!one) return fill("details", make("p", { className: "quiet", textContent: "Choose a file to see its columns and versions." }));
  const name = last(one.path);
  const remove = () => act(() => control("POST", "delete", { drive: here.id, at: one.id }), `${name} is in the recycle bin.`);
  const versions = one.versions.map((each) => make("li", {}, make("strong", { textContent: each.id }),
    make("span", { textContent: `${time(each.at)}, ${each.by}` }), make("span", { className: "size", textContent: size(each.size) })));
  return fill("details",
    make("h2", { id: "title", tabIndex: -1, textContent: name }),
    make("p", { className: "quiet", textContent: `${size(one.size)}, changed ${time(one.modified)} by ${one.by}` }),
    make("button", { id: "delete", type: "button", className: "action", textContent: "Delete", onclick: remove }),
    make("h3", { textContent: "Columns" }), ...here.columns.map((column) => field(here, one, column)),
    make("h3", { textContent: "Versions" }), make("ul", { id: "versions", className: "lines" }, ...versions));
}

// columns

function field(here, one, column) {
  const id = `column-${column.name}`;
  const save = (value) => act(() => control("POST", "columns", { drive: here.id, at: one.id, name: column.name, value }), `${column.displayName} is saved.`);
  const editor = input(id, column, one.columns[column.name], save);
  const label = editor.matches("[role=group]") ? make("span", { id: `${id}-label` }) : make("label", { htmlFor: id });
  editor.setAttribute("aria-labelledby", label.id);
  if (!label.id) editor.removeAttribute("aria-labelledby");
  label.append(column.displayName);
  label.title = column.name;
  return make("div", { className: "field" }, label, editor);
}

function input(id, column, value, save) {
  if (column.choice) return column.choice.displayAs === "checkBoxes" ? several(id, column, value ?? [], save) : single(id, column, value, save);
  if (column.boolean) return make("input", { id, type: "checkbox", checked: value ?? false, onchange: (event) => save(event.target.checked) });
  if (column.number) return typed(make("input", { id, type: "number", step: "any", value: value ?? "" }), (text) => save(text ? Number(text) : null));
  if (column.dateTime?.format === "dateOnly") {
    return typed(make("input", { id, type: "date", value: value ? day(value) : "" }), (text) => save(text || null));
  }
  const area = typed(make("textarea", { id, rows: 1, value: value ?? "" }), (text) => save(text.trim() || null));
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // a single line of text, shown in full
    area.dispatchEvent(new Event("change"));
  });
  return area;
}

function typed(editor, save) {
  editor.addEventListener("input", () => { editor.dataset.typed = "yes"; });
  editor.addEventListener("change", () => {
    if (!editor.dataset.typed) return;
    delete editor.dataset.typed;
    save(editor.value);
  });
  return editor;
}

function single(id, column, value, save) {
  const options = column.choice.choices.map((text) => new Option(text, text, false, text === value));
  return make("select", { id, onchange: (event) => save(event.target.value || null) }, new Option("–", ""), ...options);
}

function several(id, column, value, save) {
  const boxes = column.choice.choices.map((text, index) =>
    make("input", { id: `${id}-${index}`, type: "checkbox", value: text, checked: value.includes(text) }));
  const group = make("span", { className: "several", onchange: () => save(boxes.filter((box) => box.checked).map((box) => box.value)) },
    ...boxes.map((box) => make("label", {}, box, ` ${box.value}`)));
  group.setAttribute("role", "group");
  group.setAttribute("aria-labelledby", `${id}-label`);
  return group;
}

// Midnight of the site's zone, told in UTC: twelve hours later it is the same day everywhere near.
const day = (moment) => new Date(Date.parse(moment) + 12 * 3600e3).toISOString().slice(0, 10);

// files

async function upload(file, here, folder) {
  const path = `${folder}/${file.name}`.split("/").map(encodeURIComponent).join("/");
  const target = `/v1.0/drives/${here.id}/root:${path}:`;
  const headers = { Authorization: "Bearer page" };
  if (file.size <= SIMPLE) return ask("PUT", `${target}/content`, { body: file, headers });
  const session = await ask("POST", `${target}/createUploadSession`, { headers });
  const url = new URL(session.uploadUrl);
  for (let from = 0; from < file.size; from += FRAGMENT) {
    const piece = file.slice(from, from + FRAGMENT);
    const range = { "Content-Range": `bytes ${from}-${from + piece.size - 1}/${file.size}` };
    await ask("PUT", url.pathname + url.search, { body: piece, headers: range });
    by("news").textContent = `${file.name}: ${Math.floor((100 * (from + piece.size)) / file.size)} %`;
  }
  return null;
}

async function uploadAll(files) {
  const here = drive();
  const { folder } = state;
  await act(async () => {
    for (const file of files) {
      by("news").textContent = `${file.name} is on its way.`;
      await upload(file, here, folder).catch((problem) => {
        throw new Error(`${file.name}: ${problem.message}`);
      });
    }
  }, `${files.map((file) => file.name).join(", ")}: now in ${here.name}${folder}.`);
}

by("file").addEventListener("change", async ({ target }) => {
  const files = [...target.files];
  target.value = "";
  await uploadAll(files);
});
window.addEventListener("dragover", (event) => {
  event.preventDefault(); // else a file that misses the target replaces this page
  by("files").classList.toggle("over", by("files").contains(event.target));
});
window.addEventListener("drop", async (event) => {
  event.preventDefault();
  const meant = by("files").contains(event.target);
  by("files").classList.remove("over");
  if (meant) await uploadAll([...event.dataTransfer.files]);
});
window.addEventListener("dragleave", () => by("files").classList.remove("over"));

by("person").textContent = PERSON.split(" <")[0];
watch();
