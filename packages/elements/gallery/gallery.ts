import { generateSigningKey, openKeyStore } from '@countersign/device';
import '../src/agent-panel/countersign-agent-panel.js';
import { loadPanelWording, type PanelWording } from '../src/agent-panel/panel-wording.js';
import { designTokens } from '../src/design-tokens.js';
import '../src/index.js';
import { loadWording, type Wording } from '../src/messages/messages.js';
import { customerStates } from './customer-states.js';
import { panelStates } from './panel-states.js';
import { standIn } from './stand-in.js';
import type { State, Step } from './state.js';

/*
 * Every component in every state, each a real element that talks to a stand-in for the service and comes to its state
 * as somebody would bring it there. `?locale=de` shows another language, `?only=NAME` one state.
 */
const PATIENCE_MILLISECONDS = 60_000;
const asked = new URLSearchParams(location.search);
const locale = asked.get('locale') ?? 'en';
const only = asked.get('only');
const states = [...panelStates, ...customerStates].filter(({ name }) => only === null || name === only);
const [panelWords, customerWords] = await Promise.all([loadPanelWording(locale), loadWording(locale)]);

document.documentElement.lang = locale;
const sheet = new CSSStyleSheet();
sheet.replaceSync(designTokens.cssText.replaceAll(':host', ':root'));
document.adoptedStyleSheets = [sheet];
globalThis.fetch = standIn(states, globalThis.fetch);
draw();
await Promise.all(
  states.map((state) =>
    reach(state).catch((error: Error) => {
      document.getElementById(state.name)!.dataset['failed'] = error.message;
    }),
  ),
);
(document.activeElement as HTMLElement | null)?.blur();
scrollTo(0, 0);
document.documentElement.dataset['ready'] = '';

function draw(): void {
  const main = document.createElement('main');
  main.append(heading(1, 'Every component in every state'), contents(), ...(only === null ? [tokens()] : []));
  for (const [title, prefix] of [
    ['The agent’s panel', 'countersign-agent-panel'],
    ['What a customer sees', 'countersign-'],
  ] as const) {
    const group = document.createElement('div');
    group.className = 'states';
    group.append(...states.filter(({ element }) => groupOf(element) === prefix).map(frame));
    if (group.childElementCount > 0) main.append(heading(2, title), group);
  }
  document.body.append(main);
}

function groupOf(element: string): string {
  return element === 'countersign-agent-panel' ? element : 'countersign-';
}

function contents(): HTMLElement {
  const nav = document.createElement('nav');
  nav.setAttribute('aria-label', 'States');
  const list = document.createElement('ul');
  for (const { name, title } of states) {
    const link = document.createElement('a');
    Object.assign(link, { href: `#${name}`, textContent: title });
    const item = document.createElement('li');
    item.append(link);
    list.append(item);
  }
  nav.append(list);
  return nav;
}

/** The design tokens with what they are now: light or dark as the page is. */
function tokens(): HTMLElement {
  const list = document.createElement('ul');
  list.className = 'tokens';
  const names = new Set(designTokens.cssText.match(/--countersign-[a-z-]+(?=: ?#)/g));
  for (const name of names) {
    const item = document.createElement('li');
    const patch = document.createElement('i');
    patch.style.background = `var(${name})`;
    item.append(patch, name);
    list.append(item);
  }
  return list;
}

function frame({ name, title }: State): HTMLElement {
  const article = document.createElement('article');
  Object.assign(article, { id: name, className: 'state' });
  article.append(heading(3, title));
  return article;
}

function heading(level: 1 | 2 | 3, words: string): HTMLElement {
  const made = document.createElement(`h${level}`);
  made.textContent = words;
  return made;
}

/** Makes the element of a state, does what leads there, and waits until it is to be seen. */
async function reach(state: State): Promise<void> {
  const { name, element, properties, enrolled, steps = [], shows } = state;
  const article = document.getElementById(name)!;
  if (element === 'countersign-customer') await keep(String(properties?.['customerId']), enrolled ?? false);
  const made = document.createElement(element);
  Object.assign(made, { url: `${location.origin}/stand-in/${name}`, locale, token: () => 'a token', ...properties });
  article.append(made);
  const words: Words = element === 'countersign-agent-panel' ? panelWords : customerWords;
  for (const step of steps) await take(step, made, words);
  const wanted = typeof shows === 'string' ? firstWords(words, shows) : shows.words;
  await until(() => textOf(made).includes(wanted), wanted);
  article.dataset['shown'] = '';
}

/** Puts keys of a customer into this browser, or takes them out. */
async function keep(customerId: string, enrolled: boolean): Promise<void> {
  const store = await openKeyStore();
  if (!enrolled) return store.remove(customerId);
  const secret = (): Promise<CryptoKey> =>
    crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  await store.save({
    id: 'dev_here',
    customerId,
    signing: await generateSigningKey(),
    offline: { bankProof: await secret(), customerProof: await secret() },
  });
}

type Words = Wording | PanelWording;

/** A message up to where something is put in. */
function firstWords(words: Words, key: string): string {
  const mark = '\u0000';
  const filled = new Proxy({}, { get: () => mark }) as Record<string, string>;
  return (words as Wording)
    .text(key as never, filled)
    .split(mark)
    .sort((one, other) => other.length - one.length)[0]!
    .trim();
}

async function take(step: Step, root: Element, words: Words): Promise<void> {
  if ('press' in step) {
    const more = step.more ?? '';
    return (await find(root, 'button', firstWords(words, step.press), more)).click();
  }
  if ('read' in step) return until(() => textOf(root).includes(step.read));
  const field = await find(root, 'input, textarea', firstWords(words, step.type));
  (field as HTMLInputElement).value = step.text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
}

/** The control of that name that can be seen. */
async function find(root: Element, selector: string, name: string, more = ''): Promise<HTMLElement> {
  let found: HTMLElement | undefined;
  await until(() => {
    found = every(root, selector).find((one) => one.checkVisibility() && isNamed(one, name, more));
    return found !== undefined;
  }, name);
  return found!;
}

/** Whether a control has a name, which the key that it is pressed by may follow. */
function isNamed(control: HTMLElement, name: string, more: string): boolean {
  const label = 'labels' in control ? (control as HTMLInputElement).labels?.[0] : null;
  const words = (label ?? control).textContent!.trim().replace(/\s+/g, ' ');
  if (more !== '') return words.includes(name) && words.includes(more);
  return words === name || words.startsWith(`${name} Alt `) || label?.textContent?.trim() === name;
}

function every(root: Element, selector: string): HTMLElement[] {
  const here = root.shadowRoot ?? root;
  return [
    ...here.querySelectorAll<HTMLElement>(selector),
    ...[...here.querySelectorAll('*')].filter((one) => one.shadowRoot).flatMap((one) => every(one, selector)),
  ];
}

/** All that can be seen of an element, its parts included. */
function textOf(root: Element): string {
  return every(root, '*')
    .filter((one) => one.checkVisibility() && !one.shadowRoot)
    .map((one) =>
      [...one.childNodes]
        .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
        .map((text) => text.textContent)
        .join(''),
    )
    .join(' ')
    .replace(/\s+/g, ' ');
}

async function until(condition: () => boolean, what = ''): Promise<void> {
  const begun = performance.now();
  while (!condition()) {
    if (performance.now() - begun > PATIENCE_MILLISECONDS) throw new Error(`not reached: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
