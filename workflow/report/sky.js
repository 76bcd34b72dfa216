// All-sky images: choose a band, zoom, drag; hover for direction and brightness.
const sky = {image: null, pixels: null, sheet: null, zoom: 1, x: 0.5, y: 0.5, drag: null};
const RADIAN = 180 / Math.PI, SKY_MARKS = "#7fd6c2";

const skySize = () => ({width: sky.image.pixels.shape[1], height: sky.image.pixels.shape[0]});

async function chooseSky(number) {
  sky.image = RECORDS.sky[number];
  sky.pixels = await unpack(sky.image.pixels);
  const {step_jy: step, noise_jy: noise, thinned} = sky.image;
  find("#sky-note").textContent = `Noise ${noise.toPrecision(2)} Jy/beam; values rounded to`
    + ` ${Number(step.toPrecision(1))} Jy/beam`
    + (thinned > 1 ? `; each pixel shows the brightest of ${thinned} × ${thinned}.` : ".");
  paintSky();
}

function paintSky() {
  const {width, height} = skySize(), knee = Math.max(3 * sky.image.noise_jy, 1e-9);
  const contrast = 2 ** Number(find("#sky-contrast").value);
  const top = Math.asinh(Math.max(sky.image.largest_jy / contrast, 3 * knee) / knee);
  const bottom = Math.asinh(-1);
  sky.sheet = document.createElement("canvas");
  sky.sheet.width = width;
  sky.sheet.height = height;
  const pen = sky.sheet.getContext("2d"), image = pen.createImageData(width, height);
  const shades = Array.from({length: 256}, (_, k) => inScale("sky", k / 255));
  for (let k = 0; k < sky.pixels.length; k++) {
    const row = height - 1 - Math.floor(k / width), at = 4 * (row * width + k % width);
    const value = Math.asinh(sky.pixels[k] * sky.image.step_jy / knee);
    const shade = Math.round(255 * Math.min(Math.max((value - bottom) / (top - bottom), 0), 1));
    image.data.set(sky.pixels[k] === -32768 ? [0, 0, 0, 255] : [...shades[shade], 255], at);
  }
  pen.putImageData(image, 0, 0);
  drawSky();
}

function skyFrame() {
  const canvas = find("#sky-canvas"), side = canvas.clientWidth, {width, height} = skySize();
  const scale = side / Math.max(width, height) * sky.zoom;
  const clamp = value => Math.min(Math.max(value, 0.5 / sky.zoom), 1 - 0.5 / sky.zoom);
  sky.x = clamp(sky.x);
  sky.y = clamp(sky.y);
  return {side, scale, left: side / 2 - sky.x * width * scale, top: side / 2 - sky.y * height * scale};
}

function drawSky() {
  if (!sky.sheet) return;
  const canvas = find("#sky-canvas"), {pen, width} = prepareCanvas(canvas, canvas.clientWidth);
  const {scale, left, top} = skyFrame(), {width: columns, height: rows} = skySize();
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, width, width);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(sky.sheet, left, top, columns * scale, rows * scale);
  const across = x => left + (x + 0.5) * scale, down = y => top + (rows - 0.5 - y) * scale;
  drawElevations(pen, across, down, scale);
  drawGalacticPlane(pen, across, down);
  drawSources(pen, across, down);
}

function circle(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.stroke();
}

// Solid: the horizon; dotted: 30 degrees elevation.
function drawElevations(pen, across, down, scale) {
  const [x, y] = sky.image.centre_pixel, radius = RADIAN / Math.abs(sky.image.step_deg[0]) * scale;
  pen.strokeStyle = SKY_MARKS;
  circle(pen, across(x), down(y), radius);
  pen.setLineDash([2, 4]);
  circle(pen, across(x), down(y), radius * Math.cos(30 / RADIAN));
  pen.setLineDash([]);
}

