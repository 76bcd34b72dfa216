// Trends page: choose an antenna to see its history; a click opens the report of that night.
function chooseHistory(antenna) {
  const count = RECORDS.antennas.length;
  past.antenna = (antenna + count) % count;
  const name = RECORDS.antennas[past.antenna];
  find("#history-antenna").value = name;
  find("#history-wiring").textContent = RECORDS.wiring[past.antenna];
  find("#history-changes").replaceChildren(
    ...changesOf(past.antenna).map(change => make("li", {}, change.text)));
  history.replaceState(null, "", "#antenna=" + encodeURIComponent(name));
  drawHistory();
}

function chooseByAddress() {
  const name = new URLSearchParams(location.hash.slice(1)).get("antenna");
  if (!name) return;
  const antenna = RECORDS.antennas.indexOf(name);
  find("#history-unknown").hidden = antenna >= 0;
  find("#history-unknown").textContent = `No observation includes antenna ${name}.`;
  if (antenna >= 0) chooseHistory(antenna);
  find("#antenna").scrollIntoView();
}

// Until the user chooses one: the antenna that changed last, without changing the address.
function showFirst() {
  const newest = RECORDS.changes[0];
  const address = location.href;
  chooseHistory(newest ? newest.antennas[0] : 0);
  history.replaceState(null, "", address);
}

async function startHistory() {
  await loadHistory();
  find("#history").addEventListener("click", event => {
    const night = nightAt(event);
    if (night !== null) location.assign(encodeURIComponent(NIGHTS[night].folder) + "/report.html");
  });
  find("#history-antenna").addEventListener("change",
    event => chooseHistory(Number(event.target.selectedIndex)));
  find("#history-previous").addEventListener("click", () => chooseHistory(past.antenna - 1));
  find("#history-next").addEventListener("click", () => chooseHistory(past.antenna + 1));
  find("#history-lst").addEventListener("change", event => {
    past.lst = event.target.value === "" ? null : Number(event.target.value);
    drawHistory();
    drawBoards();
  });
  addEventListener("resize", drawHistory);
  addEventListener("hashchange", chooseByAddress);
  showFirst();
  chooseByAddress();
}

async function startNights() {
  if (NIGHTS.length && RECORDS.antennas.length) {
    await loadBoards();
    await startHistory();
  }
  document.body.dataset.ready = "yes";
}

startNights();
