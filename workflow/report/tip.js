// Tooltip at the mouse (or the focus) for every element with a data-tip text.
function showTip(x, y, text) {
  const tip = find("#tip");
  tip.textContent = text;
  tip.hidden = false;
  const room = tip.getBoundingClientRect(), margin = 14;
  const left = x + margin + room.width > innerWidth ? x - margin - room.width : x + margin;
  const top = y + margin + room.height > innerHeight ? y - margin - room.height : y + margin;
  tip.style.left = Math.max(4, left) + "px";
  tip.style.top = Math.max(4, top) + "px";
}

function hideTip() { find("#tip").hidden = true; }

function tipOf(target) {
  const tipped = target.closest("[data-tip]");
  if (tipped) return tipped.dataset.tip;
  const antenna = target.closest(".antenna");
  return antenna ? antennaInWords(Number(antenna.dataset.index), target.dataset.pol) : "";
}

function followPointer(event) {
  if (event.target.closest("canvas")) return;  // canvases show their own tooltips
  const text = tipOf(event.target);
  if (text) showTip(event.clientX, event.clientY, text); else hideTip();
}

function followFocus(event) {
  const text = event.target.matches(":focus-visible") ? tipOf(event.target) : "";
  if (!text) return;
  const place = event.target.getBoundingClientRect();
  showTip(place.right, place.bottom, text);
}

document.addEventListener("pointermove", followPointer);
document.addEventListener("pointerdown", followPointer);
document.addEventListener("focusin", followFocus);
document.addEventListener("focusout", hideTip);
document.addEventListener("scroll", hideTip, {passive: true, capture: true});
