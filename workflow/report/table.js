// Tables: click a heading to sort, use the form to filter.
function sortTable(heading) {
  const table = heading.closest("table"), body = table.tBodies[0];
  const column = Array.from(heading.parentNode.children).indexOf(heading);
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const numeric = heading.classList.contains("number");
  const key = row => row.cells[column].dataset.sort;
  const order = (a, b) => numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", {numeric: true});
  const rows = Array.from(body.rows);
  rows.sort((one, two) => {
    const a = key(one), b = key(two);
    if (a === "" || b === "") return (a === "") - (b === "");  // unknown values come last
    return (down ? -1 : 1) * order(a, b);
  });
  body.append(...rows);
}

function fits(row, wanted) {
  const status = row.dataset.status;
  return (wanted.status === "" || status === wanted.status
      || (wanted.status === "not good" && status !== "good"))
    && (wanted.board === "" || row.dataset.board === wanted.board)
    && (wanted.reason === "" || row.dataset.reasons.split(" ").includes(wanted.reason))
    && row.textContent.toLowerCase().includes(wanted.text.toLowerCase());
}

function filterTable(form) {
  const rows = Array.from(document.getElementById(form.dataset.table).tBodies[0].rows);
  const wanted = Object.fromEntries(["status", "board", "reason", "text"]
    .map(name => [name, form.elements[name].value]));
  for (const row of rows) row.hidden = !fits(row, wanted);
  const shown = rows.filter(row => !row.hidden);
  find("output", form).textContent = `${shown.length} of ${rows.length} antpols`;
  form.dispatchEvent(new CustomEvent("filtered", {bubbles: true, detail: shown}));
}

for (const button of findAll("th button"))
  button.addEventListener("click", () => sortTable(button.closest("th")));
function startFilters() {
  for (const form of findAll("form.filter")) {
    form.addEventListener("input", () => filterTable(form));
    form.addEventListener("reset", () => setTimeout(() => filterTable(form)));
    form.addEventListener("submit", event => event.preventDefault());
    filterTable(form);
  }
}
