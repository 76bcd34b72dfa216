// Bandpass solutions: values by antenna, channel and polarization, in words and units.
const POLARIZATION_COLOURS = {X: "#0072B2", Y: "#c47d00"};
let bandpass = null;

async function loadBandpass() {
  const packed = RECORDS.bandpass;
  if (!packed) return;
  const names = ["frequency_hz", "middle", "amplitude", "phase", "state"];
  const arrays = await Promise.all(names.map(name => unpack(packed[name])));
  bandpass = {...packed, ...Object.fromEntries(names.map((name, k) => [name, arrays[k]]))};
  bandpass.channels = bandpass.frequency_hz.length;
  bandpass.antennas = packed.amplitude.shape[1];
  bandpass.mhz = bandpass.frequency_hz.map(hz => hz / 1e6);
  bandpass.width = bandpass.mhz.reduce((least, mhz, k, all) =>
    k ? Math.min(least, mhz - all[k - 1]) : least, Infinity);
  if (!Number.isFinite(bandpass.width)) bandpass.width = 0.024;
}

const placeOf = (index, pol, channel) =>
  (POLARIZATIONS.indexOf(pol) * bandpass.antennas + index) * bandpass.channels + channel;
const isSolved = place => bandpass.amplitude[place] !== bandpass.none;
const isFlagged = place => Boolean(bandpass.state[place] >> bandpass.flagged_bit & 1);
const isInterpolated = place => Boolean(bandpass.state[place] >> bandpass.interpolated_bit & 1);
const isGood = place => isSolved(place) && !isFlagged(place);
const phaseAt = place => ((bandpass.phase[place] + 128) % 256 - 128) * bandpass.phase_step_deg;
const aboveMiddleAt = place => bandpass.amplitude[place] * bandpass.amplitude_step_db;

function middleAt(pol, channel) {
  const steps = bandpass.middle[POLARIZATIONS.indexOf(pol) * bandpass.channels + channel];
  return steps === bandpass.none ? NaN : steps * bandpass.amplitude_step_db;
}

function amplitudeAt(place, pol, channel) {
  return aboveMiddleAt(place) + (middleAt(pol, channel) || 0);
}

function causesAt(place) {
  return bandpass.causes.filter((_, bit) => bandpass.state[place] >> bit & 1);
}

function lookAt(place) {
  if (isInterpolated(place)) return bandpass.interpolated;
  return isFlagged(place) ? causesAt(place)[0] || {words: "flagged", colour: "#000"} : null;
}

function solutionInWords(index, pol, channel) {
  const place = placeOf(index, pol, channel), look = lookAt(place);
  const causes = causesAt(place).map(cause => cause.words).join(", ");
  const state = isInterpolated(place) ? "interpolated (" + causes + ")"
    : look ? "flagged: " + (causes || look.words) : "good";
  if (!isSolved(place)) return `${pol}: no solution, ${state}`;
  const above = Number.isNaN(middleAt(pol, channel)) ? ""
    : ` (${inDigits(aboveMiddleAt(place), 1, true)} dB relative to the median)`;
  return `${pol}: ${inDigits(amplitudeAt(place, pol, channel))} dB${above},`
    + ` phase ${inDigits(phaseAt(place), 0)}°, ${state}`;
}

function channelAt(mhz) {
  let low = 0, high = bandpass.channels - 1;
  while (low < high) {
    const middle = low + high >> 1;
    if (bandpass.mhz[middle] < mhz) low = middle + 1; else high = middle;
  }
  return low && mhz - bandpass.mhz[low - 1] < bandpass.mhz[low] - mhz ? low - 1 : low;
}
