import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { defineConfig, devices } from '@playwright/test';

// Debian's, which "make test" brings, or another; Playwright's own is nowhere downloaded.
const BROWSERS = [process.env.CHROMIUM ?? '', 'chromium', 'chromium-browser', 'google-chrome'];
const FOLDERS = (process.env.PATH ?? '').split(delimiter);

// Each worker has a gateway of its own, so what one test does is not in another's way.
export default defineConfig({
  outputDir: '../target/e2e',
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [['list', { printSteps: false }]],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1280, height: 860 },
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    screenshot: 'only-on-failure',
    trace: 'off',
    // A profile of the user would change what is seen.
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    launchOptions: {
      executablePath: BROWSERS.filter((name) => name !== '')
        .flatMap((name) => (isAbsolute(name) ? [name] : FOLDERS.map((folder) => join(folder, name))))
        .find((path) => existsSync(path)),
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    },
  },
});
