// Starts the parts of the report; old browsers, which cannot unpack the arrays, get a note.
async function startReport() {
  startAntennas();
  startFilters();
  startPanel();
  startBandpassPlot();
  if (typeof DecompressionStream === "undefined") {
    find("#too-old").hidden = false;
    return;
  }
  startSky();
  await loadHistory();
  await loadBandpass();
  if (bandpass) wholeBand();
  startWaterfall();
  document.body.dataset.ready = "yes";
}

startReport();
