// All solutions, antenna against frequency: hover for values, click to open the antenna.
const fall = {across: null, down: null};

function colourBytes(hex) {
  return [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
}

function inScale(name, fraction) {
  const all = RECORDS.colours[name], last = all.length / 6 - 1;
  const k = 6 * Math.round(Math.min(Math.max(fraction, 0), 1) * last);
  return [0, 2, 4].map(at => parseInt(all.slice(k + at, k + at + 2), 16));
}

function amplitudeColour(places) {
  const good = places.filter(isGood);
  if (!good.length) return [168, 168, 168];
  const mean = good.reduce((sum, place) => sum + aboveMiddleAt(place), 0) / good.length;
  return inScale("amplitude", (mean + 6) / 12);
}

function phaseColour(places) {
  const place = places.find(isGood);
  return place === undefined ? [168, 168, 168] : inScale("phase", phaseAt(place) / 360 + 0.5);
}

function flagColour(places) {
  let look = null, worst = Infinity;
  for (const place of places) {
    const one = lookAt(place), rank = one ? bandpass.causes.indexOf(one) : Infinity;
    if (one && (rank < 0 ? 99 : rank) < worst) { worst = rank < 0 ? 99 : rank; look = one; }
  }
  return look ? colourBytes(look.colour + "00000") : [255, 255, 255];
}

function columnsOf(axis, number) {
  const first = new Array(number).fill(-1), last = new Array(number).fill(-1);
  for (let k = 0; k < bandpass.channels; k++) {
    const half = bandpass.width / 2, span = [bandpass.mhz[k] - half, bandpass.mhz[k] + half]
      .map(mhz => Math.floor((mhz - axis.low) / (axis.high - axis.low) * number));
    for (let column = span[0]; column <= Math.min(span[1], number - 1); column++) {
      if (first[column] < 0) first[column] = k;
      last[column] = k;
    }
  }
  return {first, last};
}

function waterfallPicture(columns, pol, colour) {
  const number = columns.first.length, sheet = document.createElement("canvas");
  sheet.width = number;
  sheet.height = bandpass.antennas;
  const pen = sheet.getContext("2d"), image = pen.createImageData(number, bandpass.antennas);
  for (let row = 0; row < bandpass.antennas; row++) for (let column = 0; column < number; column++) {
    const {first, last} = columns, places = [], at = 4 * (row * number + column);
    if (first[column] < 0) continue;  // transparent: no sub-band here
    for (let k = first[column]; k <= last[column]; k++) places.push(placeOf(row, pol, k));
    image.data.set([...colour(places), 255], at);
  }
  pen.putImageData(image, 0, 0);
  return sheet;
}

function drawWaterfall() {
  const height = Math.min(640, Math.max(220, 2 * bandpass.antennas + 50));
  const {pen, width} = prepareCanvas(find("#waterfall"), height), half = bandpass.width / 2;
  const across = makeAxis(bandpass.mhz[0] - half, bandpass.mhz.at(-1) + half, 62, width - 8);
  const down = makeAxis(0, bandpass.antennas, 8, height - 44);
  const colours = {amplitude: amplitudeColour, phase: phaseColour, flags: flagColour};
  const columns = columnsOf(across, Math.min(900, Math.round(across.end - across.start)));
  const picture = waterfallPicture(columns, find("#fall-pol").value, colours[find("#fall-what").value]);
  pen.fillStyle = "#e4e9ec";
  pen.fillRect(across.start, down.start, across.end - across.start, down.end - down.start);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, across.start, down.start, across.end - across.start, down.end - down.start);
  const every = bandpass.antennas > 64 ? 32 : Math.max(1, Math.floor(bandpass.antennas / 8));
  const values = Array.from({length: Math.ceil(bandpass.antennas / every)}, (_, k) => k * every);
  drawLeft(pen, {...across, end: across.start}, down, {values, digits: 0}, "antenna (correlator number)");
  drawBottom(pen, across, down.end, "frequency (MHz)");
  drawFrame(pen, across, down);
  Object.assign(fall, {across, down});
  find("#fall-key").replaceChildren(...waterfallKey(find("#fall-what").value));
}

function waterfallKey(what) {
  if (what !== "flags") {
    const ends = what === "phase" ? ["−180°", "180°"] : ["−6 dB", "+6 dB relative to the median"];
    const bar = make("i", {class: "ramp"}), stops = [0, 0.25, 0.5, 0.75, 1];
    bar.style.background = `linear-gradient(90deg, ${stops.map(s => `rgb(${inScale(what, s)})`)})`;
    return [ends[0], bar, ends[1], "; grey: flagged or no solution"];
  }
  return [...bandpass.causes, bandpass.interpolated].map(look => {
    const patch = make("i", {class: "patch"});
    patch.style.background = look.colour;
    return make("span", {}, patch, look.words);
  });
}

function waterfallAt(event) {
  const place = event.currentTarget.getBoundingClientRect();
  const row = Math.floor(fall.down.value(event.clientY - place.top));
  const mhz = fall.across.value(event.clientX - place.left), channel = channelAt(mhz);
  const inside = row >= 0 && row < bandpass.antennas
    && Math.abs(bandpass.mhz[channel] - mhz) <= Math.max(bandpass.width, 0.05);
  return inside ? {row, channel} : null;
}

function waterfallHover(event) {
  const at = fall.across && waterfallAt(event);
  if (!at) return hideTip();
  const {name, board} = ANTENNAS.get(at.row);
  showTip(event.clientX, event.clientY, `${name}, board ${board}, at ${inDigits(bandpass.mhz[at.channel], 3)} MHz\n`
    + solutionInWords(at.row, find("#fall-pol").value, at.channel));
}

function startWaterfall() {
  if (!bandpass) return;
  const canvas = find("#waterfall");
  canvas.addEventListener("pointermove", waterfallHover);
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("click", event => {
    const at = waterfallAt(event);
    if (at) chooseAntenna(at.row);
  });
  for (const box of ["#fall-what", "#fall-pol"]) find(box).addEventListener("change", drawWaterfall);
  addEventListener("resize", drawWaterfall);
  drawWaterfall();
}
