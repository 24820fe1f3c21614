// The browser stories. `cargo xtask test --browser` builds the product and runs them; see fixtures.ts for what they are given.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './stories',
  outputDir: './test-results',
  fullyParallel: true,
  workers: 2,
  // A story that passes only sometimes is a defect, of the story or of the product.
  retries: 0,
  forbidOnly: true,
  // For two slow cores and a debug build of seven megabytes.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    permissions: ['clipboard-write'],
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    trace: 'off',
    launchOptions: {
      executablePath: process.env.LATCHKEY_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // The name another machine would use: plain HTTP under it is no secure context.
        '--host-resolver-rules=MAP lab.test 127.0.0.1',
      ],
    },
  },
});
