import { type CountersignCustomer, loadWording, type Wording } from '@countersign/elements';
import { chooseLocale, loadSettings, type PageSettings } from './settings.js';
import { comeBack, type CustomerSignedIn, goToSignIn } from './sign-in.js';
import { registerWorker } from './register-worker.js';

/** The signed-in page, or what there is without a connection. A page that was offline never shows what it showed before. */
class MyPage {
  readonly #main = document.querySelector<HTMLElement>('#main')!;
  readonly #signOut = document.querySelector<HTMLButtonElement>('#sign-out')!;
  #customer: CountersignCustomer | null = null;
  #signedIn: CustomerSignedIn | null = null;

  constructor(
    private readonly settings: PageSettings | null,
    private readonly locale: string,
    private readonly wording: Wording,
  ) {
    this.#signOut.textContent = wording.text('page.signOut');
    this.#signOut.addEventListener('click', () => this.leave());
    addEventListener('offline', () => this.showOffline());
    addEventListener('online', () => (this.#customer ? this.showAgain() : location.reload()));
  }

  async open(live: boolean): Promise<void> {
    if (!live || !navigator.onLine || !this.settings?.signIn) return this.showOffline();
    try {
      const signedIn = await comeBack(this.settings.signIn);
      if (signedIn) this.showCustomer(signedIn);
      else this.showWelcome();
    } catch {
      this.showWelcome(this.wording.text('page.signInFailed'));
    }
  }

  showCustomer(signedIn: CustomerSignedIn): void {
    const customer = document.createElement('countersign-customer') as CountersignCustomer;
    customer.token = signedIn.token;
    customer.customerId = signedIn.customerId;
    this.#dress(customer);
    customer.addEventListener('countersign-signed-out', () => this.leave(this.wording.text('signedOut')));
    this.#customer = customer;
    this.#signedIn = signedIn;
    this.#main.replaceChildren(customer);
    this.#signOut.hidden = false;
  }

  showOffline(): void {
    if (this.#customer) this.#customer.hidden = true;
    this.#main.querySelector('countersign-offline')?.remove();
    if (!this.#customer) this.#main.replaceChildren();
    const offline = document.createElement('countersign-offline');
    this.#dress(offline);
    this.#main.append(offline);
    if (this.#customer) return;
    const again = button(this.wording.text('tryAgain'), () => location.reload());
    this.#main.append(section(again));
  }

  showAgain(): void {
    this.#main.querySelector('countersign-offline')?.remove();
    if (this.#customer) this.#customer.hidden = false;
  }

  showWelcome(failure = ''): void {
    const { wording } = this;
    const status = paragraph(failure);
    status.setAttribute('role', 'status');
    const signIn = button(wording.text('page.signIn'), () => {
      goToSignIn(this.settings!.signIn!).catch(() => (status.textContent = wording.text('page.signInFailed')));
    });
    const number = this.settings?.cardNumber;
    const doubt = wording.doubt(number);
    const heading = document.createElement('h2');
    heading.textContent = wording.text('page.welcome');
    this.#main.replaceChildren(
      section(heading, paragraph(wording.text('page.intro')), signIn, status, paragraph(doubt)),
    );
    this.#signOut.hidden = true;
  }

  leave(words = ''): void {
    this.#customer?.signOut();
    this.#signedIn?.end();
    this.#signedIn = null;
    this.#customer = null;
    this.showWelcome(words);
  }

  #dress(element: HTMLElement): void {
    element.setAttribute('locale', this.locale);
    const number = this.settings?.cardNumber;
    if (number) element.setAttribute('card-number', number);
  }
}

function section(...children: HTMLElement[]): HTMLElement {
  const made = document.createElement('section');
  made.className = 'welcome';
  made.append(...children);
  return made;
}

function paragraph(words: string): HTMLElement {
  const made = document.createElement('p');
  made.textContent = words;
  return made;
}

function button(words: string, onClick: () => void): HTMLElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = words;
  made.addEventListener('click', onClick);
  return made;
}

registerWorker();
const loaded = await loadSettings();
const locale = chooseLocale(loaded?.settings.locale ?? document.documentElement.lang);
const wording = await loadWording(locale);
document.documentElement.lang = wording.language;
document.title = `${document.title}: ${wording.text('page.title')}`;
await new MyPage(loaded?.settings ?? null, locale, wording).open(loaded?.live ?? false);
