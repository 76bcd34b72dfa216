// One antenna over the nights: status, gain and delay of X and Y, drawn into #history.
const PANELS = [
  {array: "gain_db", title: "gain (dB)", top: 44, bottom: 174},
  {array: "delay_ns", title: "delay change (ns)", top: 188, bottom: 318, change: true},
];
const INKS = ["#0072b2", "#c47d00"], HISTORY_HEIGHT = 360;
const STATUS_INKS = ["#6fb7ac", "#f2b134", "#a3172b"];
const PAST = RECORDS.history || RECORDS, NIGHTS = PAST.observations, past = {antenna: 0, across: null};

const pastOf = (name, pol) => {
  const start = (past.antenna * POLARIZATIONS.length + pol) * NIGHTS.length;
  return past[name].subarray(start, start + NIGHTS.length);
};

function median(values) {
  const known = Array.from(values).filter(isKnown).sort((a, b) => a - b), half = known.length >> 1;
  return known.length % 2 ? known[half] : (known[half - 1] + known[half]) / 2;
}

// Values of a panel by polarization; of delays, how far each is from the median of the nights.
function seriesOf(panel) {
  return POLARIZATIONS.map((_, pol) => {
    const values = Array.from(pastOf(panel.array, pol)), middle = panel.change ? median(values) : 0;
    return values.map(value => value - middle);
  });
}

function upwardAxis(panel, series) {
  const known = series.flat().filter(isKnown), least = panel.change ? 2 : 1;
  const low = Math.min(-least, ...known), high = Math.max(least, ...known);
  const room = 0.08 * (high - low);
  return makeAxis(low - room, high + room, panel.bottom, panel.top);
}

function drawHistory() {
  const canvas = find("#history"), {pen, width} = prepareCanvas(canvas, HISTORY_HEIGHT);
  past.across = makeAxis(-0.5, NIGHTS.length - 0.5, 62, width - 8);
  POLARIZATIONS.forEach((name, pol) => drawStatus(pen, name, pol));
  for (const panel of PANELS) {
    const series = seriesOf(panel), upward = upwardAxis(panel, series);
    drawLeft(pen, past.across, upward, ticksOf(upward, 30), panel.title);
    drawFrame(pen, past.across, upward);
    series.forEach((values, pol) => drawSeries(pen, upward, values, INKS[pol]));
  }
  drawDates(pen);
}

function drawStatus(pen, name, pol) {
  const y = 4 + 17 * pol, {across} = past, step = across.place(1) - across.place(0);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillStyle = QUIET;
  pen.fillText("status " + name, across.start - 5, y + 7);
  pastOf("status", pol).forEach((status, night) => {
    pen.fillStyle = STATUS_INKS[status] || "#e4e9ec";
    pen.fillRect(across.place(night - 0.5) + 0.5, y, Math.max(step - 1, 1), 14);
  });
}

function drawSeries(pen, upward, values, ink) {
  pen.fillStyle = pen.strokeStyle = ink;
  pen.beginPath();
  values.forEach((value, night) => {
    if (!isKnown(value)) return;
    const joined = night && isKnown(values[night - 1]);
    pen[joined ? "lineTo" : "moveTo"](past.across.place(night), upward.place(value));
  });
  pen.stroke();
  values.forEach((value, night) => {
    if (!isKnown(value)) return;
    pen.beginPath();
    pen.arc(past.across.place(night), upward.place(value), 3, 0, 7);
    pen.fill();
  });
}

function drawDates(pen) {
  const room = past.across.end - past.across.start, every = Math.ceil(NIGHTS.length * 78 / room);
  const y = PANELS[PANELS.length - 1].bottom;
  pen.textBaseline = "top";
  pen.fillStyle = QUIET;
  NIGHTS.forEach((night, k) => {
    if (k % every) return;
    const x = past.across.place(k);
    pen.textAlign = x + 33 > past.across.end + 8 ? "right" : "center";
    pen.fillRect(x, y, 1, 4);
    pen.fillText(night.mid_utc.slice(0, 10), x, y + 7);
  });
  pen.textAlign = "center";
  pen.fillStyle = INK;
  pen.fillText("observation (date in UTC)", (past.across.start + past.across.end) / 2, y + 24);
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
    return `${name}: ${status}, gain ${withUnit(value("gain_db"), "dB", 1, true)}, delay `
      + `${withUnit(value("delay_ns"), "ns", 2)}, off reference `
      + withUnit(value("delay_difference_ns"), "ns", 2, true);
  });
  return [NIGHTS[night].id + ": " + NIGHTS[night].verdict, ...lines].join("\n");
}

function historyHover(event) {
  const night = nightAt(event);
  if (night === null) hideTip(); else showTip(event.clientX, event.clientY, nightInWords(night));
}

// Unpacks the arrays and lets the plot tell its values under the mouse.
async function loadHistory() {
  for (const name of ["status", "gain_db", "delay_ns", "delay_difference_ns"])
    past[name] = await unpack(PAST[name]);
  const canvas = find("#history");
  canvas.addEventListener("pointermove", historyHover);
  canvas.addEventListener("pointerleave", hideTip);
}
