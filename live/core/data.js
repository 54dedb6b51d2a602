/**
 * What `tools/live.py` exports: arrays as base64, networks as graphs of layers.
 *
 * @typedef {{ shape: number[], values: Float32Array | Uint8Array }} Tensor
 * @typedef {{ shape: number[], type: "f16" | "f32" | "u8", text: string }} Packed
 * @typedef {{ nodes: import("./net.js").Node[], weights: Packed[] }} PackedNetwork
 * @typedef {{
 *   networks?: Record<string, PackedNetwork>,
 *   arrays?: Record<string, Packed>,
 *   facts?: any,
 * }} PackedData
 */

/**
 * Numbers of an array. The bytes of 16 and 32 bit numbers are stored in planes, all first bytes,
 * then all second ones, because a server's gzip makes more of that.
 *
 * @param {Packed} packed
 * @returns {Tensor} bytes as they are, other numbers as 32 bit
 */
export function unpack({ shape, type, text }) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  if (type === "u8") return { shape, values: bytes };
  const width = type === "f16" ? 2 : 4;
  const length = bytes.length / width;
  const values = new Float32Array(length);
  if (type === "f16") {
    for (let i = 0; i < length; i++) values[i] = half(bytes[i] | (bytes[i + length] << 8));
    return { shape, values };
  }
  const whole = new Uint8Array(values.buffer);
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < 4; k++) whole[4 * i + k] = bytes[k * length + i];
  }
  return { shape, values };
}

/**
 * The number that 16 bits stand for, by IEEE 754.
 *
 * @param {number} bits
 */
export function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
