// One antenna over the nights: status, gain, delay and phase of X and Y, drawn into #history.
const PANEL_TOP = 44, PANEL_HEIGHT = 130, PANEL_STEP = 144;
const INKS = ["#0072b2", "#c47d00"];
const STATUS_INKS = ["#6fb7ac", "#f2b134", "#a3172b"];
const PAST = RECORDS.history || RECORDS, NIGHTS = PAST.observations, past = {antenna: 0, across: null, lst: null};
// Panels from top to bottom; a report has no phases.
const PANELS = [
  {array: "gain_db", title: "gain (dB)", least: 1},
  {array: "delay_ns", title: "delay change (ns)", least: 2, change: true},
  {array: "phase_deg", title: "phase change (°)", least: 20, change: true},
].filter(panel => PAST[panel.array]).map((panel, k) => {
  const top = PANEL_TOP + PANEL_STEP * k;
  return {...panel, top, bottom: top + PANEL_HEIGHT};
});
const HISTORY_HEIGHT = PANELS[PANELS.length - 1].bottom + 42;

// Whether a night is in the chosen LST range.
const isShown = night => past.lst === null || Math.floor(NIGHTS[night].lst_hours / 6) * 6 === past.lst;

const pastOf = (name, pol) => {
  const start = (past.antenna * POLARIZATIONS.length + pol) * NIGHTS.length;
  return past[name].subarray(start, start + NIGHTS.length);
};

function median(values) {
  const known = Array.from(values).filter(isKnown).sort((a, b) => a - b), half = known.length >> 1;
  return known.length % 2 ? known[half] : (known[half - 1] + known[half]) / 2;
}

// Values of a panel by polarization; delays and phases relative to their median over the nights.
function seriesOf(panel) {
  return POLARIZATIONS.map((_, pol) => {
    const values = Array.from(pastOf(panel.array, pol)), middle = panel.change ? median(values) : 0;
    return values.map((value, night) => isShown(night) ? value - middle : NaN);
  });
}

// The range of a panel covers the nights in which the antpol is not bad, if there are any.
function upwardAxis(panel, series) {
  const bad = PAST.statuses.indexOf("bad"), {least} = panel;
  const usable = series.map((values, pol) =>
    values.filter((value, night) => isKnown(value) && pastOf("status", pol)[night] !== bad)).flat();
  const known = usable.length ? usable : series.flat().filter(isKnown);
  const low = Math.min(-least, ...known), high = Math.max(least, ...known);
  const room = 0.08 * (high - low);
  return makeAxis(low - room, high + room, panel.bottom, panel.top);
}

function drawHistory() {
  const canvas = find("#history"), {pen, width} = prepareCanvas(canvas, HISTORY_HEIGHT);
  past.across = makeAxis(-0.5, NIGHTS.length - 0.5, 62, width - 8);
  for (const change of changesOf(past.antenna)) drawChange(pen, change);
  POLARIZATIONS.forEach((name, pol) => drawStatus(pen, name, pol));
  for (const panel of PANELS) {
    const series = seriesOf(panel), upward = upwardAxis(panel, series);
    drawLeft(pen, past.across, upward, ticksOf(upward, 30), panel.title);
    drawFrame(pen, past.across, upward);
    series.forEach((values, pol) => drawSeries(pen, upward, values, INKS[pol]));
  }
  drawDates(pen);
}

const changesOf = antenna =>
  (PAST.changes || []).filter(change => change.antennas.includes(antenna));

// A dashed line before the first night of a change.
function drawChange(pen, change) {
  const x = Math.round(past.across.place(change.night - 0.5)) + 0.5;
  pen.save();
  pen.setLineDash([5, 4]);
  pen.strokeStyle = "#5d6a72";
  pen.beginPath();
  pen.moveTo(x, PANEL_TOP);
  pen.lineTo(x, PANELS[PANELS.length - 1].bottom);
  pen.stroke();
  pen.restore();
}

function drawStatus(pen, name, pol) {
  const y = 4 + 17 * pol, {across} = past, step = across.place(1) - across.place(0);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillStyle = QUIET;
  pen.fillText("status " + name, across.start - 5, y + 7);
  pastOf("status", pol).forEach((status, night) => {
    pen.fillStyle = isShown(night) && STATUS_INKS[status] || "#e4e9ec";
    pen.fillRect(across.place(night - 0.5) + 0.5, y, Math.max(step - 1, 1), 14);
  });
}

// Values outside the range are drawn at its edge.
function drawSeries(pen, upward, beyond, ink) {
  const values = beyond.map(value => Math.min(Math.max(value, upward.low), upward.high));
  pen.fillStyle = pen.strokeStyle = ink;
  pen.beginPath();
  const radius = values.length > 120 ? 1.5 : 3;
  values.forEach((value, night) => {
    if (!isKnown(value)) return;
    const joined = night && isKnown(values[night - 1]);
    pen[joined ? "lineTo" : "moveTo"](past.across.place(night), upward.place(value));
  });
  pen.stroke();
  values.forEach((value, night) => {
    if (!isKnown(value)) return;
    pen.beginPath();
    pen.arc(past.across.place(night), upward.place(value), radius, 0, 7);
    pen.fill();
  });
}

function drawDates(pen) {
  drawNightDates(pen, past.across, PANELS[PANELS.length - 1].bottom);
}

// Dates along an axis of nights, drawn below y.
function drawNightDates(pen, across, y) {
  const room = across.end - across.start, every = Math.ceil(NIGHTS.length * 78 / room);
  pen.textBaseline = "top";
  pen.fillStyle = QUIET;
  let free = -Infinity;  // where the previous label ends
  NIGHTS.forEach((night, k) => {
    if (k % every) return;
    const x = across.place(k), middle = Math.min(x, across.end - 25);
    pen.fillRect(x, y, 1, 4);
    if (middle - 33 < free) return;
    pen.textAlign = "center";
    pen.fillText(night.mid_utc.slice(0, 10), middle, y + 7);
    free = middle + 36;
  });
  pen.textAlign = "center";
  pen.fillStyle = INK;
  pen.fillText("observation (UTC date)", (across.start + across.end) / 2, y + 24);
}

function nightAt(event) {
  const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
  const night = Math.round(past.across.value(x));
  return night >= 0 && night < NIGHTS.length ? night : null;
}

function nightInWords(night) {
  const lines = POLARIZATIONS.map((name, pol) => {
    const value = array => pastOf(array, pol)[night];
    const status = PAST.statuses[value("status")] || "not observed";
    const parts = [`${name}: ${status}`, `gain ${withUnit(value("gain_db"), "dB", 1, true)}`,
      `delay ${withUnit(value("delay_ns"), "ns", 2)}`];
    if (past.delay_difference_ns)
      parts.push(`difference from reference ${withUnit(value("delay_difference_ns"), "ns", 2, true)}`);
    if (past.phase_deg) parts.push(`phase change ${withUnit(value("phase_deg"), "°", 0, true)}`);
    return parts.join(", ");
  });
  return [NIGHTS[night].id + ": " + NIGHTS[night].verdict, ...lines].join("\n");
}

function historyHover(event) {
  const night = nightAt(event);
  if (night === null) hideTip(); else showTip(event.clientX, event.clientY, nightInWords(night));
}

// Unpacks the arrays and shows the values under the mouse.
async function loadHistory() {
  for (const name of ["status", "gain_db", "delay_ns", "delay_difference_ns", "phase_deg"])
    if (PAST[name]) past[name] = await unpack(PAST[name]);
  const canvas = find("#history");
  canvas.addEventListener("pointermove", historyHover);
  canvas.addEventListener("pointerleave", hideTip);
}
