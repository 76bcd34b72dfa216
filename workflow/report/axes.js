// Axes of canvas plots: scales, round ticks, frames.
const INK = "#1c2429", QUIET = "#5d6a72", LINE = "#d5dce0";

function makeAxis(low, high, start, end) {
  const scale = (end - start) / (high - low);
  return {low, high, start, end, place: value => start + (value - low) * scale,
    value: place => low + (place - start) / scale};
}

function ticksOf(axis, spacing) {
  const wanted = (axis.high - axis.low) * spacing / Math.abs(axis.end - axis.start);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map(k => k * power).find(k => k >= wanted * 0.999);
  const ticks = [];
  for (let k = Math.ceil(axis.low / step - 1e-9); k * step <= axis.high + 1e-9 * step; k++)
    ticks.push(k * step);
  return {values: ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9))};
}

function prepareCanvas(canvas, height) {
  const width = Math.max(240, canvas.parentNode.clientWidth), ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = height + "px";
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.font = "11px system-ui, 'DejaVu Sans', sans-serif";
  return {pen, width, height};
}

function drawLeft(pen, across, upward, ticks, title) {
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const value of ticks.values) {
    const y = upward.place(value);
    pen.strokeStyle = LINE;
    pen.strokeRect(across.start, y, across.end - across.start, 0);
    pen.fillStyle = QUIET;
    pen.fillText(inDigits(value, ticks.digits), across.start - 5, y);
  }
  pen.save();
  pen.translate(11, (upward.start + upward.end) / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillStyle = INK;
  pen.fillText(title, 0, 0);
  pen.restore();
}

function drawBottom(pen, across, y, title) {
  const ticks = ticksOf(across, 60);
  pen.textAlign = "center";
  pen.textBaseline = "top";
  pen.fillStyle = QUIET;
  for (const value of ticks.values) {
    pen.fillRect(across.place(value), y, 1, 4);
    pen.fillText(inDigits(value, ticks.digits), across.place(value), y + 6);
  }
  pen.fillStyle = INK;
  pen.fillText(title, (across.start + across.end) / 2, y + 20);
}

function drawFrame(pen, across, upward) {
  pen.strokeStyle = "#8a949a";
  pen.lineWidth = 1;
  pen.strokeRect(across.start, Math.min(upward.start, upward.end), across.end - across.start,
    Math.abs(upward.end - upward.start));
}
