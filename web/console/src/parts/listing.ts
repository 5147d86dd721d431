import { html, nothing, type TemplateResult } from 'lit';
import type { Words } from '../messages/words.js';

interface Page<Item> {
  readonly data: readonly Item[];
  readonly next: string | null;
}

/** A list that is read page after page. */
export class Listing<Item> {
  items: readonly Item[] = [];
  next: string | null = null;
  loaded = false;

  constructor(private readonly read: (after: string | undefined) => Promise<Page<Item>>) {}

  /** Reads as many as are shown, and at least the first page. */
  async load(): Promise<void> {
    const shown = this.items.length;
    let page = await this.read(undefined);
    let items = page.data;
    while (items.length < shown && page.next !== null) {
      page = await this.read(page.next);
      items = [...items, ...page.data];
    }
    this.items = items;
    this.next = page.next;
    this.loaded = true;
  }

  async more(): Promise<void> {
    if (this.next === null) return;
    const page = await this.read(this.next);
    this.items = [...this.items, ...page.data];
    this.next = page.next;
  }
}

export interface Column<Item> {
  readonly words: string;
  readonly cell: (item: Item) => unknown;
  readonly number?: boolean;
}

interface TableOptions<Item> {
  readonly caption: string;
  readonly columns: readonly Column<Item>[];
  readonly items: readonly Item[];
  /** What to do where there is nothing. */
  readonly empty: string;
  readonly rowClass?: (item: Item) => string;
}

export function table<Item>({
  caption,
  columns,
  items,
  empty,
  rowClass = () => '',
}: TableOptions<Item>): TemplateResult {
  if (items.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ words, number }) => html`<th scope="col" class=${number ? 'number' : ''}>${words}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${items.map(
          (item) =>
            html`<tr class=${rowClass(item)}>
              ${columns.map(({ cell, number }) => html`<td class=${number ? 'number' : ''}>${cell(item)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Says how many are shown, and reads more. */
export function pager(
  listing: Pick<Listing<unknown>, 'items' | 'next'>,
  words: Words,
  more: () => void,
): TemplateResult | typeof nothing {
  if (listing.items.length === 0) return nothing;
  return html`<p class="pager">
    <span class="quiet"
      >${words.text(listing.next === null ? 'list.all' : 'list.some', { count: listing.items.length })}</span
    >
    ${listing.next === null ? nothing : html`<button type="button" @click=${more}>${words.text('list.more')}</button>`}
  </p>`;
}
