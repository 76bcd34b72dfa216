// Decodes the arrays that lwacal.report.array_encoding embeds in the page.
const NUMBER_TYPES = {uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array,
  float32: Float32Array, float64: Float64Array};

async function unpack(entry) {
  const text = atob(entry.data), packed = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) packed[k] = text.charCodeAt(k);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const array = numbersOf(entry, new Uint8Array(await new Response(stream).arrayBuffer()));
  if (entry.differences) addUp(array, entry.shape[entry.shape.length - 1]);
  return entry.step ? multiplesOf(array, entry) : array;
}

// Numbers stored as integer multiples of a step; NaN where unknown.
function multiplesOf(array, entry) {
  return Float32Array.from(array, value => value === entry.unknown ? NaN : value * entry.step);
}

function numbersOf(entry, planes) {
  const kind = NUMBER_TYPES[entry.type], size = kind.BYTES_PER_ELEMENT;
  const count = planes.length / size, bytes = new Uint8Array(planes.length);
  for (let plane = 0; plane < size; plane++)
    for (let k = 0; k < count; k++) bytes[k * size + plane] = planes[plane * count + k];
  return new kind(bytes.buffer);
}

function addUp(array, length) {
  for (let k = 0; k < array.length; k++) if (k % length) array[k] += array[k - 1];
}
