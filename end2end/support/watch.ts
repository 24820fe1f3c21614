// Whatever goes wrong in a page without anybody looking: errors, exceptions, violations of the content security policy.
import { expect, type BrowserContext, type ConsoleMessage, type Page, type Request } from '@playwright/test';

/** What the browser says by itself for every 4xx answer; a story declares the ones it expects. */
const FAILED_TO_LOAD = /^Failed to load resource: the server responded with a status of (\d{3})/;

export class Watch {
  private readonly complaints: string[] = [];
  private readonly expected = new Set<number>();
  private lostAnswersExpected = false;
  private scriptsExpected = true;
  private forbiddenOriginsExpected = false;

  /** Watches all pages of the context, from now on. */
  async over(context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on('console', (message) => this.hear(message));
    context.on('weberror', (error) => this.complaints.push(`exception: ${error.error().stack ?? error.error().message}`));
    context.on('requestfailed', (request) => this.failed(request));
  }

  /** The story provokes answers with these statuses. */
  expectStatus(...statuses: number[]): void {
    statuses.forEach((status) => this.expected.add(status));
  }

  /** The story loses answers on their way. */
  expectLostAnswers(): void {
    this.lostAnswersExpected = true;
  }

  /** The story asks another origin for what its pages may not have. */
  expectForbiddenOrigins(): void {
    this.forbiddenOriginsExpected = true;
  }

  /** The browser runs no scripts: it says so of every one it does not fetch or use. */
  expectNoScripts(): void {
    this.scriptsExpected = false;
  }

  /** Nothing went wrong that the story did not expect. */
  expectQuiet(): void {
    expect(this.complaints, 'what the browser complained about').toEqual([]);
  }

  private hear(message: ConsoleMessage): void {
    if (message.type() !== 'error' && message.type() !== 'warning') {
      return;
    }
    const text = message.text();
    const status = FAILED_TO_LOAD.exec(text)?.[1];
    // Blocked and aborted requests are judged by `failed`.
    if ((status && this.expected.has(Number(status))) || text.startsWith('Failed to load resource: net::')) {
      return;
    }
    if (this.forbiddenOriginsExpected && text.includes('has been blocked by CORS policy')) {
      return;
    }
    if (!this.scriptsExpected && text.includes('was preloaded using link preload but not used')) {
      return;
    }
    this.complaints.push(`console ${message.type()}: ${text} (${message.location().url})`);
  }

  private failed(request: Request): void {
    const why = request.failure()?.errorText ?? '';
    // A page that is left while something is on its way.
    if (why === 'net::ERR_ABORTED' || (why === 'net::ERR_FAILED' && (this.lostAnswersExpected || this.forbiddenOriginsExpected))) {
      return;
    }
    if (!this.scriptsExpected && why === 'csp' && /\.(js|wasm)$/.test(request.url())) {
      return;
    }
    this.complaints.push(`request failed: ${request.url()} ${why}`);
  }
}

/** Waits until the page has woken up, if there is anything alive on it. */
export async function awake(page: Page): Promise<void> {
  await page.locator('html[data-awake], html:not(:has(.live))').waitFor({ state: 'attached' });
}
