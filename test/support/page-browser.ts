import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Page } from 'playwright-core';

/** A real browser that looks at pages of ours. */
export interface PageBrowser {
  /** Serves a page, opens it and gives it to `look`; then says what it asked for and complained about. */
  look<Seen>(html: string, options: LookOptions, look: (page: Page) => Promise<Seen>): Promise<Looked<Seen>>;
  close(): Promise<void>;
}

export interface LookOptions {
  /** Of the window, in pixels of CSS. */
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly media?: 'screen' | 'print';
}

export interface Looked<Seen> {
  readonly seen: Seen;
  /** Addresses of all requests but that of the page itself. */
  readonly requests: readonly string[];
  /** What the console says, refused contents and errors among it. */
  readonly complaints: readonly string[];
}

export async function startPageBrowser(): Promise<PageBrowser> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    // Its sandbox refuses to run as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  let served = '';
  const asked: string[] = [];
  const server = await listen((path) => {
    asked.push(path);
    return path === '/' ? served : undefined;
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    look: async (html, { width = 1200, colorScheme = 'light', media = 'screen' }, look) => {
      served = html;
      asked.length = 0;
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      const complaints: string[] = [];
      const requests: string[] = [];
      try {
        const page = await context.newPage();
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('request', (request) => requests.push(request.url()));
        await page.emulateMedia({ media, colorScheme });
        await page.goto(address);
        const seen = await look(page);
        const others = [...requests.filter((url) => url !== address && !url.startsWith('data:')), ...asked.slice(1)];
        return { seen, requests: others, complaints };
      } finally {
        await context.close();
      }
    },
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param answer undefined: there is no such page */
async function listen(answer: (path: string) => string | undefined): Promise<Server> {
  const server = createServer((request, response) => {
    const page = answer(request.url ?? '');
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** What an expression of the page's own language comes to there: tests know no DOM of theirs. */
export const ask = async <Answer>(page: Page, expression: string): Promise<Answer> => page.evaluate<Answer>(expression);
