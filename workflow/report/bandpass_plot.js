// Bandpass of one antenna: amplitude, phase and flags against frequency; drag to zoom.
const view = {index: -1, low: 0, high: 1, channel: -1, drag: null, axes: null};

function wholeBand() {
  const margin = Math.max(bandpass.width, 0.01 * (bandpass.mhz.at(-1) - bandpass.mhz[0]));
  view.low = bandpass.mhz[0] - margin;
  view.high = bandpass.mhz.at(-1) + margin;
}

const isRelative = () => find("#relative").checked;
const showsFlagged = () => find("#flagged").checked;

function heightAt(place, pol, channel) {
  return isRelative() ? aboveMiddleAt(place) : amplitudeAt(place, pol, channel);
}

function shownHeights(pol) {
  const channels = Array.from(bandpass.mhz.keys());
  const places = channels.map(k => placeOf(view.index, pol, k));
  const only = places.some(isGood) ? isGood : isSolved;
  return channels.filter(k => only(places[k])).map(k => heightAt(places[k], pol, k)).sort((a, b) => a - b);
}

function amplitudeRange() {
  const ends = [];
  for (const pol of POLARIZATIONS) {
    const heights = shownHeights(pol), cut = Math.floor(heights.length / 200);
    if (heights.length) ends.push(heights[cut], heights.at(-1 - cut));
    for (let k = 0; k < bandpass.channels; k++) {
      const middle = isRelative() ? 0 : middleAt(pol, k);
      if (!Number.isNaN(middle)) ends.push(middle);
    }
  }
  const low = Math.min(...ends), high = Math.max(...ends);
  const margin = Math.max(0.5, 0.06 * (high - low));
  return ends.length ? [low - margin, high + margin] : [-1, 1];
}

function drawPoints(pen, across, upward, valueAt) {
  const [top, bottom] = [upward.end, upward.start], size = bandpass.channels > 1200 ? 1.6 : 3;
  for (const flagged of showsFlagged() ? [true, false] : [false]) for (const pol of POLARIZATIONS) {
    pen.fillStyle = POLARIZATION_COLOURS[pol];
    pen.globalAlpha = flagged ? 0.25 : 1;
    for (let k = 0; k < bandpass.channels; k++) {
      const place = placeOf(view.index, pol, k), x = across.place(bandpass.mhz[k]);
      if (!isSolved(place) || isFlagged(place) !== flagged || x < across.start || x > across.end)
        continue;
      const y = upward.place(valueAt(place, pol, k));
      if (y >= top && y <= bottom) pen.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }
  pen.globalAlpha = 1;
}

function drawMiddle(pen, across, upward) {
  pen.strokeStyle = "#8a949a";
  for (const pol of POLARIZATIONS) {
    pen.beginPath();
    for (let k = 0, pencil = false; k < bandpass.channels; k++) {
      const value = isRelative() ? 0 : middleAt(pol, k), x = across.place(bandpass.mhz[k]);
      const joined = k && bandpass.mhz[k] - bandpass.mhz[k - 1] < 1.6 * bandpass.width;
      if (Number.isNaN(value) || x < across.start || x > across.end) { pencil = false; continue; }
      if (pencil && joined) pen.lineTo(x, upward.place(value)); else pen.moveTo(x, upward.place(value));
      pencil = true;
    }
    pen.stroke();
  }
}

function drawStates(pen, across, top) {
  const wide = Math.max(1, across.place(view.low + bandpass.width) - across.place(view.low));
  pen.textBaseline = "middle";
  POLARIZATIONS.forEach((pol, row) => {
    const y = top + 13 * row;
    pen.fillStyle = "#f3f6f7";
    pen.fillRect(across.start, y, across.end - across.start, 11);
    pen.textAlign = "right";
    pen.fillStyle = QUIET;
    pen.fillText("flags " + pol, across.start - 5, y + 6);
    for (let k = 0; k < bandpass.channels; k++) {
      const look = lookAt(placeOf(view.index, pol, k)), x = across.place(bandpass.mhz[k]) - wide / 2;
      if (!look || x < across.start - wide / 2 || x > across.end - wide / 2) continue;
      pen.fillStyle = look.colour;
      pen.fillRect(x, y, wide, 11);
    }
  });
}

function drawBandpass() {
  if (!bandpass || view.index < 0 || find("#panel").hidden) return;
  const {pen, width} = prepareCanvas(find("#bandpass"), 368);
  const across = makeAxis(view.low, view.high, 62, width - 8);
  const level = makeAxis(...amplitudeRange(), 160, 6), angle = makeAxis(-185, 185, 282, 172);
  drawLeft(pen, across, level, ticksOf(level, 32), isRelative() ? "relative to median (dB)" : "amplitude (dB)");
  drawLeft(pen, across, angle, {values: [-180, -90, 0, 90, 180], digits: 0}, "phase (degrees)");
  drawMiddle(pen, across, level);
  drawPoints(pen, across, level, heightAt);
  drawPoints(pen, across, angle, phaseAt);
  drawFrame(pen, across, level);
  drawFrame(pen, across, angle);
  drawStates(pen, across, 292);
  drawBottom(pen, across, 322, "frequency (MHz)");
  view.axes = across;
}

function pointAt(channel, x, y) {
  view.channel = Math.min(Math.max(channel, 0), bandpass.channels - 1);
  const mhz = bandpass.mhz[view.channel], line = find("#cursor");
  line.hidden = false;
  line.style.left = view.axes.place(mhz) + "px";
  const lines = POLARIZATIONS.map(pol => solutionInWords(view.index, pol, view.channel));
  const text = `${ANTENNAS.get(view.index).name} at ${inDigits(mhz, 3)} MHz\n${lines.join("\n")}`;
  find("#reading").textContent = text.replace("\n", ": ").replaceAll("\n", "; ");
  showTip(x, y, text);
}

function plotHover(event) {
  if (!view.axes) return;
  const left = event.currentTarget.getBoundingClientRect().left;
  pointAt(channelAt(view.axes.value(event.clientX - left)), event.clientX, event.clientY);
}

function plotKeys(event) {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step || !view.axes) return;
  event.preventDefault();
  const canvas = event.currentTarget.getBoundingClientRect();
  pointAt(view.channel + step, canvas.left + view.axes.place(bandpass.mhz[Math.max(0, view.channel)]),
    canvas.top + 30);
}

function endDrag(event) {
  const across = view.axes, from = view.drag;
  view.drag = null;
  if (from === null || !across || Math.abs(event.clientX - from) < 8) return;
  const left = event.currentTarget.getBoundingClientRect().left;
  const ends = [from, event.clientX].map(x => across.value(x - left)).sort((a, b) => a - b);
  if (ends[1] - ends[0] < 3 * bandpass.width) return;
  [view.low, view.high] = ends;
  drawBandpass();
}

function startBandpassPlot() {
  const canvas = find("#bandpass");
  canvas.addEventListener("pointermove", plotHover);
  canvas.addEventListener("pointerleave", () => { hideTip(); find("#cursor").hidden = true; });
  canvas.addEventListener("pointerdown", event => { view.drag = event.clientX; plotHover(event); });
  canvas.addEventListener("pointerup", endDrag);
  canvas.addEventListener("dblclick", () => { wholeBand(); drawBandpass(); });
  canvas.addEventListener("keydown", plotKeys);
  find("#whole-band").addEventListener("click", () => { wholeBand(); drawBandpass(); });
  for (const box of ["#relative", "#flagged"]) find(box).addEventListener("change", drawBandpass);
  addEventListener("resize", drawBandpass);
}
