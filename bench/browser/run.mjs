// SPDX-License-Identifier: EUPL-1.2
// node run.mjs MODULES URL  (the token on standard input): runs page.js in headless Chromium, prints what it saw as JSON.
// MODULES is the folder that holds node_modules.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules, url] = process.argv.slice(2);
const token = readFileSync(0, 'utf8').trim();
const require = createRequire(path.join(modules, 'package.json'));
const { build } = require('esbuild');
const { chromium } = require('playwright-core');

const bundled = await build({
  entryPoints: [path.join(path.dirname(fileURLToPath(import.meta.url)), 'page.js')],
  nodePaths: [path.join(modules, 'node_modules')],
  bundle: true,
  write: false,
});
// getUserMedia asks for a secure context: loopback is one.
const server = http.createServer((request, response) => {
  const script = request.url === '/page.js';
  response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
  response.end(script ? bundled.outputFiles[0].text : '<!doctype html><script src="page.js"></script>');
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const begun = performance.now();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--ignore-certificate-errors', // the lab's authority is not Chromium's
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const started = Math.round(performance.now() - begun);
  const checks = await page.evaluate(([to, as]) => window.connectionCheck(to, as), [url, token]);
  console.log(JSON.stringify({ started_ms: started, checks }));
} finally {
  await browser.close();
  server.close();
}
