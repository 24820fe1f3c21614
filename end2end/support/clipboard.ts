// Reads the clipboard as a person would: by pasting. The product's Permissions-Policy forbids its pages to read it.
import { createServer, type Server as HttpServer } from 'node:http';
import { once } from 'node:events';
import { expect, type BrowserContext } from '@playwright/test';

const PAGE = '<!DOCTYPE html><html lang="en"><title>Paste here</title><textarea aria-label="Paste here" autofocus></textarea>';

/** A page on an origin of its own, into which one can paste. */
export class PasteBoard {
  private constructor(
    private readonly server: HttpServer,
    private readonly url: string,
  ) {}

  static async open(): Promise<PasteBoard> {
    const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(PAGE));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return new PasteBoard(server, `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
  }

  /** What is on the clipboard. */
  async paste(context: BrowserContext): Promise<string> {
    const page = await context.newPage();
    try {
      await page.goto(this.url);
      const field = page.getByLabel('Paste here');
      await field.focus();
      await page.keyboard.press('Control+V');
      return await field.inputValue();
    } finally {
      await page.close();
    }
  }

  /** Puts something else there, so that an old content is not mistaken for a copy. */
  async overwrite(context: BrowserContext, text: string): Promise<void> {
    const page = await context.newPage();
    try {
      await page.goto(this.url);
      const field = page.getByLabel('Paste here');
      await field.fill(text);
      await field.selectText();
      await page.keyboard.press('Control+C');
    } finally {
      await page.close();
    }
    expect(await this.paste(context)).toBe(text);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
