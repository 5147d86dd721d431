/** A browser as far as a sign-in needs one: it follows redirects and keeps cookies, and stops at a page or on leaving the issuer. */
export class SignInBrowser {
  readonly #cookies = new Map<string, string>();

  constructor(private readonly serviceUrl: string) {}

  async go(url: string, form?: Record<string, string>): Promise<{ url: string; response: Response }> {
    let next = url;
    let body = form && new URLSearchParams(form);
    for (;;) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, {
        redirect: 'manual',
        headers: { cookie, accept: 'text/html' },
        ...(body ? { method: 'POST', body } : {}),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        this.#cookies.set(name!, value!);
      }
      const target = response.headers.get('location');
      if (target === null) return { url: next, response };
      next = new URL(target, next).href;
      body = undefined;
      if (!next.startsWith(`${this.serviceUrl}/oidc/`)) return { url: next, response };
    }
  }

  /** Signs a person in on the page that an authorization request leads to; returns where the application is called back. */
  async signIn(authorizationUrl: URL, person: string): Promise<URL> {
    const page = await this.go(authorizationUrl.href);
    return new URL((await this.go(page.url, { person })).url);
  }
}
