// Makes pictures small: a PNG of Chromium's becomes one with a table of at most 256 colours (PNG specification, third
// edition). A page has few colours, but many shades between a letter and what is behind it.

import assert from 'node:assert/strict';
import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** The same picture with a table of its most frequent colours; others take the nearest of them. */
export function withTable(png) {
  const { width, height, colors } = decode(png);
  const counts = new Map();
  for (const color of colors) counts.set(color, (counts.get(color) ?? 0) + 1);
  const table = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([color]) => color);
  const places = new Map(table.map((color, place) => [color, place]));
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const color = colors[y * width + x];
      if (!places.has(color)) places.set(color, nearest(table, color));
      lines[y * (width + 1) + 1 + x] = places.get(color);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3], 8);
  const palette = Buffer.from(table.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]));
  const parts = [['IHDR', head], ['PLTE', palette], ['IDAT', deflateSync(lines, { level: 9 })], ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([SIGNATURE, ...parts.map(([name, data]) => chunk(name, data))]);
}

function nearest(table, color) {
  const distance = (other) => [16, 8, 0].reduce((sum, shift) => sum + (((color >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
  let best = 0;
  for (const place of table.keys()) if (distance(table[place]) < distance(table[best])) best = place;
  return best;
}

/** The colours of a picture as Chromium writes it: 8 bits, red, green, blue, and perhaps an opacity that is full. */
function decode(png) {
  assert.ok(png.subarray(0, 8).equals(SIGNATURE));
  const data = [];
  let head;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const content = png.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') head = content;
    if (name === 'IDAT') data.push(content);
    at += length + 12;
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const size = { 2: 3, 6: 4 }[head[9]];
  assert.ok(head[8] === 8 && size && head[12] === 0, 'a picture of another kind');
  const lines = inflateSync(Buffer.concat(data));
  const row = width * size;
  const colors = new Uint32Array(width * height);
  let above = Buffer.alloc(row);
  for (let y = 0; y < height; y += 1) {
    const filter = lines[y * (row + 1)];
    const line = lines.subarray(y * (row + 1) + 1, (y + 1) * (row + 1));
    for (let x = 0; x < row; x += 1) {
      const [left, up, corner] = [x < size ? 0 : line[x - size], above[x], x < size ? 0 : above[x - size]];
      line[x] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
    for (let x = 0; x < width; x += 1) colors[y * width + x] = (line[x * size] << 16) | (line[x * size + 1] << 8) | line[x * size + 2];
    above = line;
  }
  return { width, height, colors };
}

function paeth(left, up, corner) {
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE((body.reduce((sum, byte) => CRC[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0, body.length + 4);
  return whole;
}