function drawGalacticPlane(pen, across, down) {
  pen.strokeStyle = SKY_MARKS;
  pen.setLineDash([7, 5]);
  pen.beginPath();
  sky.image.galactic_plane.forEach((place, k, line) => {
    if (place) pen[k && line[k - 1] ? "lineTo" : "moveTo"](across(place[0]), down(place[1]));
  });
  pen.stroke();
  pen.setLineDash([]);
}

function drawSources(pen, across, down) {
  pen.strokeStyle = pen.fillStyle = "#fff";
  pen.textAlign = "left";
  for (const source of sky.image.sources) {
    circle(pen, across(source.x), down(source.y), 10);
    pen.fillText(source.name, across(source.x) + 13, down(source.y) - 6);
  }
}

function directionOf(x, y) {
  const {centre_pixel: at, step_deg: step, centre_deg: centre} = sky.image;
  const l = (x - at[0]) * step[0] / RADIAN, m = (y - at[1]) * step[1] / RADIAN;
  const n = Math.sqrt(1 - l * l - m * m), [ra, dec] = centre.map(angle => angle / RADIAN);
  if (Number.isNaN(n)) return null;
  return {
    ra: (RADIAN * (ra + Math.atan2(l, n * Math.cos(dec) - m * Math.sin(dec))) + 720) % 360,
    dec: RADIAN * Math.asin(m * Math.cos(dec) + n * Math.sin(dec)),
    altitude: RADIAN * Math.asin(n), azimuth: (RADIAN * Math.atan2(l, m) + 360) % 360,
  };
}

function skyInWords(x, y) {
  const {width} = skySize(), direction = directionOf(x, y);
  if (!direction) return "below the horizon";
  const steps = sky.pixels[y * width + x], minutes = Math.round(direction.ra * 4);
  const ra = `${Math.floor(minutes / 60) % 24}h${String(minutes % 60).padStart(2, "0")}m`;
  const value = steps === -32768 ? "no value" : `${inDigits(steps * sky.image.step_jy,
    sky.image.step_jy < 1 ? 2 : 0)} Jy/beam`;
  return `${value}\nRA ${ra} (${inDigits(direction.ra, 2)}°), Dec ${inDigits(direction.dec, 2, true)}°\n`
    + `altitude ${inDigits(direction.altitude, 0)}°, azimuth ${inDigits(direction.azimuth, 0)}°`;
}

function skyHover(event) {
  if (!sky.sheet) return;
  const {side, scale, left, top} = skyFrame(), {width, height} = skySize();
  const place = event.currentTarget.getBoundingClientRect();
  if (sky.drag) {
    sky.x -= (event.clientX - sky.drag.x) / scale / width;
    sky.y -= (event.clientY - sky.drag.y) / scale / height;
    sky.drag = {x: event.clientX, y: event.clientY};
    return drawSky();
  }
  const x = Math.floor((event.clientX - place.left - left) / scale);
  const y = height - 1 - Math.floor((event.clientY - place.top - top) / scale);
  if (x < 0 || y < 0 || x >= width || y >= height) return hideTip();
  showTip(event.clientX, event.clientY, skyInWords(x, y));
}

function zoomSky(factor) {
  sky.zoom = Math.min(Math.max(sky.zoom * factor, 1), 16);
  drawSky();
}

function startSky() {
  if (!RECORDS.sky.length) return;
  const canvas = find("#sky-canvas");
  canvas.addEventListener("pointermove", skyHover);
  canvas.addEventListener("pointerdown", event => {
    skyHover(event);
    if (event.pointerType !== "mouse" && sky.zoom === 1) return;
    sky.drag = {x: event.clientX, y: event.clientY};
    canvas.setPointerCapture(event.pointerId);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { sky.drag = null; });
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("dblclick", () => zoomSky(2));
  find("#sky-band").addEventListener("change", event => chooseSky(Number(event.target.value)));
  find("#sky-contrast").addEventListener("input", paintSky);
  find("#sky-in").addEventListener("click", () => zoomSky(2));
  find("#sky-out").addEventListener("click", () => zoomSky(0.5));
  addEventListener("resize", drawSky);
  chooseSky(Number(find("#sky-band").value));
}
