"use strict";
// Small helpers for all parts of the page.
const POLARIZATIONS = ["X", "Y"];
const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => Array.from(within.querySelectorAll(selector));
const RECORDS = JSON.parse(find("#records").textContent);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const isKnown = value => value !== null && value !== undefined && !Number.isNaN(value);

function inDigits(value, digits = 1, sign = false) {
  if (!isKnown(value)) return "–";
  const text = Math.abs(value).toFixed(digits);
  const negative = value < 0 && Number(text) !== 0;
  return (negative ? "−" : sign && Number(text) !== 0 ? "+" : "") + text;
}

const withUnit = (value, unit, digits = 1, sign = false) =>
  isKnown(value) ? inDigits(value, digits, sign) + " " + unit : "unknown";

const inPercent = fraction => isKnown(fraction)
  ? inDigits(100 * fraction, fraction > 0 && fraction < 0.1 ? 1 : 0) + " %" : "unknown";
