// The antennas on the board, on the map and in the table share one selection and one filter.
const ANTENNAS = new Map(RECORDS.antennas.map(antenna => [antenna.index, antenna]));

function signalInWords(antenna, pol) {
  const signal = antenna.signals[pol];
  if (!signal) return "";
  const reasons = signal.reasons.length ? ": " + signal.reasons.join("; ") : "";
  return `${pol} ${signal.status}${reasons}\n  gain ${withUnit(signal.gain_db, "dB", 1, true)},`
    + ` delay ${withUnit(signal.delay_ns, "ns")},`
    + ` difference from reference ${withUnit(signal.difference_ns, "ns", 1, true)},`
    + ` solutions flagged ${inPercent(signal.flagged_fraction)}`;
}

function antennaInWords(index, pol) {
  const antenna = ANTENNAS.get(index);
  const pols = pol ? [pol] : Object.keys(antenna.signals);
  return `${antenna.name}, board ${antenna.board}, correlator number ${index}\n`
    + pols.map(one => signalInWords(antenna, one)).join("\n");
}

function chooseAntenna(index) {
  for (const old of findAll(".chosen")) old.classList.remove("chosen");
  for (const mark of findAll(`[data-index="${index}"]`)) mark.classList.add("chosen");
  showPanel(ANTENNAS.get(index));
}

function dimOthers(event) {
  const shown = new Set(event.detail.map(row => row.dataset.index));
  for (const mark of findAll(".antenna")) mark.classList.toggle("away", !shown.has(mark.dataset.index));
}

function neighbour(index, key) {
  const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: 32, ArrowUp: -32};
  return key in steps ? find(`#board .antenna[data-index="${index + steps[key]}"]`) : null;
}

function boardKeys(event) {
  const cell = event.target.closest(".antenna");
  if (!cell) return;
  const index = Number(cell.dataset.index), next = neighbour(index, event.key);
  if (event.key === "Enter" || event.key === " ") chooseAntenna(index);
  else if (!next) return;
  event.preventDefault();
  if (!next) return;
  cell.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
}

function clicked(event) {
  const mark = event.target.closest(".antenna, #antenna-table tbody tr");
  if (!mark) return;
  chooseAntenna(Number(mark.dataset.index));
  mark.scrollIntoView({block: "nearest"});  // keep it clear of the panel
}

function startAntennas() {
  const section = find("#antennas"), first = find("#board .antenna");
  section.addEventListener("click", clicked);
  section.addEventListener("filtered", dimOthers);
  if (!first) return;
  first.setAttribute("tabindex", 0);
  find("#board").addEventListener("keydown", boardKeys);
}
