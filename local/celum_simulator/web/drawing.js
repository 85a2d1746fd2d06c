// What both views draw with.
export const $ = (id) => document.getElementById(id);
export const label = (texts) => texts?.en ?? Object.values(texts ?? {})[0] ?? "";
export const time = (date) => `${new Date(date).toISOString().slice(0, 19).replace("T", " ")} UTC`;

export function element(tag, members = {}, ...children) {
  const made = Object.assign(document.createElement(tag), members);
  made.append(...children);
  return made;
}

// New children in place of the old ones; what a person has typed and where the focus stands stay, by id.
export function fill(id, ...children) {
  const place = $(id);
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const typed = [...place.querySelectorAll("[data-typed]")];
  const caret = typed.includes(focused) && focused.selectionStart;
  place.replaceChildren(...children);
  for (const old of typed) {
    const now = $(old.id);
    if (now) Object.assign(now, { value: old.value }).dataset.typed = "yes";
  }
  const again = focused && $(focused.id);
  again?.focus({ preventScroll: true });
  if (again && Number.isInteger(caret)) again.setSelectionRange(caret, caret);
}

export function facts(pairs) {
  const list = element("dl");
  for (const [name, value] of pairs) list.append(element("dt", {}, name), element("dd", {}, value));
  return list;
}

// Runs what a person asked for and says how it went.
export async function tell(id, work, done = "") {
  const say = (text, className) => Object.assign($(id), { textContent: text, className });
  say("", "");
  try {
    await work();
    if (done) say(done, "good");
  } catch (problem) {
    say(problem.message, "bad");
  }
}

// Released or not, and why not.
export function standing(asset) {
  if (asset.releaseStatus === "RELEASED") return element("span", { className: "good" }, "released");
  const { assetTypeSet, requiredFieldsValid, permissionDefiningCollectionValid } = asset.validationStatus;
  const why = [
    assetTypeSet || "no type",
    requiredFieldsValid || "a required field is empty",
    permissionDefiningCollectionValid || "in no collection that grants rights",
  ].filter((reason) => reason !== true);
  return element("span", { className: "bad" }, `not released${why.length ? `: ${why.join(", ")}` : ""}`);
}
