// Panel of the chosen antenna: status, delays, bandpass of X and Y, and history.
const FACTS = [
  ["status", s => s.status], ["reasons", s => s.reasons.join("; ") || "none"],
  ["gain relative to the typical antenna", s => withUnit(s.gain_db, "dB", 1, true)],
  ["delay", s => isKnown(s.delay_ns) ? `${inDigits(s.delay_ns, 2)} ± ${inDigits(s.delay_err_ns, 2)} ns`
    + (s.delay_flagged ? " (flagged)" : "") : s.delay_flagged ? "flagged" : "unknown"],
  ["reference delay", s => withUnit(s.reference_ns, "ns", 2)],
  ["difference", s => withUnit(s.difference_ns, "ns", 2, true)],
  ["solutions flagged", s => inPercent(s.flagged_fraction)],
  ["evidence", s => s.evidence.join(", ") || "none"],
];

function factsTable(antenna) {
  const pols = Object.keys(antenna.signals), body = make("tbody");
  for (const [name, text] of FACTS) {
    const cells = pols.map(pol => {
      const signal = antenna.signals[pol];
      return make("td", name === "status" ? {class: "tint-" + signal.status} : {}, text(signal));
    });
    body.append(make("tr", {}, make("th", {scope: "row"}, name), ...cells));
  }
  const heads = ["", ...pols].map(pol => make("th", {scope: "col"}, pol));
  return make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body);
}

function causeKey(index) {
  const counts = new Map();
  for (const pol of POLARIZATIONS) for (let k = 0; k < bandpass.channels; k++) {
    const look = lookAt(placeOf(index, pol, k));
    if (look) counts.set(look, (counts.get(look) || 0) + 1);
  }
  const items = [...counts].sort((a, b) => b[1] - a[1]).map(([look, count]) => {
    const patch = make("i", {class: "patch"});
    patch.style.background = look.colour;
    return make("span", {}, patch, `${look.words} ${inPercent(count / bandpass.channels / 2)}`);
  });
  return items.length ? items : ["no solutions flagged"];
}

function historyAddress(name) {
  const linked = /\/(un)?successful\/[^/]+\/[^/]*$/.test(location.pathname);
  return (linked ? "../../" : "../") + "trends.html#antenna=" + encodeURIComponent(name);
}

// Nights up to this one, as known when the report was written; a single night is no history.
function showHistory(name) {
  past.antenna = PAST.antennas.indexOf(name);
  const known = Boolean(past.delay_ns) && NIGHTS.length > 1 && past.antenna >= 0;
  find("#nights").hidden = !known;
  if (known) drawHistory();
}

function showPanel(antenna) {
  view.index = antenna.index;
  find("#panel").hidden = false;
  document.body.classList.add("with-panel");
  find("#panel-title").textContent = `${antenna.name}: board ${antenna.board}, correlator number ${antenna.index}`;
  find("#facts").replaceChildren(factsTable(antenna));
  find("#history-link").href = historyAddress(antenna.name);
  showHistory(antenna.name);
  find("#plot").hidden = !bandpass;
  find("#no-bandpass").hidden = Boolean(bandpass);
  find("#reading").textContent = "";
  find("#cursor").hidden = true;
  if (!bandpass) return;
  find("#causes").replaceChildren(...causeKey(antenna.index));
  drawBandpass();
}

function closePanel() {
  find("#panel").hidden = true;
  document.body.classList.remove("with-panel");
  for (const old of findAll(".chosen")) old.classList.remove("chosen");
  hideTip();
}

function stepPanel(step) {
  const indices = [...ANTENNAS.keys()];
  const next = indices[(indices.indexOf(view.index) + step + indices.length) % indices.length];
  chooseAntenna(next);
}

function startPanel() {
  find("#close").addEventListener("click", closePanel);
  find("#previous").addEventListener("click", () => stepPanel(-1));
  find("#next").addEventListener("click", () => stepPanel(1));
  addEventListener("resize", () => { if (!find("#nights").hidden) drawHistory(); });
  addEventListener("keydown", event => { if (event.key === "Escape") closePanel(); });
}
