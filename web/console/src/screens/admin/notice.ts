import type { ReplyOf } from '@countersign/client';
import { html, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { area } from '../../parts/fields.js';
import { LineImport, linesOf } from '../../parts/line-import.js';
import { pairs } from '../../parts/pairs.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Notice = ReplyOf<'get', '/v1/notices/{noticeId}'>;

/** One notice, and to whom it went: ids from a file or as they are typed, one on a line. */
class NoticeScreen extends Screen {
  @state() private notice: Notice | null = null;
  readonly #import = new LineImport(() => this.requestUpdate());

  protected override async load(): Promise<void> {
    const path = { noticeId: this.params['id']! };
    this.notice = await this.session.client.get('/v1/notices/{noticeId}', { path, signal: this.signal });
  }

  protected override render(): TemplateResult {
    const { notice } = this;
    if (!notice) return html`${this.heading(this.text('notices.one'))} ${this.status()}`;
    return html`${this.heading(notice.summary)}
      <section class="card">
        ${pairs([
          [this.text('reference'), notice.reference],
          [this.text('notices.channel'), this.words.code('channel', notice.channel)],
          [this.text('notices.sender'), html`<bdi>${notice.sender ?? '–'}</bdi>`],
          [this.text('notices.sentAt'), this.time(notice.sentAt)],
          [this.text('notices.recipients'), this.words.number(notice.recipients)],
          ...(notice.text ? [[this.text('notices.text'), html`<bdi>${notice.text}</bdi>`] as const] : []),
        ])}
      </section>
      <section class="card stack">
        <h2>${this.text('recipients.heading')}</h2>
        ${this.#form()}
      </section>
      ${this.status()} ${this.#import.view(this.words)}`;
  }

  #form(): TemplateResult {
    const send = async ({ ids = '' }: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void> => {
      const [file] = form.querySelector<HTMLInputElement>('input[type=file]')?.files ?? [];
      const path = { noticeId: this.params['id']! };
      const lines = linesOf(file ? await file.text() : ids, (customerId) => ({ customerId }));
      await this.#import.run(lines, (items) =>
        this.session.client.import('/v1/notices/{noticeId}/recipients', items, { path, signal: this.signal }),
      );
      await this.load();
    };
    const fields = html`<div class="fields">
      <div class="field">
        <label for="f-file">${this.text('recipients.file')}</label>
        <input id="f-file" type="file" accept=".txt,.csv,.ndjson,text/plain" aria-describedby="h-file" />
        <p class="hint" id="h-file">${this.text('recipients.hint')}</p>
      </div>
      ${area({ name: 'ids', label: this.text('recipients.ids'), most: 1_000_000 })}
    </div>`;
    return this.form({ send, fields, submit: this.text('recipients.send'), label: this.text('recipients.heading') });
  }
}

defineScreen('console-notice', NoticeScreen);
