// Chromium as a person has it, with scripts switched off, and what is looked at on a page.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AXE, chromium } from './deps.js';

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 800 };

/** Nothing but this machine is asked, whatever the browser itself would like to know of the world. */
const QUIET = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export function launch(more = {}) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, chromiumSandbox: false, args: QUIET, ...more });
}

/** A person: scripts are off, so that whatever works here works without them. */
export function person(browser, { locale = 'en-US', ...more } = {}) {
  return browser.newContext({ javaScriptEnabled: false, locale, timezoneId: 'UTC', viewport: DESKTOP, ...more });
}

/** Opens an address. A link is a secret, so the error does not repeat it. */
export async function go(page, url) {
  try {
    return await page.goto(url);
  } catch (problem) {
    throw new Error(`cannot open a page: ${problem.message.split(/ at | to |\n/)[0]}`);
  }
}

/**
 * A tab where scripts run, for axe-core: it needs timers, and they stand still where scripts are off. `show` gives it
 * the same answer once more; nothing is asked of the service again.
 */
export async function mirror(browser) {
  const context = await browser.newContext({ timezoneId: 'UTC', viewport: DESKTOP });
  const page = await context.newPage();
  let answer;
  await page.route('**', (route) => route.fulfill(answer));
  const show = async (response) => {
    answer = { status: response.status(), headers: await response.allHeaders(), body: await response.body() };
    await go(page, response.url());
    await page.evaluate(`${AXE};0`);
  };
  return { page, show, close: () => context.close() };
}

/**
 * What axe-core finds with all of its rules, best practices too, and what it leaves to a person; but for the sign above
 * a heading: that is no letter, so axe-core does not judge its contrast.
 */
export function axe({ page }) {
  return page.evaluate(async () => {
    const found = await window.axe.run(document, { resultTypes: ['violations', 'incomplete'] });
    const isSign = ({ any }) => any.length === 1 && any[0].id === 'color-contrast' && any[0].data?.messageKey === 'nonBmp';
    const problems = [...found.violations, ...found.incomplete].flatMap(({ id, help, nodes }) =>
      nodes.filter((node) => !isSign(node)).map(({ target, failureSummary }) => `${id} (${help}): ${target.join(' ')}: ${failureSummary}`));
    return { passed: found.passes.length, problems };
  });
}

/** Asserts that axe-core finds nothing. */
export async function isAccessible(mirror, name) {
  const { passed, problems } = await axe(mirror);
  assert.ok(passed > 5, `${name}: axe-core looked at the page`);
  assert.deepEqual(problems, [], name);
}

/**
 * Texts that leave the box they stand in, boxes that leave the window, and a window that scrolls sideways. Inline
 * elements have no box of their own, so every line of text is measured against the block around it.
 */
export function overflows(page) {
  return page.evaluate(() => {
    const found = [];
    const name = (element) => `${element.tagName.toLowerCase()}${element.className ? `.${element.className}` : ''}`;
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`the window scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
    for (const element of document.body.querySelectorAll('*')) {
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      if (style.display === 'none' || box.width === 0) continue;
      if (box.left < -0.5 || box.right > root.clientWidth + 0.5) found.push(`${name(element)} leaves the window`);
      // A field scrolls what was typed in it.
      const scrolls = ['INPUT', 'TEXTAREA', 'SELECT', 'OPTION'].includes(element.tagName);
      if (style.display !== 'inline' && !scrolls) {
        if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) found.push(`${name(element)} is too narrow for its content`);
        if (element.scrollHeight > element.clientHeight + 1 && element.clientHeight > 0) found.push(`${name(element)} is too low for its content`);
      }
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (!text.data.trim() || ['OPTION', 'TEXTAREA'].includes(text.parentElement.tagName)) continue;
      let block = text.parentElement;
      while (getComputedStyle(block).display === 'inline') block = block.parentElement;
      const box = block.getBoundingClientRect();
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const line of range.getClientRects()) {
        const outside = line.left < box.left - 1 || line.right > box.right + 1 || line.top < box.top - 3 || line.bottom > box.bottom + 3;
        if (line.width > 0 && outside) found.push(`a text leaves ${name(block)}: ${text.data.trim().slice(0, 40)}`);
      }
    }
    return [...new Set(found)];
  });
}

/** Lines of text that lie on one another. */
export function collisions(page) {
  return page.evaluate(() => {
    const lines = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (!text.data.trim() || ['OPTION', 'TEXTAREA'].includes(text.parentElement.tagName)) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const { left, right, top, bottom, width } of range.getClientRects()) {
        if (width > 0) lines.push({ text, left, right, top, bottom });
      }
    }
    const found = [];
    for (const [place, a] of lines.entries()) {
      for (const b of lines.slice(place + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (a.text !== b.text && across > 1 && down > 4) found.push(`${a.text.data.trim().slice(0, 30)} | ${b.text.data.trim().slice(0, 30)}`);
      }
    }
    return found;
  });
}

/** Writes a picture for a person to look at. */
export async function picture(page, name) {
  await mkdir(process.env.PICTURES, { recursive: true });
  await writeFile(path.join(process.env.PICTURES, `${name}.png`), await page.screenshot({ fullPage: true }));
}
