"use strict";

// What all scripts of the page say and show alike. A name is always text: it goes in by textContent, or escaped where plotly reads tags.

const make = (tag, fields = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), fields);
  node.append(...children);
  return node;
};
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const number = (value, digits) =>
  value === null ? "–" : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const amount = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 4 });
const money = (value) => number(value, 2);
const share = (part, whole) =>
  !part || !whole ? "–" : part * 1000 < whole ? "< 0.1 %" : `${number((100 * part) / whole, 1)} %`;
const readable = (slot) => slot.replace("T", " ");
const lasting = (minutes) =>
  minutes < 60 ? `${minutes} min` : minutes < 1440 ? `${amount(minutes / 60)} h` : minutes === 1440 ? "a day" : `${amount(minutes / 1440)} days`;

// Looks

const byId = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const ofRulebook = (n) => `c${n % 6}`;
const swatch = (name, look = "") => {
  const node = make("span", { className: `swatch ${look}` });
  node.style.borderTopColor = `var(--${name})`;
  return node;
};

// Colours repeat after six: what has one of them for the second time is dashed.

const isAgain = (n) => n > 5;
const swatchOf = (n) => swatch(ofRulebook(n), isAgain(n) ? "dash" : "");
