"use strict";
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
    if (a === "" || b === "") return (a === "") - (b === "");  // what is not known comes last
    return (down ? -1 : 1) * order(a, b);
  });
  body.append(...rows);
}
function filterTable(form) {
  const table = document.getElementById(form.dataset.table);
  const wanted = name => (form.elements[name] ? form.elements[name].value : "").toLowerCase();
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    const status = wanted("status");
    const fits = (status === "" || row.dataset.status === status
        || (status === "not good" && row.dataset.status !== "good"))
      && (wanted("board") === "" || row.dataset.board === wanted("board"))
      && (wanted("reason") === "" || row.dataset.reasons.split(" ").includes(wanted("reason")))
      && row.textContent.toLowerCase().includes(wanted("text"));
    row.hidden = !fits;
    shown += fits;
  }
  form.querySelector("output").textContent = shown + " of " + table.tBodies[0].rows.length;
}
for (const button of document.querySelectorAll("th button"))
  button.addEventListener("click", () => sortTable(button.closest("th")));
for (const form of document.querySelectorAll("form.filter")) {
  form.addEventListener("input", () => filterTable(form));
  form.addEventListener("submit", event => event.preventDefault());
  filterTable(form);
}
