// Every page in the other eight languages: nothing is clipped or overflows, on the narrowest phone and on a desktop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PAGES, stage, visit } from './catalogue.js';
import { DESKTOP, collisions, isAccessible, overflows, mirror, person, picture } from './browser.js';

const NARROW = { width: 320, height: 640 };
/** What a browser asks for, and the language that it gets. */
const LANGUAGES = {
  'de-AT': 'de', 'es-MX': 'es', 'fr-FR': 'fr', 'ja-JP': 'ja', 'ko-KR': 'ko', 'pt-BR': 'pt-BR', 'zh-CN': 'zh-Hans', 'zh-TW': 'zh-Hant',
};
const PICTURED = ['confirm', 'form', 'form-again', 'done'];

let staged;
before(async () => { staged = await stage(); });
after(() => staged.stop());

test('the other languages', { concurrency: 4 }, async (languages) => {
  await Promise.all(Object.entries(LANGUAGES).map(([locale, tag]) =>
    languages.test(tag, async (language) => {
      const context = await person(staged.browser, { locale });
      const page = await context.newPage();
      const same = await mirror(staged.browser);
      for (const shown of PAGES) {
        await language.test(shown.name, async () => {
          const response = await visit(page, staged, shown);
          assert.equal(response.status(), shown.status);
          assert.equal(response.headers()['content-language'], tag);
          assert.equal(await page.locator('html').getAttribute('lang'), tag);
          const heading = await page.locator('h1').textContent();
          assert.equal(heading === shown.heading, Boolean(shown.asks), heading);
          await same.show(response);
          await isAccessible(same, shown.name);
          for (const viewport of [NARROW, DESKTOP]) {
            await page.setViewportSize(viewport);
            assert.deepEqual([await overflows(page), await collisions(page)], [[], []], `${viewport.width} px`);
          }
          if (PICTURED.includes(shown.name)) await picture(page, `${shown.name}-${tag}`);
        });
      }
      await Promise.all([context.close(), same.close()]);
    })));
});
