import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Pages of other origins, as a desktop and a stranger have them. `/` holds the panel in a frame, and beside it a frame of
 * the stranger's where `?beside=` names one; what the panel says is in `heard`.
 */
export class DesktopPages {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  /** @param panelUrl asked for when a page is, since the service may start later */
  static async start(panelUrl: () => string): Promise<DesktopPages> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const beside = url.searchParams.get('beside');
      response.setHeader('content-type', 'text/html; charset=utf-8');
      if (url.pathname !== '/') return void response.end('<!doctype html><html lang="en"><title>Nothing</title>');
      response.end(`<!doctype html><html lang="en"><title>A desktop</title><script>
        window.heard = [];
        addEventListener('message', ({ origin, data }) => window.heard.push({ origin, data }));
      </script><iframe id="panel" title="Panel" width="420" height="860" src="${panelUrl()}" allow="autoplay"></iframe>
      ${beside ? `<iframe id="beside" title="Beside" src="${beside}"></iframe>` : ''}`);
    });
    // By another name of this machine, so that a browser takes it for another site.
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    return new DesktopPages(server, `http://localhost:${(server.address() as AddressInfo).port}`);
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.server.close(resolve));
  }
}
