// Starts the parts of the report, and says so if the browser cannot read the solutions.
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
