// Boards over the nights: a colour map of board against observation, drawn into #board-map.
const BOARD_QUANTITIES = {
  gain_db: {unit: "dB", digits: 1, least: 2, sign: true},
  delay_ns: {unit: "ns", digits: 1, least: 4, sign: true},
  phase_deg: {unit: "°", digits: 0, least: 40, sign: true},
  bad: {unit: "%", digits: 0, least: 25, sign: false},
  flagged: {unit: "%", digits: 0, least: 25, sign: false},
};
const RISE = [196, 98, 0], FALL = [0, 96, 160], PALE = [246, 247, 247];  // distinct for colour-blind readers
const boards = {arrays: [], across: null, row: 20, top: 4};

async function loadBoards() {
  for (const kind of RECORDS.boards) {
    const arrays = {};
    for (const name of Object.keys(BOARD_QUANTITIES)) arrays[name] = await unpack(kind[name]);
    boards.arrays.push(arrays);
  }
  const canvas = find("#board-map");
  canvas.addEventListener("pointermove", boardHover);
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("click", event => {
    const at = boardAt(event);
    if (at) location.assign(encodeURIComponent(NIGHTS[at.night].folder) + "/report.html");
  });
  for (const name of ["#boards-kind", "#boards-quantity"])
    find(name).addEventListener("change", drawBoards);
  addEventListener("resize", drawBoards);
  drawBoards();
}

function chosenBoards() {
  const kind = Number(find("#boards-kind").value), quantity = find("#boards-quantity").value;
  return {names: RECORDS.boards[kind].names, values: boards.arrays[kind][quantity],
    ...BOARD_QUANTITIES[quantity]};
}

// The colour of a value given as a fraction of the largest; zero is pale.
function boardColour(share) {
  const end = share < 0 ? FALL : RISE, size = Math.min(Math.abs(share), 1);
  return `rgb(${PALE.map((pale, k) => Math.round(pale + (end[k] - pale) * size)).join(",")})`;
}

function drawBoards() {
  const chosen = chosenBoards(), {names, values, least} = chosen;
  boards.row = names.length > 20 ? 13 : 20;
  const height = boards.top + boards.row * names.length + 42;
  const {pen, width} = prepareCanvas(find("#board-map"), height);
  const across = boards.across = makeAxis(-0.5, NIGHTS.length - 0.5, 62, width - 8);
  const largest = Math.max(least, ...Array.from(values).filter(isKnown).map(Math.abs));
  const step = across.place(1) - across.place(0), gap = step > 4 ? 1 : 0;
  names.forEach((name, board) => {
    const y = boards.top + boards.row * board;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillStyle = QUIET;
    pen.fillText(name.replace(" board", ""), across.start - 5, y + boards.row / 2);
    for (let night = 0; night < NIGHTS.length; night++) {
      const value = values[board * NIGHTS.length + night];
      const known = isKnown(value) && isShown(night);
      pen.fillStyle = known ? boardColour(value / largest) : "#c9ced1";
      pen.fillRect(across.place(night - 0.5), y, Math.max(step - gap, 1), boards.row - 1);
    }
  });
  drawNightDates(pen, across, boards.top + boards.row * names.length);
  drawScale(largest, chosen);
}

function drawScale(largest, {unit, digits, sign}) {
  const inWords = value => withUnit(value, unit, digits, sign).replace(" °", "°");
  const low = sign ? -largest : 0, ramp = make("i", {class: "ramp"});
  const stops = (sign ? [-1, 0, 1] : [0, 1]).map(boardColour);
  ramp.style.background = `linear-gradient(to right, ${stops.join(",")})`;
  find("#boards-scale").replaceChildren(inWords(low), ramp, inWords(largest));
}

function boardAt(event) {
  const box = event.currentTarget.getBoundingClientRect();
  const night = Math.round(boards.across.value(event.clientX - box.left));
  const board = Math.floor((event.clientY - box.top - boards.top) / boards.row);
  const {names} = chosenBoards();
  return night >= 0 && night < NIGHTS.length && board >= 0 && board < names.length
    ? {night, board} : null;
}

function boardHover(event) {
  const at = boardAt(event);
  if (!at) return hideTip();
  const {names, values, unit, digits, sign} = chosenBoards();
  const value = withUnit(values[at.board * NIGHTS.length + at.night], unit, digits, sign);
  showTip(event.clientX, event.clientY, `${NIGHTS[at.night].id}\n${names[at.board]}: ${value}`);
}
