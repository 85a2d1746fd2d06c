// How a person sees and edits one information field.

import { label } from "./drawing.js";

export function shown({ type, value, field }) {
  if (value === undefined) return "–";
  if (type === "DROPDOWN") return options(field).find((option) => option.index === value)?.label ?? String(value);
  if (Array.isArray(value)) return value.map((one) => (typeof one.name === "object" ? label(one.name) : one.name ?? one.id)).join(", ");
  if (typeof value === "object") return Object.entries(value).map(([locale, words]) => `${locale}: ${words}`).join(" · ");
  return String(value);
}

function options(field) {
  return field.options?.en ?? Object.values(field.options ?? {})[0] ?? [];
}

function choice(pairs, chosen) {
  const select = document.createElement("select");
  select.append(...[["", "–"], ...pairs].map(([value, words]) => new Option(words, value, false, String(value) === String(chosen ?? ""))));
  return select;
}

function input(type, value) {
  const made = Object.assign(document.createElement("input"), { type, value: value ?? "" });
  if (type === "number") made.step = "any";
  return made;
}

function area(value) {
  return Object.assign(document.createElement("textarea"), { rows: 1, value: value ?? "" });
}

const set = (value) => ({ op: "SET", value });
const clear = { op: "CLEAR" };

// An input and the operation it stands for; references are edited elsewhere and only shown.
export function fieldEditor({ type, value, field }) {
  const simple = (made, read) => ({ input: made, operation: () => (made.value === "" ? clear : set(read(made.value))) });
  switch (type) {
    case "TEXT":
      return simple(input("text", value), String);
    case "TEXT_AREA":
      return simple(area(value), String);
    case "LOCALIZED_TEXT":
    case "LOCALIZED_TEXT_AREA": {
      const made = type === "LOCALIZED_TEXT" ? input("text", value?.en) : area(value?.en);
      return {
        input: made,
        operation: () => (made.value ? { op: "MODIFY", set: { en: made.value } } : { op: "MODIFY", clear: ["en"] }),
      };
    }
    case "NUMBER":
    case "DOUBLE":
      return simple(input("number", value), Number);
    case "DATE":
      return simple(input("date", value && new Date(value).toISOString().slice(0, 10)), (day) => `${day}T00:00:00Z`);
    case "BOOLEAN":
      return simple(choice([["true", "yes"], ["false", "no"]], value), (word) => word === "true");
    case "DROPDOWN":
      return simple(choice(options(field).map((option) => [option.index, option.label]), value), Number);
    default:
      return null;
  }
}
